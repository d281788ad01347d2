package command

import (
	"strings"
	"testing"
)

func TestASecretInTheSeamOfAnEndlessLineIsMasked(t *testing.T) {
	const secret = "correct-horse-battery"
	mask := func(line string) string { return strings.ReplaceAll(line, secret, "[secret]") }
	for _, before := range []int{maxLine - 30, maxLine - 10, maxLine - 1, maxLine, 2*maxLine - seam - 7} {
		var out strings.Builder
		c := Command{Args: []string{"printf", "%s%s%s\n", strings.Repeat("x", before), secret, strings.Repeat("y", maxLine)}, Stdout: &out, Mask: mask}
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := strings.Repeat("x", before) + "[secret]" + strings.Repeat("y", maxLine) + "\n"; out.String() != want {
			t.Errorf("after %d characters: %d bytes, want %d; the secret came through: %v", before, out.Len(), len(want), strings.Contains(out.String(), "battery"))
		}
	}
}
