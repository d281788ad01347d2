package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// recording gives do a recorder and returns the names and texts of what it
// leaves, and the error of its end.
func recording(t *testing.T, runErr error, do func(events.Sink)) (files map[string]string, err error) {
	t.Helper()
	r, _ := newRun(t, Config{})
	record, err := newRecorder(r.dir, redact.New("tiger-tiger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	do(record.take)
	err = record.Close(r.dir, &Outcome{Name: "orders"}, runErr)
	files = map[string]string{}
	for _, name := range []string{"events.ndjson", "TEST-pipeline.xml", SummaryFile} {
		text, err := os.ReadFile(r.dir.Out(name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files, err
}

func TestRecordHoldsEveryStepAndNoSecret(t *testing.T) {
	broken := errors.New("ORA-01017: as tiger-tiger")
	files, err := recording(t, &StepError{Step: "test", Err: broken}, func(sink events.Sink) {
		sink.Emit(events.Event{Kind: events.StepFinished, Step: "prepare", Seconds: 0.5})
		sink.Emit(events.Event{Kind: events.LogLine, Step: "test", Text: "noise"})
		sink.Emit(events.Event{Kind: events.StepFinished, Step: "test", Seconds: 2, Error: broken.Error()})
		sink.Emit(events.Event{Kind: events.StepSkipped, Step: "image-build", Text: "not asked for"})
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the run's own error", err)
	}
	for name, text := range files {
		if strings.Contains(text, "tiger-tiger") {
			t.Errorf("%s shows the secret:\n%s", name, text)
		}
	}
	if xml := files["TEST-pipeline.xml"]; !strings.Contains(xml, `tests="3"`) || !strings.Contains(xml, "ORA-01017") || !strings.Contains(xml, ">noise</failure>") {
		t.Errorf("report:\n%s", xml)
	}
	if lines := strings.Split(strings.TrimSpace(files["events.ndjson"]), "\n"); len(lines) != 3 || !json.Valid([]byte(lines[0])) {
		t.Errorf("events, of which log lines are no part: %q", lines)
	}
}

func TestSummaryQuotesFailuresWithoutSecrets(t *testing.T) {
	r, _ := newRun(t, Config{})
	record, err := newRecorder(r.dir, redact.New("tiger-tiger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := []junit.Case{{Class: "OrderIT", Name: "connects", Message: "no login as tiger-tiger", Text: "at tiger-tiger", ORA: "ORA-01017"}}
	outcome := &Outcome{Name: "orders", Report: junit.Report{Totals: junit.Totals{Total: 1, Failed: 1}, Failures: failed}}
	if text := string(record.summary(outcome, nil).Markdown()); strings.Contains(text, "tiger-tiger") || !strings.Contains(text, "connects") {
		t.Errorf("summary:\n%s", text)
	}
	if failed[0].Message != "no login as tiger-tiger" {
		t.Error("the outcome itself was changed")
	}
	if err := record.Close(r.dir, outcome, nil); err != nil {
		t.Fatal(err)
	}
}

func TestAFailureOutsideOfAllStepsIsInTheReport(t *testing.T) {
	files, _ := recording(t, errors.New("no engine"), func(events.Sink) {})
	if xml := files["TEST-pipeline.xml"]; !strings.Contains(xml, `name="prepare"`) || !strings.Contains(xml, "no engine") {
		t.Errorf("report:\n%s", xml)
	}
}

func TestRecordTakesEventsFromEverywhereAtOnce(t *testing.T) {
	files, err := recording(t, nil, func(sink events.Sink) {
		var senders sync.WaitGroup
		for i := range 8 {
			senders.Go(func() {
				for range 50 {
					sink.Emit(events.Event{Kind: events.StepProgress, Step: fmt.Sprint("step", i), Text: "on"})
				}
			})
		}
		senders.Wait()
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(files["events.ndjson"]), "\n")
	if len(lines) != 400 {
		t.Errorf("%d lines, want 400", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

func TestAFullDiskIsToldOnce(t *testing.T) {
	full := func(name string) error {
		return &WorkdirError{"write " + name, &os.PathError{Op: "write", Path: name, Err: unix.ENOSPC}}
	}
	other := errors.New("the database died")
	tests := map[string]struct {
		faults []error
		want   string
	}{
		"none":           {[]error{nil, nil}, ""},
		"several files":  {[]error{full("a"), nil, full("b")}, "write a: write a: no space left on device"},
		"something else": {[]error{other, full("b"), full("c")}, "the database died\nwrite b: write b: no space left on device"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := errorText(first(tt.faults)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
