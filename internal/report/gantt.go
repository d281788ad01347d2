package report

import (
	"cmp"
	"slices"
	"time"
)

const (
	rowHeight = 36 // of a step in the drawing
	axisSpace = 22 // below the last one
	// near is how close a step begins after the one that it waited for: between
	// them the program itself works.
	near = 30 * time.Millisecond
	// bootStep is the step within which the database boots.
	bootStep = "oracle-wait"
)

// A gantt is the drawing of the steps: what ran when, beside what, and which of
// them the run's length is made of.
type gantt struct {
	Height  int
	Base    int // where the rows end
	Bars    []bar
	Links   []link
	Ticks   []tick
	Saved   time.Duration // how much longer the steps would take one after the other
	Summary string
}

type bar struct {
	Name        string
	Left, Width float64 // percent
	Took        time.Duration
	Class       string
	TextY, BarY int
	Held        float64   // width of the part, from the left, in which it only waited, in percent
	Phases      []float64 // where in its bar a phase of the boot begins, in percent
}

// A link leads from a step of the critical path to the next one.
type link struct {
	X      float64
	Y1, Y2 int
}

type tick struct {
	X     float64
	Label string
}

func draw(p Page) gantt {
	steps := slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Skipped != "" })
	if len(steps) == 0 {
		return gantt{}
	}
	var all, sum time.Duration
	for _, s := range steps {
		all, sum = max(all, s.End), sum+s.End-s.from()
	}
	all = max(all, time.Millisecond)
	at := func(d time.Duration) float64 { return 100 * float64(d) / float64(all) }
	g := gantt{Base: len(steps) * rowHeight, Ticks: ticks(all), Saved: max(0, sum-all)}
	g.Height = g.Base + axisSpace
	critical := path(steps)
	last := -1
	for i, s := range steps {
		b := bar{
			Name: s.Name, Took: s.End - s.Start, Class: classOf(s, critical[i]), TextY: i*rowHeight + 14, BarY: i*rowHeight + 20,
			Left: at(s.Start), Width: max(at(s.End-s.Start), 0.4),
		}
		b.Left = min(b.Left, 100-b.Width)
		b.Held = min(at(s.from()-s.Start), b.Width)
		for _, phase := range p.Phases {
			if phase.Start > s.Start+near && phase.Start < s.End && s.Name == bootStep {
				b.Phases = append(b.Phases, at(phase.Start))
			}
		}
		g.Bars = append(g.Bars, b)
		if !critical[i] {
			continue
		}
		if last >= 0 {
			g.Links = append(g.Links, link{X: min(b.Left+b.Held, 99.8), Y1: g.Bars[last].BarY + 8, Y2: b.BarY})
		}
		last = i
	}
	return g
}

// from is when the step had all that it needed.
func (s Step) from() time.Duration { return max(s.Start, s.Held) }

func classOf(s Step, critical bool) string {
	switch {
	case s.Failed != "":
		return "failed"
	case critical:
		return "critical"
	}
	return "beside"
}

// path finds the steps that the run's length is made of: the one that ended
// last, the one whose end it waited for, and so on to the first.
func path(steps []Step) []bool {
	on := make([]bool, len(steps))
	if len(steps) == 0 {
		return on
	}
	order := make([]int, 0, len(steps))
	for i, s := range steps {
		if s.Skipped == "" && s.Stopped == "" {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(steps[b].End, steps[a].End) })
	next := -1
	for _, i := range order {
		if next < 0 || steps[i].End <= steps[next].from()+near && steps[i].Start < steps[next].from() {
			on[i], next = true, i
		}
	}
	return on
}

// ticks are at most six round times.
func ticks(all time.Duration) []tick {
	pace := 100 * time.Millisecond
	for _, next := range []time.Duration{
		200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 12 * time.Hour,
	} {
		if all/pace > 6 {
			pace = next
		}
	}
	var found []tick
	for t := time.Duration(0); t < all && len(found) < 8; t += pace {
		if x := 100 * float64(t) / float64(all); x < 90 {
			found = append(found, tick{x, length(t)})
		}
	}
	return found
}
