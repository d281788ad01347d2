package boot

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// network is the listener's state; the boot and lsnrctl both change it.
type network struct {
	mu      sync.Mutex
	up      bool
	stopped bool // for good
	since   time.Time
	port    int
}

// listen opens or closes the listener as the script wants at this moment.
func (l *Life) listen(ctx context.Context) error {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	want := l.answers.listening() && !l.net.stopped
	switch {
	case want == l.net.up:
		return nil
	case !want:
		return l.closeListener()
	}
	var err error
	if l.net.port, err = l.cfg.Endpoint.Open(ctx); err != nil {
		return fmt.Errorf("start listener: %w", err)
	}
	l.net.up, l.net.since = true, time.Now()
	return nil
}

// stopListener closes the listener for good.
func (l *Life) stopListener() error {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	l.net.stopped = true
	return l.closeListener()
}

func (l *Life) closeListener() error {
	if !l.net.up {
		return nil
	}
	l.net.up = false
	if err := l.cfg.Endpoint.Close(); err != nil {
		return fmt.Errorf("stop listener: %w", err)
	}
	return nil
}

func (l *Life) listenerUp() bool {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	return l.net.up
}

// listenerState is where and since when the listener listens.
func (l *Life) listenerState() (port int, since time.Time) {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	return l.net.port, l.net.since
}
