// Package console is the reader of the event stream that writes for people:
// plain lines for CI servers and pipes, or a screen that is redrawn in place
// for those who watch. It keeps one rule: it never changes the terminal's
// state, such as hiding the cursor, so that nothing has to be restored however
// the program ends.
package console

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// tailLines is how much of a failed step's output is shown, unless all of it
// was shown already.
const tailLines = 20

// A Console shows events. Take is an events.Sink.
type Console struct {
	mu      sync.Mutex
	writer  writer
	done    chan struct{}
	closing sync.Once
	ticking sync.WaitGroup
}

// A writer shows the events in one mode. Its methods are never called at the
// same time.
type writer interface {
	take(e events.Event)
	tick(now time.Time)
	end()
}

// New starts a console. Size gives the terminal's width and height and is only
// asked for TTY. The caller closes it.
func New(out io.Writer, look Look, size func() (width, height int)) *Console {
	c := &Console{done: make(chan struct{})}
	pace := time.Second
	if look.Mode == TTY {
		c.writer, pace = newScreen(out, look, size), framePace
	} else {
		c.writer = newLines(out, look)
	}
	c.ticking.Go(func() { c.run(pace) })
	return c
}

// Take shows what the event tells.
func (c *Console) Take(e events.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writer.take(e)
}

// Close shows what is left to show. It may be called again.
func (c *Console) Close() {
	c.closing.Do(func() {
		close(c.done)
		c.ticking.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.writer.end()
	})
}

func (c *Console) run(pace time.Duration) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case now := <-ticker.C:
			c.mu.Lock()
			c.writer.tick(now)
			c.mu.Unlock()
		}
	}
}

// A step is what the console knows of one.
type step struct {
	name    string
	state   state
	started time.Time
	took    time.Duration
	doing   string // the last progress it told
	result  string // the last thing worth keeping
	cause   string // why it failed
	count   events.Count
	counted time.Time // since when it counts this
	first   int64     // where the count began
	tail    []string  // the last lines of its output
}

type state int

const (
	pending state = iota
	running
	succeeded
	failed
	stopped // because another one failed
	skipped
)

// steps are those of a run, in the order in which they are shown.
type steps []*step

// take keeps up with what happens.
func (s *steps) take(e events.Event) {
	if e.Kind == events.RunStarted {
		for name := range strings.SplitSeq(e.Fields[events.FieldSteps], ",") {
			s.named(name)
		}
	}
	if e.Step == "" {
		return
	}
	one := s.named(e.Step)
	switch e.Kind {
	case events.StepStarted:
		*one = step{name: one.name, state: running, started: e.Time}
	case events.StepFinished:
		one.state, one.took = succeeded, time.Duration(e.Seconds*float64(time.Second))
		if e.Error != "" {
			one.state, one.cause = failed, e.Error
		}
		if e.Fields[events.FieldStoppedFor] != "" {
			one.state = stopped
		}
	case events.StepSkipped:
		one.state, one.result = skipped, e.Text
	case events.StepProgress, events.OraclePhase:
		one.progress(e)
	case events.Note, events.TestResult, events.ImageBuilt, events.Released:
		one.result = e.Text
	case events.LogLine:
		one.log(e.Text)
	}
}

// named finds a step, or adds it at the end.
func (s *steps) named(name string) *step {
	if name == "" {
		return &step{}
	}
	at := slices.IndexFunc(*s, func(one *step) bool { return one.name == name })
	if at < 0 {
		*s = append(*s, &step{name: name})
		at = len(*s) - 1
	}
	return (*s)[at]
}

// running are those that run now.
func (s *steps) running() []*step {
	var found []*step
	for _, one := range *s {
		if one.state == running {
			found = append(found, one)
		}
	}
	return found
}

func (s *step) progress(e events.Event) {
	s.doing = e.Text
	count, ok := e.Count()
	if ok && (count.Unit != s.count.Unit || count.Done < s.count.Done) {
		s.counted, s.first = e.Time, count.Done
	}
	s.count = count
}

func (s *step) log(text string) {
	if text = clean(text); text == "" {
		return
	}
	if len(s.tail) == 2*tailLines {
		s.tail = append(s.tail[:0], s.tail[tailLines:]...)
	}
	s.tail = append(s.tail, text)
}

// last are the last lines of the step's output.
func (s *step) last(n int) []string { return s.tail[max(0, len(s.tail)-n):] }

// left is how long the step will go on as it went so far; zero when nobody can
// say.
func (s *step) left(now time.Time) time.Duration {
	gone, done := now.Sub(s.counted), s.count.Done-s.first
	if s.count.Total == 0 || done <= 0 || gone < 2*time.Second {
		return 0
	}
	return time.Duration(float64(gone) * float64(s.count.Total-s.count.Done) / float64(done))
}
