package host

import (
	"context"
	"errors"
)

type link struct{}

func openLink(_ context.Context, _ place, _ SSH) (*link, error) {
	return nil, errors.New("ssh is not spoken yet")
}

func (l *link) machine() *machine { return nil }
func (l *link) close() error      { return nil }
