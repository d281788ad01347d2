package console

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/events"
)

// heartbeat is how long the console stays silent at most while a step runs: CI
// servers take a silent build for a hanging one.
const heartbeat = 30 * time.Second

// maxTailLine is how much is shown of one line of a failed step's output.
const maxTailLine = 300

// lines is the writer for what is no screen: a line for each thing that
// happens, with time and step, no carriage returns.
type lines struct {
	out    io.Writer
	look   Look
	paint  paint
	steps  steps
	spoke  time.Time // when the last line was written
	group  string    // the stage whose group is open
	broken bool      // a step has failed: groups would hide what follows
}

func newLines(out io.Writer, look Look) *lines {
	return &lines{out: out, look: look, paint: paint(look.Color), spoke: time.Now()}
}

func (l *lines) take(e events.Event) {
	l.steps.take(e)
	switch {
	case l.look.Mode == Quiet:
	case e.Kind == events.StepStarted && !l.broken:
		l.regroup(e.Fields[events.FieldStage], e.Time)
	case hasFailed(e), e.Kind == events.RunFinished:
		l.broken = l.broken || e.Error != ""
		l.regroup("", e.Time)
	}
	if e.Kind == events.RunFinished && l.look.Mode == Plain {
		l.table(e)
	}
	text, important := l.describe(e)
	if text == "" || l.look.Mode == Quiet && !important {
		return
	}
	l.write(e.Time, e.Step, text)
	if hasFailed(e) && !l.look.Verbose && l.look.Mode == Plain {
		l.tail(e)
	}
}

// describe puts an event into words and says whether --progress=quiet shows it
// too.
func (l *lines) describe(e events.Event) (text string, important bool) {
	switch e.Kind {
	case events.RunStarted:
		return fmt.Sprintf("%s: %s, run %s, %s", e.Fields[events.FieldProject],
			strings.ReplaceAll(e.Fields[events.FieldStages], ",", " and "), e.Fields[events.FieldRunID], e.Fields[events.FieldTool]), false
	case events.StepStarted:
		return l.paint.dim("started"), false
	case events.StepFinished:
		took := seconds(e.Seconds)
		if other := e.Fields[events.FieldStoppedFor]; other != "" {
			return "stopped after " + took + ", because " + other + " failed", false
		}
		if e.Error != "" {
			return l.paint.bad("FAILED") + " after " + took + ": " + e.Error, true
		}
		return strings.TrimSuffix(l.paint.good("done")+" in "+took+": "+e.Text, ": "), false
	case events.StepSkipped:
		return "skipped: " + e.Text, false
	case events.StepProgress:
		if count, counts := e.Count(); counts && count.Unit != events.UnitSteps {
			return "", false // the heartbeat tells it now and then
		}
		return e.Text, false
	case events.OraclePhase:
		return "database: " + e.Text, false
	case events.Warning:
		return l.paint.warn("warning:") + " " + e.Text, true
	case events.Note:
		return e.Text, e.Step == ""
	case events.TestResult:
		return e.Text, false
	case events.LogLine:
		if l.look.Verbose {
			return clean(e.Text), false
		}
	}
	return "", false
}

// hasFailed tells the end of a step that failed itself.
func hasFailed(e events.Event) bool {
	return e.Kind == events.StepFinished && e.Error != "" && e.Fields[events.FieldStoppedFor] == ""
}

// table shows at the end what took how long.
func (l *lines) table(e events.Event) {
	row := func(name, took, result string) {
		l.write(e.Time, "", strings.TrimRight(fmt.Sprintf("  %-14s %7s  %s", name, took, result), " "))
	}
	for _, step := range l.steps {
		switch step.state {
		case succeeded:
			row(step.name, length(step.took), step.result)
		case failed:
			row(step.name, length(step.took), l.paint.bad("FAILED"))
		case stopped:
			row(step.name, length(step.took), "stopped")
		case skipped:
			row(step.name, "", "skipped")
		}
	}
	row("in all", seconds(e.Seconds), "")
}

// tail shows the end of what a failed step printed.
func (l *lines) tail(e events.Event) {
	last := l.steps.named(e.Step).last(tailLines)
	if len(last) == 0 {
		return
	}
	l.write(e.Time, e.Step, "the end of what it printed:")
	for _, line := range last {
		l.write(e.Time, e.Step, l.paint.dim("| ")+fit(line, maxTailLine, "..."))
	}
}

func (l *lines) write(at time.Time, step, text string) {
	if step != "" {
		step = l.paint.name("["+step+"]") + " "
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		line = ci.Disarm(l.look.Vendor, strings.ReplaceAll(line, "\r", ""))
		_, _ = fmt.Fprintf(l.out, "%s %s%s\n", l.paint.dim(at.Format("15:04:05")), step, line)
	}
	l.spoke = time.Now()
}

// regroup opens the group of a stage, where the CI system knows such a thing,
// and closes the one before.
func (l *lines) regroup(stage string, at time.Time) {
	if stage == l.group {
		return
	}
	if l.group != "" {
		_, _ = io.WriteString(l.out, ci.EndGroup(l.look.Vendor, l.group, at))
	}
	if stage != "" {
		_, _ = io.WriteString(l.out, ci.StartGroup(l.look.Vendor, stage, at))
	}
	l.group = stage
}

// tick writes a line for each running step when nothing else was written for
// the length of a heartbeat.
func (l *lines) tick(now time.Time) {
	if l.look.Mode == Quiet || now.Sub(l.spoke) < heartbeat {
		return
	}
	for _, step := range l.steps.running() {
		text := "still running after " + now.Sub(step.started).Round(time.Second).String()
		if step.doing != "" {
			text += ": " + step.doing
		}
		if left := step.left(now); left > 0 {
			text += ", " + length(left) + " left"
		}
		l.write(now, step.name, text)
	}
}

func (l *lines) end() { l.regroup("", time.Now()) }
