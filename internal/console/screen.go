package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

const (
	// framePace is how often the screen is drawn.
	framePace = 120 * time.Millisecond
	// tailShown is how much of a running step's output is under its line.
	tailShown = 4
	// narrowest is what is drawn for at least; a terminal may be smaller.
	narrowest = 20
)

// A screen is the writer for a terminal: one line per step, redrawn in place,
// with the last lines that a running step printed under it. What must be read
// is written above and stays. The cursor stands under the last line between
// two frames.
type screen struct {
	out   io.Writer
	look  Look
	size  func() (width, height int)
	paint paint
	signs signs

	steps  steps
	above  []string // to be written above the steps, once
	frame  frame
	drawn  int  // how many frames were
	change bool // since the last frame
	ended  bool // the run has
	clock  time.Time
}

// signs are what the screen draws with.
type signs struct {
	state  map[state]string
	spin   []string
	full   string
	empty  string
	margin string // before a step's output
	more   string // where text was cut
}

func newScreen(out io.Writer, look Look, size func() (int, int)) *screen {
	s := &screen{out: out, look: look, size: size, paint: paint(look.Color)}
	s.signs = signs{
		state: map[state]string{pending: ".", succeeded: "+", failed: "x", stopped: "-", skipped: "-"},
		spin:  []string{"|", "/", "-", "\\"}, full: "#", empty: ".", margin: "|", more: "...",
	}
	if look.Unicode {
		s.signs = signs{
			state: map[state]string{pending: "·", succeeded: "✓", failed: "✗", stopped: "–", skipped: "–"},
			spin:  []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}, full: "━", empty: "─", margin: "│", more: "…",
		}
	}
	return s
}

func (s *screen) take(e events.Event) {
	s.steps.take(e)
	s.change, s.clock = true, e.Time
	switch {
	case e.Kind == events.Warning:
		s.say(e.Step, s.paint.warn("warning:")+" "+s.text(e.Text))
	case e.Kind == events.Note && e.Step == "":
		s.say("", s.text(e.Text))
	case e.Kind == events.LogLine && s.look.Verbose:
		s.say(e.Step, s.text(e.Text))
	case e.Kind == events.RunFinished:
		s.ended = true
	}
}

// text is what a program or a person wrote, fit for this terminal.
func (s *screen) text(text string) string {
	if text = clean(strings.ReplaceAll(text, "\n", " ")); s.look.Unicode {
		return text
	}
	return ascii(text)
}

func (s *screen) say(step, text string) {
	if step != "" {
		step = s.paint.name("["+step+"]") + " "
	}
	s.above = append(s.above, step+text)
}

func (s *screen) tick(now time.Time) {
	s.clock = now
	if s.change || len(s.steps.running()) > 0 {
		s.drawn++
		s.draw(false)
	}
}

// end draws the last frame, which stays: what has run, and of a failed step
// the end of its output.
func (s *screen) end() {
	s.draw(true)
	for _, step := range s.steps {
		if step.state != failed || s.look.Verbose || len(step.tail) == 0 || strings.HasPrefix(step.cause, "interrupted") {
			continue
		}
		var text strings.Builder
		fmt.Fprintf(&text, "\nthe end of what %s printed:\n", step.name)
		for _, line := range step.last(tailLines) {
			fmt.Fprintf(&text, "%s %s\n", s.paint.dim(s.signs.margin), fit(s.text(line), maxTailLine, s.signs.more))
		}
		_, _ = io.WriteString(s.out, text.String())
	}
}

// draw replaces the frame on the screen by the next one, in a single write:
// terminals that know synchronized output show no half of it.
func (s *screen) draw(last bool) {
	width, height := s.size()
	width, height = max(width, narrowest), max(height, 2)
	up, again := s.frame.begin(width, height)
	rows := s.layout(width-1, height-1, last)
	var b strings.Builder
	b.WriteString("\x1b[?2026h\r")
	if up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	for _, line := range slices.Concat(again, s.above) {
		b.WriteString(line + "\x1b[K\n")
	}
	for _, row := range rows {
		b.WriteString(row.painted + "\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?2026l")
	s.frame.drew(width, height, s.above, rows)
	s.above, s.change = nil, false
	if last {
		s.frame = frame{}
	}
	_, _ = io.WriteString(s.out, b.String())
}
