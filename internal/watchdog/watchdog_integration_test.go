//go:build integration

package watchdog_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/internal/watchdog"
)

func TestAKilledOwnersContainersAreRemoved(t *testing.T) {
	eng, image, api := connect(t), enginetest.Image(t), enginetest.Client(t)
	o := startOwner(t, "")
	labels := map[string]string{engine.LabelRunID: o.runID}
	running := enginetest.Run(t, image, labels)
	created := enginetest.Create(t, image, labels)
	other := enginetest.Run(t, image, map[string]string{engine.LabelRunID: o.runID + "x"})
	net, err := api.NetworkCreate(t.Context(), o.runID, network.CreateOptions{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}

	if err := syscall.Kill(-o.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	wantRemoved(t, eng, running, 5*time.Second)
	wantRemoved(t, eng, created, 5*time.Second)
	t.Logf("removed %v after the kill", time.Since(begin).Round(time.Millisecond))

	// The engine was still creating this one when the owner died.
	late := enginetest.Create(t, image, labels)
	_ = api.ContainerStart(t.Context(), late, container.StartOptions{}) // may be removed already
	wantRemoved(t, eng, late, 5*time.Second)

	wantGone(t, "watchdog", o.watchdog)
	if _, err := api.NetworkInspect(t.Context(), net.ID, network.InspectOptions{}); err == nil {
		t.Error("the network is still there")
	}
	if _, err := eng.Inspect(t.Context(), other); err != nil {
		t.Errorf("another run's container: %v", err)
	}
}

func TestAPassedDeadlineRemovesTheContainers(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	o := startOwner(t, time.Now().Add(2*time.Second).Format(time.RFC3339Nano))
	o.tell(t, "hand-over 0 -") // as a plain oracle start does
	if err := o.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	user := exec.Command("sleep", "600") // someone's tests, started with the environment of oracle.env
	user.Env = append(os.Environ(), watchdog.RunIDVariable+"="+o.runID)
	if err := user.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = user.Process.Kill(), user.Wait() }()
	id := enginetest.Run(t, image, map[string]string{engine.LabelRunID: o.runID})
	wantRemoved(t, eng, id, 10*time.Second)
	if p, err := command.Identify(user.Process.Pid); err != nil || p.Gone() {
		t.Errorf("a process that the run did not start was killed: %v", err)
	}
}

func TestTheContainersOfALivingOwnerStay(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	o := startOwner(t, time.Now().Add(time.Hour).Format(time.RFC3339Nano))
	id := enginetest.Run(t, image, map[string]string{engine.LabelRunID: o.runID})
	o.watchdog.Signal(syscall.SIGTERM)
	o.tell(t, "done")
	wantGone(t, "watchdog", o.watchdog)
	if _, err := eng.Inspect(t.Context(), id); err != nil {
		t.Errorf("the container: %v", err)
	}
}

func connect(t *testing.T) *engine.Engine {
	t.Helper()
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

func wantRemoved(t *testing.T, eng *engine.Engine, id string, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		c, err := eng.Inspect(t.Context(), id)
		if errors.Is(err, engine.ErrNotFound) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("container %s is still there after %v: %s", id[:12], within, fmt.Sprint(c.State, err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
