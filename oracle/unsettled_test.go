package oracle

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAStopTellsOfAContainerThatIsStillBeingCreated: a program that believed that
// nothing is left would dismiss its watchdog.
func TestAStopTellsOfAContainerThatIsStillBeingCreated(t *testing.T) {
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	c := newContainer(Config{}, engineAt(t, "tcp://"+empty.Listener.Addr().String(), ""))
	c.in = &instance{id: "0123", log: &follower{done: make(chan struct{}), stop: func() {}}}
	close(c.in.log.done)
	settled, broken := make(chan error, 1), errors.New("the engine is gone")
	c.late = settled
	if err := c.Stop(context.Background()); err == nil || !strings.Contains(err.Error(), "still creating") {
		t.Errorf("while it is created: got %v", err)
	}
	settled <- broken
	close(settled)
	if err := c.Stop(context.Background()); !errors.Is(err, broken) {
		t.Errorf("when it could not be removed: got %v", err)
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Errorf("once more: got %v", err)
	}
}
