package oracle

import "testing"

func TestWhatIsPutIntoAnInstructionIsQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, "a b": `"a b"`, `a"b`: `"a\"b"`, `a\b`: `"a\\b"`, "$HOME": `"\$HOME"`, "a\nRUN x": `"a RUN x"`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
