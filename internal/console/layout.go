package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// A row is one line of the screen, with colours and without.
type row struct{ plain, painted string }

// timeColumn is as wide as the times usually are.
const timeColumn = 7

// layout makes the rows of a frame, at most so many of at most so many cells.
// What runs has its output below it; when there is no room for everything,
// that goes first, then what has not begun, then what is done.
func (s *screen) layout(width, height int, last bool) []row {
	shown := make([]*step, 0, len(s.steps))
	for _, one := range s.steps {
		if never := one.state == pending && (last || s.ended); one.name != "" && !never {
			shown = append(shown, one)
		}
	}
	shown, hidden := s.crop(shown, height)
	var rows []row
	if hidden > 0 {
		text := fmt.Sprintf("%s %d more steps", s.signs.more, hidden)
		rows = append(rows, row{text, s.paint.dim(text)})
	}
	names := 0
	for _, one := range shown {
		names = max(names, columns(one.name))
	}
	tail := s.tailSize(len(rows)+len(shown), height)
	for _, one := range shown {
		rows = append(rows, s.line(one, names, width))
		if one.state == running && !last && !s.look.Verbose {
			for _, text := range one.last(tail) {
				text = "  " + s.signs.margin + " " + fit(s.text(text), width-4, s.signs.more)
				rows = append(rows, row{text, s.paint.dim(text)})
			}
		}
	}
	return rows
}

// crop leaves out steps until the others fit: first what has not begun, from
// the end, then what is done, from the beginning.
func (s *screen) crop(all []*step, height int) (shown []*step, hidden int) {
	drop := func(at int) {
		all = append(all[:at:at], all[at+1:]...)
		hidden++
	}
	tooMany := func() bool { return len(all)+min(1, hidden) > height && len(all) > 1 }
	for i := len(all) - 1; i >= 0 && tooMany(); i-- {
		if all[i].state == pending {
			drop(i)
		}
	}
	for i := 0; i < len(all) && tooMany(); {
		if all[i].state == running || all[i].state == failed {
			i++
			continue
		}
		drop(i)
	}
	if len(all) >= height {
		return all[:height], 0
	}
	return all, hidden
}

// tailSize is how many lines of output each running step may have.
func (s *screen) tailSize(taken, height int) int {
	n := len(s.steps.running())
	if n == 0 {
		return 0
	}
	return max(0, min(tailShown, (height-taken)/n))
}

// line is a step's line: sign, name, time, and what it does or did.
func (s *screen) line(one *step, names, width int) row {
	sign, took := s.sign(one), ""
	switch one.state {
	case running:
		took = max(0, s.clock.Sub(one.started)).Truncate(time.Second).String()
	case succeeded, failed, stopped:
		took = length(one.took)
	}
	head := fmt.Sprintf(" %s %s %*s", sign, pad(one.name, names), timeColumn, took)
	if columns(head) > width {
		head = fit(fmt.Sprintf(" %s %s", sign, one.name), width, s.signs.more)
		return row{head, s.tint(one, head)}
	}
	plain := head
	painted := fmt.Sprintf(" %s %s %s", s.tint(one, sign), s.nameOf(one, names), s.paint.dim(fmt.Sprintf("%*s", timeColumn, took)))
	room := width - columns(head) - 2
	if bar := s.bar(one); bar.plain != "" && room > columns(bar.plain)+12 {
		plain, painted = plain+"  "+bar.plain, painted+"  "+bar.painted
		room -= columns(bar.plain) + 2
	}
	if text := s.story(one); text != "" && room >= 8 {
		text = fit(text, room, s.signs.more)
		plain += "  " + text
		if one.state == failed {
			text = s.paint.bad(text)
		}
		painted += "  " + text
	}
	return row{plain, painted}
}

func (s *screen) sign(one *step) string {
	if one.state == running {
		return s.signs.spin[s.drawn%len(s.signs.spin)]
	}
	return s.signs.state[one.state]
}

func (s *screen) nameOf(one *step, names int) string {
	name := pad(one.name, names)
	if one.state == pending || one.state == skipped {
		return s.paint.dim(name)
	}
	return s.paint.bold(name)
}

func (s *screen) tint(one *step, text string) string {
	switch one.state {
	case succeeded:
		return s.paint.good(text)
	case failed:
		return s.paint.bad(text)
	case running:
		return s.paint.name(text)
	}
	return s.paint.dim(text)
}

// story is what there is to say of a step in one phrase.
func (s *screen) story(one *step) string {
	switch one.state {
	case running:
		return s.text(one.doing)
	case failed, stopped:
		return s.text(one.cause)
	}
	return s.text(one.result)
}

// bar draws how far a step has come, when it says, with the time that is left.
func (s *screen) bar(one *step) row {
	const size = 12
	c := one.count
	if one.state != running || c.Total == 0 {
		return row{}
	}
	done := min(c.Done, c.Total)
	full := int(done * size / c.Total)
	text := fmt.Sprintf(" %3d%%", 100*done/c.Total)
	if c.Unit == events.UnitSteps {
		text = fmt.Sprintf(" %d/%d", done, c.Total)
	}
	if left := one.left(s.clock); left > 0 {
		text += ", " + left.Round(time.Second).String() + " left"
	}
	drawn, rest := strings.Repeat(s.signs.full, full), strings.Repeat(s.signs.empty, size-full)
	return row{drawn + rest + text, s.paint.name(drawn) + s.paint.dim(rest) + text}
}
