//go:build integration

package host_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// connect reaches the engine over its socket, with a state directory of the
// test's own.
func connect(t *testing.T) *host.Host {
	t.Helper()
	return connectTo(t, host.Target{})
}

func connectTo(t *testing.T, target host.Target) *host.Host {
	t.Helper()
	if target.StateDir == "" {
		target.StateDir = t.TempDir()
	}
	h, err := host.Connect(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// newKey is a service that no other test uses; what haddock leaves of it is
// removed when the test ends.
func newKey(t *testing.T) host.Key {
	t.Helper()
	key := host.Key{Service: enginetest.Unique("hosttest"), Env: "test"}
	sweep(t, key)
	return key
}

func sweep(t *testing.T, key host.Key) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.Background()
		h, err := host.Connect(ctx, host.Target{})
		if err != nil {
			t.Error(err)
			return
		}
		defer h.Close()
		list, err := h.Instances(ctx, key)
		if err != nil {
			t.Error(err)
		}
		for _, one := range list {
			if err := h.Remove(ctx, one.ID); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := h.BreakLock(ctx, key); err != nil {
			t.Error(err)
		}
		if _, err := h.Prune(ctx, key, 0); err != nil {
			t.Error(err)
		}
	})
}

// newNetwork makes a network for slots and returns its name and the part of
// its addresses before the last point.
func newNetwork(t *testing.T, h *host.Host) (network, prefix string) {
	t.Helper()
	network = enginetest.Unique("hosttest")
	t.Cleanup(func() { _ = enginetest.Client(t).NetworkRemove(context.Background(), network) })
	var err error
	for range 20 { // another test's subnet may be in the way
		prefix = fmt.Sprintf("10.%d.%d", 200+rand.IntN(50), rand.IntN(256))
		if err = h.EnsureNetwork(t.Context(), network, prefix+".0/24"); err == nil {
			return network, prefix
		}
	}
	t.Fatal(err)
	return "", ""
}

// publish puts an image that nobody else has into a registry and returns it
// as repository@digest.
func publish(t *testing.T, to *registrytest.Registry, opts ...remote.Option) string {
	t.Helper()
	repository := to.Host + "/" + enginetest.Unique("shop")
	ref, err := name.NewTag(repository + ":1")
	if err != nil {
		t.Fatal(err)
	}
	made := enginetest.Build(t, map[string]string{"test.unique": enginetest.Unique("one")})
	if err := remote.Write(ref, made, opts...); err != nil {
		t.Fatal(err)
	}
	digest, err := made.Digest()
	if err != nil {
		t.Fatal(err)
	}
	pinned := repository + "@" + digest.String()
	t.Cleanup(func() {
		_, _ = enginetest.Client(t).ImageRemove(context.Background(), pinned, image.RemoveOptions{})
	})
	return pinned
}

func TestAnInstanceLivesFromCreateToRemove(t *testing.T) {
	h, reg := connect(t), registrytest.Start(t, registrytest.Options{})
	network, prefix := newNetwork(t, h)
	key, ref := newKey(t), publish(t, reg)
	var progress []string
	if err := h.Pull(t.Context(), key, ref, host.Login{}, func(line string) { progress = append(progress, line) }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(progress, "\n"), "Pull") {
		t.Errorf("progress = %q", progress)
	}
	spec := host.Spec{
		Identity: host.Identity{
			Key: key, Slot: "s2", Seq: 7, Version: "1.4.0", Image: ref, By: "anna", Commit: "abc123", Build: "SHOP-12",
		},
		Env: []string{"TOKEN=hunter2 two"}, Memory: 32 << 20, CPUs: 0.5, StopGrace: time.Second,
		Network: network, Address: prefix + ".12", Port: 8080,
	}
	made, err := h.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if made.Identity != spec.Identity || made.Name != key.Service+".test-7" || made.Status != "created" || made.Running || !made.StartedAt.IsZero() || made.Digest() != ref[strings.Index(ref, "@")+1:] {
		t.Errorf("created: %+v", made)
	}
	if _, err := h.Create(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "taken") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the second one: %v", err)
	}
	if err := h.Start(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.SetRestart(t.Context(), made.ID, engine.RestartUnlessStopped); err != nil {
		t.Error(err)
	}
	list, err := h.Instances(t.Context(), key)
	if err != nil || len(list) != 1 || !list[0].Running || list[0].Address != prefix+".12" || time.Since(list[0].StartedAt) > time.Minute {
		t.Errorf("running: %+v, %v", list, err)
	}
	wantLog(t, h, made.ID, "sleeping")
	if err := h.Stop(t.Context(), made.ID, 0); err != nil {
		t.Error(err)
	}
	if one, err := h.Instance(t.Context(), made.ID); err != nil || one.Running || one.Status != "exited" || one.FinishedAt.IsZero() {
		t.Errorf("stopped: %+v, %v", one, err)
	}
	for range 2 { // gone already is fine
		if err := h.Remove(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	if err := h.Stop(t.Context(), made.ID, 0); err != nil {
		t.Errorf("stop of one that is gone: %v", err)
	}
	if list, err := h.Instances(t.Context(), key); err != nil || len(list) != 0 {
		t.Errorf("in the end: %+v, %v", list, err)
	}
}

// wantLog waits until an instance, which may have just been started, has
// written its line.
func wantLog(t *testing.T, h *host.Host, id, want string) {
	t.Helper()
	for begin := time.Now(); ; <-time.After(10 * time.Millisecond) {
		lines, err := h.Logs(t.Context(), id, 5)
		if err != nil || len(lines) > 0 || time.Since(begin) > 30*time.Second {
			if err != nil || !slices.Equal(lines, []string{want}) {
				t.Errorf("log = %q, %v; want %q", lines, err, want)
			}
			return
		}
	}
}
