package redact_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/redact"
)

func FuzzWriterMasksWhateverTheChunks(f *testing.F) {
	f.Add("tiger", "the tiger and the\ntiger", 3)
	f.Add("a\nbbbb\ncccc", "bbbb cccc\r\n", 1)
	f.Add("[secret]", "[secret][secret]", 2)
	f.Fuzz(func(t *testing.T, secret, text string, size int) {
		if size < 1 || size > 1000 || len(text) > 10_000 {
			return
		}
		r := redact.New(secret)
		var out bytes.Buffer
		w := r.Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		trimmed := strings.TrimSpace(secret)
		if len(trimmed) < 4 || strings.ContainsAny(trimmed, "\r\n") || strings.Contains(redact.Mask, trimmed) {
			return
		}
		// The mask beside what is left may spell the secret again; that gives
		// nothing away.
		if plain := strings.ReplaceAll(out.String(), redact.Mask, "\x00"); strings.Contains(plain, trimmed) {
			t.Errorf("secret %q came through: %q", secret, out.String())
		}
	})
}
