package report

import (
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/report/markup"
)

// What the page shows of what there may be thousands of.
const (
	maxDetailed = 40       // failures with their text
	maxNamed    = 150      // failures by name alone, after those
	maxFlaky    = 30       // tests that passed later
	maxLayers   = 60       // of the image
	maxSaid     = 8        // lines of the database's log for one failure
	textBudget  = 96 << 10 // bytes of all failures' texts, as they stand in the page
	oneText     = 6 << 10  // bytes of one failure's text
)

// A testsView is the tests as the page shows them.
type testsView struct {
	junit.Totals
	Passed   int
	Failures []failureView
	Named    []string // failures that have no place for their text
	More     int      // failures that have no place at all
	Flakes   []failureView
	Slowest  []slowTest
	Fixed    []string // red in the run before
	Shares   []share
}

type failureView struct {
	testName
	Why, Message, Text, File string
	Said                     []string
	New, Open                bool
}

type slowTest struct {
	testName
	Time  time.Duration
	Share float64
}

// A share is a part of all tests, drawn as such.
type share struct {
	Class string
	Count int
	Part  float64
}

func testsOf(p Page) testsView {
	t := p.Tests
	v := testsView{Totals: t.Totals, Passed: passes(t.Totals)}
	var red []string
	if p.Before != nil {
		red = p.Before.Red
	}
	left := textBudget
	for i, c := range t.Failures {
		if i >= maxDetailed || left <= 0 {
			if len(v.Named) < maxNamed {
				v.Named = append(v.Named, cut(c.ID(), 160))
			}
			continue
		}
		f := failureOf(c, min(oneText, left))
		f.New = p.Before != nil && p.Before.Tests > 0 && !slices.Contains(red, c.ID())
		f.Open = i < 3
		for _, line := range p.Said[c.ID()] {
			if line = cut(line, 300); len(f.Said) < maxSaid {
				f.Said = append(f.Said, line)
				left -= len(line)
			}
		}
		left -= weight(f.Message) + weight(f.Text) + weight(f.Why)
		v.Failures = append(v.Failures, f)
	}
	v.More = t.Failed - len(v.Failures) - len(v.Named)
	for _, c := range t.Flakes[:min(len(t.Flakes), maxFlaky)] {
		v.Flakes = append(v.Flakes, failureOf(c, 400))
	}
	v.Slowest = slowest(t.Slowest)
	v.Fixed = fixed(t, red)
	v.Shares = shares(v)
	return v
}

// passes are the tests that passed at their first attempt.
func passes(t junit.Totals) int { return t.Total - t.Failed - t.Skipped - t.Flaky }

func failureOf(c junit.Case, room int) failureView {
	f := failureView{testName: nameOf(c), Why: cut(c.Why(), 400), File: cut(c.File, 200)}
	if f.Message = cut(c.Message, room/3); strings.Contains(f.Why, f.Message) {
		f.Message = ""
	}
	f.Text = cut(c.Text, room-len(f.Message))
	return f
}

// A testName is a test's ID in two parts, so that people see the second.
type testName struct{ Package, Name string }

func nameOf(c junit.Case) testName {
	id := cut(c.ID(), 300)
	class := len(id) - len(c.Name)
	if class <= 1 || !strings.HasSuffix(id, c.Name) {
		return testName{Name: id}
	}
	at := strings.LastIndexAny(id[:class-1], "./") + 1
	return testName{id[:at], id[at:]}
}

// weight is how many bytes the text takes in the page.
func weight(text string) int { return len(markup.Escape(text)) }

func slowest(cases []junit.Case) []slowTest {
	var list []slowTest
	for _, c := range cases {
		if c.Time > 0 {
			list = append(list, slowTest{nameOf(c), c.Time, 100 * float64(c.Time) / float64(cases[0].Time)})
		}
	}
	return list
}

// fixed are the tests that were red in the run before and are not any more; a
// run that knows only a part of its failures cannot tell.
func fixed(t junit.Report, red []string) []string {
	if t.Total == 0 || t.Failed > len(t.Failures) {
		return nil
	}
	still := map[string]bool{}
	for _, c := range t.Failures {
		still[c.ID()] = true
	}
	var names []string
	for _, id := range red {
		if !still[id] && len(names) < maxFlaky {
			names = append(names, cut(id, 200))
		}
	}
	return names
}

func shares(v testsView) []share {
	var all []share
	for _, s := range []share{{Class: "passed", Count: v.Passed}, {Class: "failed", Count: v.Failed}, {Class: "flaky", Count: v.Flaky}, {Class: "skipped", Count: v.Skipped}} {
		if s.Count > 0 {
			s.Part = 100 * float64(s.Count) / float64(v.Total)
			all = append(all, s)
		}
	}
	return all
}

// cut shortens text to about so many bytes, at a character's border.
func cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return strings.ToValidUTF8(text[:max(0, size)], "") + "…"
}
