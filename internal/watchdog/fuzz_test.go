package watchdog

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// FuzzJob writes any job as arguments: they are read as the same job.
func FuzzJob(f *testing.F) {
	f.Add("shop-1", 17, "12345", int64(1), "/tmp/log")
	f.Add("-run-id", -1, "--", int64(0), "-")
	f.Fuzz(func(t *testing.T, runID string, pid int, start string, deadline int64, log string) {
		want := job{runID: runID, owner: command.Process{PID: pid, Start: start}, log: log}
		if deadline != 0 {
			want.deadline = time.Unix(deadline%(1<<33), 0).UTC()
		}
		got, err := parseJob(want.args(stageGuard)[2:])
		if (err == nil) != (runID != "") {
			t.Fatalf("%+v: error %v", want, err)
		}
		if err == nil && got != want {
			t.Errorf("%+v became %+v", want, got)
		}
	})
}
