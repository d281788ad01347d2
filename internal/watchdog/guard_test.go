package watchdog

import (
	"os"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

func TestAWordStillInThePipeCountsMoreThanTheOwnersEnd(t *testing.T) {
	self, err := command.Self()
	if err != nil {
		t.Fatal(err)
	}
	gone := command.Process{PID: self.PID, Start: self.Start + "9"}
	for name, tc := range map[string]struct {
		words []string
		clean bool
	}{
		"done":              {[]string{"group 4 1.2.3", "done"}, false},
		"nothing":           {nil, true},
		"groups only":       {[]string{"group 4 1.2.3", "group 5 1.2.4"}, true},
		"to a living one":   {[]string{"watch 0 -"}, false},
		"cut off":           {[]string{"grou"}, true},
		"cut off hand-over": {[]string{"watch "}, false},
	} {
		t.Run(name, func(t *testing.T) {
			words, dismissed := make(chan string), make(chan os.Signal, 1)
			go func() {
				for _, word := range tc.words {
					words <- word
				}
				close(words)
				if !tc.clean {
					time.AfterFunc(50*time.Millisecond, func() { dismissed <- os.Interrupt })
				}
			}()
			s := sentry{job: job{runID: "r", owner: gone}}
			if reason := s.watch(words, dismissed); (reason != "") != tc.clean {
				t.Errorf("reason = %q, want one: %v", reason, tc.clean)
			}
		})
	}
}

func TestAJobIsReadBackFromItsArguments(t *testing.T) {
	want := job{
		runID: "SHOP-1-abc", owner: command.Process{PID: 42, Start: "a.1.2"},
		deadline: time.Date(2026, 11, 22, 20, 0, 0, 5, time.UTC), log: "/x/y.log",
	}
	args := want.args(stageGuard)
	if args[0] != Name || args[1] != stageGuard {
		t.Errorf("args = %q", args)
	}
	got, err := parseJob(args[2:])
	if err != nil || got != want {
		t.Errorf("read back %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range [][]string{nil, {"-run-id"}, {"-run-id", "x", "-deadline", "tomorrow"}, {"-unknown"}} {
		if _, err := parseJob(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
