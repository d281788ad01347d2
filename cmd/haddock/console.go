package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// heartbeat is how often the console tells what is waited for: at once when it
// is something new, then now and then.
const heartbeat = 10 * time.Second

// console is the reader of the event stream that writes for people: plain
// lines with time and step.
type console struct {
	mu      sync.Mutex
	out     io.Writer
	quiet   bool
	verbose bool
	waiting string    // what was waited for last, without its numbers
	spoke   time.Time // when that was told
}

// console makes the console that --progress asks for; when the outcome is for a
// machine, people read on stderr.
func (a *app) console() (*console, error) {
	out := a.secrets.Writer(a.stdout)
	if a.json {
		out = a.secrets.Writer(a.stderr)
	}
	switch a.progress {
	case "auto", "plain":
		return &console{out: out, verbose: a.verbose}, nil
	case "quiet":
		return &console{out: out, quiet: true}, nil
	}
	return nil, usage("--progress=%s: write auto, plain or quiet", a.progress)
}

// Take writes the line that an event deserves, if any. It is an events.Sink.
func (c *console) Take(e events.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case events.Warning:
		c.line(e, "warning: "+e.Text)
	case events.LogLine:
		if c.verbose {
			c.line(e, e.Text)
		}
	case events.StepProgress:
		c.progress(e)
	default:
		c.waiting = ""
		if !c.quiet {
			c.line(e, e.Text)
		}
	}
}

func (c *console) progress(e events.Event) {
	what := e.Step + strings.TrimLeft(e.Text, "0123456789")
	if c.quiet || what == c.waiting && e.Time.Sub(c.spoke) < heartbeat {
		return
	}
	c.waiting, c.spoke = what, e.Time
	text := e.Text
	if live := sessions(e.Fields); live != "" && e.Step != "warm" {
		text += "  [sessions: " + live + "]"
	}
	c.line(e, text)
}

// sessions shows who has how many: s1 1.4.1 120, s2 1.5.0 13.
func sessions(fields map[string]string) string {
	var parts []string
	for _, slot := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, slot+" "+fields[slot])
	}
	return strings.Join(parts, ", ")
}

func (c *console) line(e events.Event, text string) {
	step := ""
	if e.Step != "" {
		step = "[" + e.Step + "] "
	}
	fmt.Fprintf(c.out, "%s %s%s\n", e.Time.Format("15:04:05"), step, text)
}
