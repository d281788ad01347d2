package pipeline

import (
	"context"
	"errors"
	"testing"
)

func TestWhoWaitsForTheDatabaseGoesOnWhenItHasAnsweredOrNeverWill(t *testing.T) {
	stopped := errors.New("stopped by the test")
	for name, c := range map[string]struct {
		then func(t *testing.T, g *gate, stop context.CancelCauseFunc)
		want error
	}{
		"it answers": {func(t *testing.T, g *gate, _ context.CancelCauseFunc) {
			t.Helper()
			if err := g.open(); err != nil {
				t.Error(err)
			}
		}, nil},
		"the run gives up": {func(t *testing.T, g *gate, _ context.CancelCauseFunc) {
			t.Helper()
			if err := g.remove(); err != nil {
				t.Error(err)
			}
		}, ErrNoAnswer},
		"the run is killed":   {func(_ *testing.T, g *gate, _ context.CancelCauseFunc) { g.file.Close() }, ErrNoAnswer},
		"the waiter is ended": {func(_ *testing.T, _ *gate, stop context.CancelCauseFunc) { stop(stopped) }, stopped},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := OpenWorkdir(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			g, err := dir.closeGate()
			if err != nil {
				t.Fatal(err)
			}
			defer g.file.Close()
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			went := make(chan error, 1)
			go func() { went <- AwaitDatabase(ctx, g.file.Name()) }()
			select {
			case err := <-went:
				t.Fatalf("did not wait: %v", err)
			default:
			}
			c.then(t, g, stop)
			if err := <-went; !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if err := AwaitDatabase(t.Context(), t.TempDir()+"/none"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("without a run: %v", err)
	}
}
