package imagebuild

import (
	"slices"
	"testing"

	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestTableSaysWhatIsNewSinceThePreviousRelease(t *testing.T) {
	before := Parts{{"FROM", "a", 100e6}, {"COPY libs", "b", 60e6}, {"COPY classes", "c", 1e6}}
	now := Parts{{"FROM", "a", 100e6}, {"COPY libs", "b", 60e6}, {"COPY classes", "d", 2e6}, {"COPY docs", "c", 1e6}}
	cases := map[string]struct {
		previous Parts
		since    string
		want     []string
	}{
		"first release": {want: []string{
			"100.0 MB      FROM", "60.0 MB      COPY libs", "2.0 MB      COPY classes", "1.0 MB      COPY docs", "163.0 MB in 4 layers",
		}},
		"a changed layer": {previous: before, since: "1.0-1", want: []string{
			"160.0 MB  same  the first 2 of 4 layers", "2.0 MB  new  COPY classes", "1.0 MB  same  COPY docs",
			"163.0 MB in 4 layers, 2.0 MB of it new since 1.0-1 (which has 161.0 MB)",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := now.Table(c.previous, c.since)
			if !slices.EqualFunc(got, c.want, func(a, b string) bool { return squeeze(a) == squeeze(b) }) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func TestInstructionsOfSizeZeroStillFindTheirLayer(t *testing.T) {
	history := []engine.HistoryEntry{
		{Step: "ENV A=1"}, {Step: "COPY /x /x", Size: 7}, {Step: "WORKDIR /app"}, {Step: "CMD [\"x\"]"},
	}
	got := partsOf(history, []string{"one", "two"})
	want := Parts{{"COPY /x /x", "one", 7}, {"WORKDIR /app", "two", 0}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func squeeze(s string) (out string) {
	for _, r := range s {
		if r != ' ' {
			out += string(r)
		}
	}
	return out
}
