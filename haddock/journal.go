package haddock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	h, _ := ParseHistory(data)
	return h, nil
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
