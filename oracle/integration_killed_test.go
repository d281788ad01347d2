//go:build integration

package oracle

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

func TestADatabaseThatDiesIsNoticed(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "ready after 3s exit 7")
	c := started(t, cfg)
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Err(); err != nil {
		t.Errorf("too early: %v", err)
	}
	select {
	case <-c.Failed():
	case <-time.After(20 * time.Second):
		t.Fatal("nobody noticed")
	}
	if e, ok := errors.AsType[*NotReadyError](c.Err()); !ok || e.Reason != Exited || e.ExitCode != 7 {
		t.Errorf("got %v", c.Err())
	}
}

// The kernel kills without a word to the engine when the whole machine is short
// of memory, as this test does, too; a kill by the engine is somebody's order.
func TestWhoeverKillsADatabaseIsTold(t *testing.T) {
	if os.Geteuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("only root may kill a container's process past the engine")
	}
	t.Parallel()
	kills := map[Reason]func(c *Container) error{
		Killed: func(c *Container) error {
			found, err := c.docker.inspect(t.Context(), c.ID())
			if err != nil {
				return err
			}
			return syscall.Kill(found.State.Pid, syscall.SIGKILL)
		},
		Exited: func(c *Container) error {
			_, err := c.docker.api.ContainerKill(t.Context(), c.ID(), client.ContainerKillOptions{Signal: "KILL"})
			return err
		},
	}
	for want, kill := range kills {
		cfg, _ := play(t, "")
		c := started(t, cfg)
		if _, err := c.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("it lives: %v", err)
		}
		if err := kill(c); err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.Failed():
		case <-time.After(20 * time.Second):
			t.Fatal("nobody noticed")
		}
		if e, ok := errors.AsType[*NotReadyError](c.Err()); !ok || e.Reason != want || e.ExitCode != 137 {
			t.Errorf("got %v, want %s", c.Err(), want)
		}
		if err := c.Ping(t.Context()); err == nil {
			t.Error("a dead database answers")
		}
	}
}

func TestRows52Row5MemoryThatRunsOutIsNamed(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "open 10s\nopen hog 200M")
	c, err := start(t.Context(), cfg, []testcontainers.ContainerCustomizer{
		testcontainers.WithHostConfigModifier(func(h *container.HostConfig) { h.Memory, h.MemorySwap = 64<<20, 64<<20 }),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(context.Background()) })
	_, err = c.Wait(t.Context())
	if e, ok := errors.AsType[*NotReadyError](err); !ok || (e.Reason != OutOfMemory && e.Reason != Killed) || !strings.Contains(e.Error(), "memory") {
		t.Errorf("got %v", err) // the engine may not have heard of it: see newsTime
	}
}

// The engine takes the port away from a container that has ended, at times
// before we ask which one it is.
func TestABootThatFailsAtOnceIsTold(t *testing.T) {
	t.Parallel()
	cfg, _ := play(t, "open exit 7")
	c := started(t, cfg)
	<-c.Failed()
	late := *c.now()
	if err := c.attach(t.Context(), &late); err != nil {
		t.Fatal(err)
	}
	c.in = &late
	db, err := c.Target()
	if err == nil || len(db.Secrets()) != 2 || db.Container != c.ID() {
		t.Errorf("%v, %v", db, err)
	}
	_, err = c.Wait(t.Context())
	if e, ok := errors.AsType[*NotReadyError](err); !ok || e.Reason != Exited || e.ExitCode != 7 {
		t.Errorf("got %v", err)
	}
}
