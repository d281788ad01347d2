package registry

import (
	"slices"
	"testing"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestPushedBytesAreAddedUpAndAllElseIsPassedOn(t *testing.T) {
	var counts []events.Count
	var lines []string
	p := pushProgress{layers: map[string][2]int64{}, sink: func(e events.Event) {
		if c, ok := e.Count(); ok {
			counts = append(counts, c)
		} else {
			lines = append(lines, e.Text)
		}
	}}
	for _, line := range []string{"The push refers to repository [x]", "a: Preparing", "a: Pushing 2000/4000"} {
		p.line(line)
	}
	p.line("b: Pushing 3000/2000") // the engine counts what it reads, headers too
	p.told = p.told.Add(-2e9)
	p.line("b: Pushing 3000/2000")
	p.line("a: Pushed")
	want := []events.Count{{Done: 2000, Total: 4000, Unit: "bytes"}, {Done: 4000, Total: 6000, Unit: "bytes"}}
	if !slices.Equal(counts, want) {
		t.Errorf("counted %+v, want %+v", counts, want)
	}
	if len(lines) != 3 || lines[2] != "a: Pushed" {
		t.Errorf("passed on %q", lines)
	}
}
