//go:build integration

package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
)

func connect(t *testing.T) *engine.Engine {
	t.Helper()
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

func TestContainersAreListedInspectedAndRemoved(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	labels := map[string]string{engine.LabelRunID: enginetest.Unique("list")}
	created := enginetest.Create(t, image, labels)
	running := enginetest.Run(t, image, labels)
	enginetest.Create(t, image, map[string]string{engine.LabelRunID: labels[engine.LabelRunID] + "x"})

	list, err := eng.Containers(t.Context(), labels)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d containers, %v, want 2", len(list), err)
	}
	for _, c := range list {
		if c.State.Running != (c.ID == running) || c.Name == "" || strings.HasPrefix(c.Name, "/") || c.Image != image {
			t.Errorf("listed: %+v", c)
		}
	}
	c, err := eng.Inspect(t.Context(), running)
	if err != nil || !c.State.Running || c.State.StartedAt.IsZero() || c.Networks["bridge"] == "" || c.Image != image ||
		c.Labels[engine.LabelRunID] != labels[engine.LabelRunID] || time.Since(c.Created) > time.Minute {
		t.Errorf("inspected: %+v, %v", c, err)
	}
	for range 2 { // gone already is fine
		if err := errors.Join(eng.Remove(t.Context(), created), eng.Remove(t.Context(), running)); err != nil {
			t.Error(err)
		}
	}
	if _, err := eng.Inspect(t.Context(), running); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
}

func TestRemovalsThatMeetWaitForEachOther(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	id := enginetest.Run(t, image, nil)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := eng.Remove(t.Context(), id); err != nil {
				t.Error(err)
			}
			if _, err := eng.Inspect(t.Context(), id); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("after removal: %v, want ErrNotFound", err)
			}
		})
	}
	all.Wait()
}

func TestExitCodeAndLog(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	id := enginetest.Run(t, image, nil, "say", "to stdout", "to stderr", "7")
	exit, failed := enginetest.Client(t).ContainerWait(t.Context(), id, container.WaitConditionNotRunning)
	select {
	case <-exit:
	case err := <-failed:
		t.Fatal(err)
	}
	if c, err := eng.Inspect(t.Context(), id); err != nil || c.State.ExitCode != 7 || c.State.Running || c.State.Status != "exited" {
		t.Errorf("state = %+v, %v", c.State, err)
	}
	var stdout, stderr bytes.Buffer
	if err := eng.Logs(t.Context(), id, engine.LogOptions{Timestamps: true, Follow: true}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	stamp, text, _ := strings.Cut(stdout.String(), " ")
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil || text != "to stdout\n" || !strings.HasSuffix(stderr.String(), " to stderr\n") {
		t.Errorf("log = %q, %q, %v", stdout.String(), stderr.String(), err)
	}
}

func TestFollowingALogEndsWithTheContext(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	id := enginetest.Run(t, image, nil)
	why := errors.New("enough seen")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- eng.Logs(ctx, id, engine.LogOptions{Follow: true}, w, nil) }()
	line := make([]byte, 9)
	if _, err := io.ReadFull(r, line); err != nil || string(line) != "sleeping\n" {
		t.Errorf("line = %q, %v", line, err)
	}
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("err = %v, want %v", err, why)
	}
}

func TestExecHasStreamsAndAnExitCode(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	id := enginetest.Run(t, image, nil)
	var stdout, stderr bytes.Buffer
	code, err := eng.Exec(t.Context(), id, engine.Exec{
		Cmd: []string{"/tool", "say", "out", "err", "3"}, Stdout: &stdout, Stderr: &stderr,
	})
	if err != nil || code != 3 || stdout.String() != "out\n" || stderr.String() != "err\n" {
		t.Errorf("code %d, %q, %q, %v", code, stdout.String(), stderr.String(), err)
	}
	text := strings.Repeat("select 1 from dual;\n", 5000)
	stdout.Reset()
	code, err = eng.Exec(t.Context(), id, engine.Exec{Cmd: []string{"/tool", "cat"}, Stdin: strings.NewReader(text), Stdout: &stdout})
	if err != nil || code != 0 || stdout.String() != text {
		t.Errorf("code %d, %d bytes, %v, want all %d back", code, stdout.Len(), err, len(text))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := eng.Exec(ctx, id, engine.Exec{Cmd: []string{"/tool", "sleep"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want the context's", err)
	}
	if code, err := eng.Exec(t.Context(), id, engine.Exec{Cmd: []string{"/none"}}); err == nil && code < 126 {
		t.Errorf("a missing program: code %d, no error", code)
	}
}

func TestInfoOfTheEngine(t *testing.T) {
	eng := connect(t)
	info, err := eng.Info(t.Context())
	if err != nil || info.CPUs == 0 || info.Memory == 0 || info.StorageDriver == "" || info.RootDir == "" {
		t.Errorf("info = %+v, %v", info, err)
	}
	if free, known, err := eng.FreeDisk(t.Context()); err != nil || (known && free == 0) {
		t.Errorf("free disk = %d, %v, %v", free, known, err)
	}
}

func TestRemoveByLabelTakesNetworksAndVolumesToo(t *testing.T) {
	eng, image, api := connect(t), enginetest.Image(t), enginetest.Client(t)
	run := enginetest.Unique("remove")
	labels := map[string]string{engine.LabelRunID: run}
	mine, other := enginetest.Run(t, image, labels), enginetest.Run(t, image, nil)
	if _, err := api.NetworkCreate(t.Context(), run, network.CreateOptions{Labels: labels}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.VolumeCreate(t.Context(), volume.CreateOptions{Name: run, Labels: labels}); err != nil {
		t.Fatal(err)
	}
	removed, err := eng.RemoveByLabel(t.Context(), labels)
	if err != nil || len(removed.Containers) != 1 || len(removed.Networks) != 1 || len(removed.Volumes) != 1 {
		t.Errorf("removed %s, %v", removed, err)
	}
	if _, err := eng.Inspect(t.Context(), mine); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("ours: %v, want ErrNotFound", err)
	}
	if _, err := eng.Inspect(t.Context(), other); err != nil {
		t.Errorf("not ours: %v", err)
	}
	if again, err := eng.RemoveByLabel(t.Context(), labels); err != nil || !again.Empty() {
		t.Errorf("the second time removed %s, %v", again, err)
	}
}

func TestSweepTakesOnlyWhatIsAbandoned(t *testing.T) {
	eng, image := connect(t), enginetest.Image(t)
	host := enginetest.Unique("host") // so that no other run's things are in reach
	own := func(change func(*engine.Ownership)) map[string]string {
		o, err := engine.Own(enginetest.Unique("run"), "", time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		o.Host = host
		change(&o)
		return o.Labels()
	}
	past := time.Now().Add(-time.Minute)
	cases := map[string]struct {
		labels map[string]string
		stays  bool
	}{
		"living run":           {own(func(*engine.Ownership) {}), true},
		"owner gone":           {own(func(o *engine.Ownership) { o.OwnerStart += "1" }), false},
		"deadline passed":      {own(func(o *engine.Ownership) { o.Deadline = past }), false},
		"no owner, in time":    {own(func(o *engine.Ownership) { o.OwnerPID = 0 }), true},
		"no owner, late":       {own(func(o *engine.Ownership) { o.OwnerPID, o.Deadline = 0, past }), false},
		"another host's":       {own(func(o *engine.Ownership) { o.Host, o.Deadline = host+"-2", past }), true},
		"nobody's":             {map[string]string{engine.LabelHost: host, engine.LabelDeadline: "2020-01-01T00:00:00Z"}, true},
		"unreadable deadline":  {map[string]string{engine.LabelRunID: "x", engine.LabelHost: host, engine.LabelDeadline: "?"}, true},
		"other process space":  {own(func(o *engine.Ownership) { o.OwnerStart = otherSpace(o.OwnerStart) }), true},
		"created, not started": {own(func(o *engine.Ownership) { o.OwnerStart += "2" }), false},
	}
	ids := map[string]string{}
	for name, tc := range cases {
		if name == "owner gone" {
			ids[name] = enginetest.Run(t, image, tc.labels)
		} else {
			ids[name] = enginetest.Create(t, image, tc.labels)
		}
	}
	removed, err := eng.Sweep(t.Context(), host)
	if err != nil || len(removed.Containers) != 4 {
		t.Errorf("removed %s, %v, want 4 containers", removed, err)
	}
	for name, tc := range cases {
		_, err := eng.Inspect(t.Context(), ids[name])
		if stays := err == nil; stays != tc.stays {
			t.Errorf("%s: stays = %v, want %v", name, stays, tc.stays)
		}
	}
}

// otherSpace makes the start of a process that lives in another namespace.
func otherSpace(start string) string {
	parts := strings.Split(start, ".")
	return parts[0] + ".1." + parts[len(parts)-1]
}
