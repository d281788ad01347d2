package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestConsoleWritesOneLineForEachThingThatHappens(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 51, 2, 0, time.UTC)
	tests := map[string]struct {
		event events.Event
		want  string
	}{
		"start":   {events.Event{Kind: events.StepStarted, Step: "test"}, "20:51:02 [test] started\n"},
		"end":     {events.Event{Kind: events.StepFinished, Step: "test", Seconds: 12.34}, "20:51:02 [test] done in 12s\n"},
		"summary": {events.Event{Kind: events.StepFinished, Step: "test", Seconds: 1.26, Text: "31 tests"}, "20:51:02 [test] done in 1.3s: 31 tests\n"},
		"failure": {events.Event{Kind: events.StepFinished, Step: "test", Seconds: 1, Error: "2 of 31 tests failed"}, "20:51:02 [test] FAILED after 1s: 2 of 31 tests failed\n"},
		"phase":   {events.Event{Kind: events.OraclePhase, Step: "oracle-wait", Text: "mounted"}, "20:51:02 [oracle-wait] database: mounted\n"},
		"log":     {events.Event{Kind: events.LogLine, Step: "test", Text: "noise"}, ""},
		"lines":   {events.Event{Kind: events.Warning, Text: "one\ntwo"}, "20:51:02 warning: one\n20:51:02 two\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := newConsole(&out, false, false)
			tt.event.Time = at
			c.Take(tt.event)
			c.Close()
			if got := out.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestQuietConsoleShowsOnlyWhatPeopleMustRead(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out, true, false)
	c.Take(events.Event{Kind: events.StepStarted, Step: "test"})
	c.Take(events.Event{Kind: events.StepFinished, Step: "test", Error: "red"})
	c.Close()
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "red") {
		t.Errorf("got %q, want the failure alone", got)
	}
}

func TestConsoleBreaksSilenceWhileAStepRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := newConsole(&out, false, false)
		c.Take(events.Event{Kind: events.StepStarted, Step: "oracle-wait", Time: time.Now()})
		c.Take(events.Event{Kind: events.OraclePhase, Step: "oracle-wait", Text: "mounted", Time: time.Now()})
		time.Sleep(65 * time.Second)
		c.Close()
		if got := strings.Count(out.String(), "still running after"); got != 2 {
			t.Errorf("got %d heartbeats in 65 s, want 2: %q", got, out.String())
		}
		if !strings.Contains(out.String(), "mounted") {
			t.Errorf("heartbeat does not say what the step is doing: %q", out.String())
		}
	})
}
