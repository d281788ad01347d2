package console

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/events"
)

var evening = time.Date(2026, 11, 22, 20, 51, 2, 0, time.UTC)

// show is what a console with this look writes for the events.
func show(look Look, all ...events.Event) string {
	var out bytes.Buffer
	c := New(&out, look, nil)
	for _, e := range all {
		e.Time = evening
		c.Take(e)
	}
	c.Close()
	return out.String()
}

func TestOneLineForEachThingThatHappens(t *testing.T) {
	for name, tt := range map[string]struct {
		event events.Event
		want  string
	}{
		"run":        {events.Event{Kind: events.RunStarted, Fields: map[string]string{"project": "orders", "stages": "itest,image", "runId": "R-1", "tool": "pipeline 1"}}, "20:51:02 orders: itest and image, run R-1, pipeline 1\n"},
		"start":      {events.Event{Kind: events.StepStarted, Step: "test"}, "20:51:02 [test] started\n"},
		"end":        {events.Event{Kind: events.StepFinished, Step: "test", Seconds: 12.34}, "20:51:02 [test] done in 12s\n"},
		"failure":    {events.Event{Kind: events.StepFinished, Step: "test", Seconds: 1, Error: "2 of 31 tests failed"}, "20:51:02 [test] FAILED after 1s: 2 of 31 tests failed\n"},
		"stopped":    {events.Event{Kind: events.StepFinished, Step: "compile", Seconds: 2, Error: "x", Fields: map[string]string{"stoppedFor": "oracle-wait"}}, "20:51:02 [compile] stopped after 2s, because oracle-wait failed\n"},
		"phase":      {events.Event{Kind: events.OraclePhase, Step: "oracle-wait", Text: "mounted"}, "20:51:02 [oracle-wait] database: mounted\n"},
		"phrase":     {events.Event{Kind: events.StepProgress, Step: "test", Text: "pulling"}, "20:51:02 [test] pulling\n"},
		"count":      {events.Event{Kind: events.StepProgress, Step: "test", Text: "31 tests", Fields: map[string]string{"done": "31", "unit": "tests"}}, ""},
		"build":      {events.Event{Kind: events.StepProgress, Step: "image-build", Text: "[1/2] COPY", Fields: map[string]string{"done": "1", "total": "2", "unit": "steps"}}, "20:51:02 [image-build] [1/2] COPY\n"},
		"log":        {events.Event{Kind: events.LogLine, Step: "test", Text: "noise"}, ""},
		"lines":      {events.Event{Kind: events.Warning, Text: "one\ntwo\rthree"}, "20:51:02 warning: one\n20:51:02 twothree\n"},
		"end of run": {events.Event{Kind: events.RunFinished, Seconds: 61}, "20:51:02   in all            1m1s\n"},
		"skip":       {events.Event{Kind: events.StepSkipped, Step: "test", Text: "the same tree"}, "20:51:02 [test] skipped: the same tree\n"},
	} {
		if got := show(Look{Mode: Plain}, tt.event); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestQuietShowsOnlyWhatPeopleMustRead(t *testing.T) {
	got := show(Look{Mode: Quiet, Verbose: true},
		events.Event{Kind: events.StepStarted, Step: "test"}, events.Event{Kind: events.LogLine, Step: "test", Text: "noise"},
		events.Event{Kind: events.StepFinished, Step: "test", Error: "red"})
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "red") {
		t.Errorf("got %q, want the failure alone", got)
	}
}

func TestAFailedStepShowsTheEndOfItsOutput(t *testing.T) {
	all := []events.Event{{Kind: events.StepStarted, Step: "test"}}
	for i := range 100 {
		all = append(all, events.Event{Kind: events.LogLine, Step: "test", Text: fmt.Sprintf("\x1b[31mline %d\x1b[0m", i)})
	}
	all = append(all, events.Event{Kind: events.LogLine, Step: "test", Text: strings.Repeat("x", 1000)},
		events.Event{Kind: events.StepFinished, Step: "test", Error: "red"})
	got := show(Look{Mode: Plain}, all...)
	if strings.Count(got, "| ") != tailLines || !strings.Contains(got, "| line 99\n") || strings.ContainsRune(got, 0x1b) || len(got) > 2000 {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
	if verbose := show(Look{Mode: Plain, Verbose: true}, all...); strings.Contains(verbose, "the end") || strings.Count(verbose, "line ") != 100 {
		t.Error("with -v every line is shown, once")
	}
}

func TestSilenceIsBrokenWhileAStepRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := New(&out, Look{Mode: Plain}, nil)
		c.Take(events.Event{Kind: events.StepStarted, Step: "oracle-start", Time: time.Now()})
		sink := events.Sink(c.Take).For("oracle-start")
		sink.Count("100 of 400 MB", events.Count{Done: 100, Total: 400, Unit: events.UnitBytes})
		time.Sleep(29 * time.Second)
		sink.Count("200 of 400 MB", events.Count{Done: 200, Total: 400, Unit: events.UnitBytes})
		time.Sleep(36 * time.Second)
		c.Close()
		if got := strings.Count(out.String(), "still running after"); got != 2 {
			t.Errorf("got %d heartbeats in 65 s, want 2: %q", got, out.String())
		}
		if !strings.Contains(out.String(), "still running after 30s: 200 of 400 MB, 1m0s left") {
			t.Errorf("heartbeat does not say what the step is doing: %q", out.String())
		}
	})
}

func TestCISystemsFoldAStageAndShowItsFailure(t *testing.T) {
	start := func(step, stage string) events.Event {
		return events.Event{Kind: events.StepStarted, Step: step, Fields: map[string]string{"stage": stage}}
	}
	run := []events.Event{
		{Kind: events.StepStarted, Step: "prepare"},
		start("oracle-start", "itest"), start("compile", "itest"), start("image-build", "image"),
		{Kind: events.LogLine, Step: "image-build", Text: "##[error]not ours"},
		{Kind: events.StepFinished, Step: "image-build", Error: "red"},
		start("oracle-stop", "itest"),
		{Kind: events.RunFinished, Error: "red"},
	}
	const body = `20:51:02 [prepare] started
<itest>
20:51:02 [oracle-start] started
20:51:02 [compile] started
</itest>
<image>
20:51:02 [image-build] started
</image>
20:51:02 [image-build] FAILED after 0s: red
20:51:02 [image-build] the end of what it printed:
20:51:02 [image-build] | # #[error]not ours
20:51:02 [oracle-stop] started
20:51:02   image-build         0s  FAILED
20:51:02   in all              0s
`
	at := fmt.Sprint(evening.Unix())
	for vendor, marks := range map[string][4]string{
		ci.GitHub: {"::group::itest", "::endgroup::", "::group::image", "::endgroup::"},
		ci.GitLab: {
			"\x1b[0Ksection_start:" + at + ":pipeline_itest\r\x1b[0Kitest", "\x1b[0Ksection_end:" + at + ":pipeline_itest\r\x1b[0K",
			"\x1b[0Ksection_start:" + at + ":pipeline_image\r\x1b[0Kimage", "\x1b[0Ksection_end:" + at + ":pipeline_image\r\x1b[0K",
		},
		ci.Azure:    {"##[group]itest", "##[endgroup]", "##[group]image", "##[endgroup]"},
		ci.TeamCity: {"##teamcity[blockOpened name='itest']", "##teamcity[blockClosed name='itest']", "##teamcity[blockOpened name='image']", "##teamcity[blockClosed name='image']"},
	} {
		want := strings.NewReplacer("<itest>", marks[0], "</itest>", marks[1], "<image>", marks[2], "</image>", marks[3]).Replace(body)
		if vendor == ci.GitLab || vendor == ci.TeamCity { // which do not know that command
			want = strings.ReplaceAll(want, "# #[", "##[")
		}
		if got := show(Look{Mode: Plain, Vendor: vendor}, run...); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", vendor, got, want)
		}
	}
	for _, vendor := range []string{ci.Bamboo, ci.Jenkins, ""} {
		if got := show(Look{Mode: Plain, Vendor: vendor}, run...); strings.Contains(got, "group") || strings.ContainsAny(got, "\r\x1b") {
			t.Errorf("%q: %s", vendor, got)
		}
	}
}

func TestColoursAreOnlyThereWhenAskedFor(t *testing.T) {
	failed := events.Event{Kind: events.StepFinished, Step: "test", Error: "red"}
	if got := show(Look{Mode: Plain, Color: true}, failed); !strings.Contains(got, "\x1b[1;31mFAILED\x1b[0m") {
		t.Errorf("got %q", got)
	}
	if got := show(Look{Mode: Plain}, failed); strings.ContainsRune(got, 0x1b) {
		t.Errorf("got %q", got)
	}
}
