package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

func locking(t *testing.T, dir string) *Repository {
	t.Helper()
	r := newServer(t).open(t, "", "")
	r.repo, _ = parse("127.0.0.1:1/shop/orders", "", false) // the same for all
	r.Locks = dir
	return r
}

func TestOneRunAtATimeWritesATag(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "locks")
	a, b := locking(t, dir), locking(t, dir)
	release, err := a.lock(t.Context(), nil, "1.0.0", "latest", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("another tag is free", func(t *testing.T) {
		other, err := b.lock(t.Context(), nil, "1.0.1")
		if err != nil {
			t.Fatal(err)
		}
		other()
	})
	t.Run("waiting says for whom, and ends with its context", func(t *testing.T) {
		stop := errors.New("stopped by the test")
		ctx, cancel := context.WithCancelCause(t.Context())
		var said string
		_, err := b.lock(ctx, func(e events.Event) { said = e.Text; cancel(stop) }, "0.9", "latest")
		if !errors.Is(err, stop) || !strings.Contains(said, fmt.Sprintf("shop/orders:latest (process %d)", os.Getpid())) {
			t.Errorf("%v, said %q", err, said)
		}
	})
	t.Run("what it held before it waited is free again", func(t *testing.T) {
		other, err := b.lock(t.Context(), nil, "0.9")
		if err != nil {
			t.Fatal(err)
		}
		other()
	})
	release()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	next, err := b.lock(t.Context(), nil, "latest")
	if err != nil {
		t.Fatal(err)
	}
	next()
}

func TestManyTakeALockInTurn(t *testing.T) {
	dir := t.TempDir()
	inside, done := make(chan struct{}, 1), make(chan error)
	for range 20 {
		r := locking(t, dir)
		go func() {
			for range 20 {
				release, err := r.lock(t.Context(), nil, "1")
				if err != nil {
					done <- err
					return
				}
				select {
				case inside <- struct{}{}:
					<-inside
				default:
					err = errors.New("two hold the lock")
				}
				release()
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestALockThatCannotBeHadIsNotDoneWithout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := locking(t, dir).lock(t.Context(), nil, "1"); err == nil {
		t.Error("no error")
	}
}

// TestHoldsALockUntilItDies is the process that the next test kills.
func TestHoldsALockUntilItDies(t *testing.T) {
	dir := os.Getenv("HOLD_LOCK_IN")
	if dir == "" {
		return
	}
	if _, err := locking(t, dir).lock(t.Context(), nil, "1"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("\nholding")
	<-t.Context().Done()
}

func TestTheLockOfADeadRunIsFree(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHoldsALockUntilItDies$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), "HOLD_LOCK_IN="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(out); in.Scan() && in.Text() != "holding"; {
	}
	r := locking(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 2*lockPoll)
	if release, err := r.lock(ctx, nil, "1"); err == nil {
		release()
		t.Error("the lock was free while it was held")
	}
	cancel()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	release, err := r.lock(ctx, nil, "1")
	if err != nil {
		t.Fatal(err)
	}
	release()
}
