package host

import (
	"bytes"
	"context"
	"strings"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// mostLog is how much of a log is kept; a line may be of any length.
const mostLog = 64 << 10

// Logs returns the last lines that the program of an instance wrote, of both
// its streams in the order they were written.
func (h *Host) Logs(ctx context.Context, id string, lines int) ([]string, error) {
	return again(ctx, h.engines, func() ([]string, error) {
		var out tail
		if err := h.eng.Logs(ctx, id, engine.LogOptions{Tail: lines}, &out, &out); err != nil {
			return nil, err
		}
		return out.lines(lines), nil
	})
}

// A tail keeps the end of what is written to it.
type tail struct {
	buf bytes.Buffer
	cut bool
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if extra := t.buf.Len() - mostLog; extra > 0 {
		t.buf.Next(extra)
		t.cut = true
	}
	return len(p), nil
}

func (t *tail) lines(most int) []string {
	text := strings.TrimSuffix(t.buf.String(), "\n")
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n")
	if t.cut && len(all) > 1 {
		all = all[1:] // only its end is there
	}
	if len(all) > most {
		all = all[len(all)-most:]
	}
	return all
}
