package console

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzWhatIsShownIsHarmlessAndFits(f *testing.F) {
	for _, seed := range []string{"plain", "\x1b[31mred\x1b[0m", "\x1b]8;;url\x1b\\link", "10%\r100%", "日本語 naïve", "\xff\x1b[", "e\u0301", "\u202e"} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(0, min(limit, 500))
		got := fit(clean(text), limit, "…")
		if columns(got) > limit {
			t.Errorf("%q takes %d cells of %d", got, columns(got), limit)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
