package haddock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// readHistory reads the history; there is none before the first deploy.
func (s *Service) readHistory(ctx context.Context) (History, error) {
	data, err := s.host.ReadFile(ctx, s.historyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.told.grown(data), nil
}

// A journal is the history as far as it was read: it only grows, and after some
// thousand roll-outs reading all of it takes a part of each look.
type journal struct {
	data  []byte // whole lines
	lines History
}

// grown gives the lines of data, of which the journal may have the first ones.
func (j *journal) grown(data []byte) History {
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	more, ok := bytes.CutPrefix(whole, j.data)
	if !ok {
		*j, more = journal{}, whole
	}
	lines, _ := ParseHistory(more)
	j.data, j.lines = whole, append(slices.Clip(j.lines), lines...)
	last, _ := ParseHistory(data[len(whole):])
	return append(slices.Clip(j.lines), last...)
}

// write adds a line to the history.
func (s *Service) write(ctx context.Context, line Line) error {
	line.Time, line.By = s.now().UTC().Truncate(time.Millisecond), s.By
	text, err := line.encode()
	if err != nil {
		return err
	}
	return s.host.AppendLine(ctx, s.historyFile(), text)
}

// saveState writes what HAProxy reads when it starts. Production is as it
// should be already, so a failure is told and nothing more.
func (s *Service) saveState(ctx context.Context) {
	state, err := s.proxy.ServersState(ctx)
	if err == nil {
		err = s.host.WriteFile(ctx, serverFile, state)
	}
	if err != nil && ctx.Err() == nil {
		s.Events.Warn(fmt.Sprintf("should HAProxy be restarted now, it would not know the present weights: %v", err))
	}
}
