package oracle

import (
	"testing"

	"github.com/moby/moby/api/types/container"
)

func TestTheEldestMakesTheSnapshot(t *testing.T) {
	const now = 1_800_000_000
	for name, c := range map[string]struct {
		others []container.Summary
		want   string
	}{
		"alone":                          {nil, ""},
		"a younger one":                  {[]container.Summary{{ID: "a", Created: now + 1}}, ""},
		"an elder one":                   {[]container.Summary{{ID: "z", Created: now - 1}}, "z"},
		"the eldest of two":              {[]container.Summary{{ID: "z", Created: now - 1}, {ID: "y", Created: now - 2}}, "y"},
		"a twin with a smaller id":       {[]container.Summary{{ID: "a", Created: now}}, "a"},
		"a twin with a greater id":       {[]container.Summary{{ID: "z", Created: now}}, ""},
		"one that a killed run has left": {[]container.Summary{{ID: "z", Created: now - 3600}}, ""},
	} {
		if got := elder(append(c.others, container.Summary{ID: "own", Created: now}), "own"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsPutIntoAnInstructionIsQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, "a b": `"a b"`, `a"b`: `"a\"b"`, `a\b`: `"a\\b"`, "$HOME": `"\$HOME"`, "a\nRUN x": `"a RUN x"`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
