package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// heartbeat is how long the console stays silent at most while a step runs: CI
// servers take a silent build for a hanging one.
const heartbeat = 30 * time.Second

// console is the reader of the event stream that writes for people: plain
// lines with time and step, no carriage returns, no colour.
type console struct {
	mu      sync.Mutex
	out     io.Writer
	quiet   bool // only warnings, notes and failures
	verbose bool // log lines too
	running []*runningStep
	spoke   time.Time // when the last line was written
	done    chan struct{}
	beating sync.WaitGroup
}

type runningStep struct {
	name    string
	started time.Time
	doing   string // the last progress it told
}

// newConsole starts a console and its heartbeat. The caller closes it.
func newConsole(out io.Writer, quiet, verbose bool) *console {
	c := &console{out: out, quiet: quiet, verbose: verbose, spoke: time.Now(), done: make(chan struct{})}
	c.beating.Go(c.beat)
	return c
}

// Close ends the heartbeat.
func (c *console) Close() {
	close(c.done)
	c.beating.Wait()
}

// Take writes the line that an event deserves, if any. It is an events.Sink.
func (c *console) Take(e events.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.track(e)
	text, important := describe(e)
	switch {
	case e.Kind == events.LogLine && !c.verbose, text == "", c.quiet && !important:
		return
	}
	c.line(e.Time, e.Step, text)
}

// track keeps the list of running steps, which the heartbeat names.
func (c *console) track(e events.Event) {
	switch e.Kind {
	case events.StepStarted:
		c.running = append(c.running, &runningStep{name: e.Step, started: e.Time})
	case events.StepFinished:
		c.running = slices.DeleteFunc(c.running, func(s *runningStep) bool { return s.name == e.Step })
	case events.StepProgress, events.OraclePhase:
		for _, step := range c.running {
			if step.name == e.Step {
				step.doing = e.Text
			}
		}
	}
}

// describe puts an event into words and says whether --progress=quiet shows it
// too.
func describe(e events.Event) (text string, important bool) {
	switch e.Kind {
	case events.StepStarted:
		return "started", false
	case events.StepFinished:
		took := seconds(e.Seconds)
		if e.Error != "" {
			return "FAILED after " + took + ": " + e.Error, true
		}
		return strings.TrimSuffix("done in "+took+": "+e.Text, ": "), false
	case events.StepSkipped:
		return "skipped: " + e.Text, false
	case events.OraclePhase:
		return "database: " + e.Text, false
	case events.Warning:
		return "warning: " + e.Text, true
	case events.Note:
		return e.Text, true
	default:
		return e.Text, false
	}
}

func (c *console) line(at time.Time, step, text string) {
	if step != "" {
		step = "[" + step + "] "
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintf(c.out, "%s %s%s\n", at.Format("15:04:05"), step, line)
	}
	c.spoke = time.Now()
}

// beat writes a line for each running step when nothing else was written for
// the length of a heartbeat.
func (c *console) beat() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case now := <-ticker.C:
			c.beatOnce(now)
		}
	}
}

func (c *console) beatOnce(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.spoke) < heartbeat {
		return
	}
	for _, step := range c.running {
		text := "still running after " + now.Sub(step.started).Round(time.Second).String()
		if step.doing != "" {
			text += ": " + step.doing
		}
		c.line(now, step.name, text)
	}
}

// seconds prints a length of time as people read it: 0.8s, 14s, 2m5s.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
