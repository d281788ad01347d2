//go:build chaos

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/engine"
)

const (
	chaosRuns  = 200
	chaosBound = 15 * time.Minute
	chaosGrace = 10 * time.Second // after the last death, until nothing may be left
)

// TestKilledRunsLeaveNothing kills runs with SIGKILL at random moments, from
// before their first container to the middle of their tests, and counts what
// is left ten seconds after the last death.
func TestKilledRunsLeaveNothing(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "pipeline")); err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("CHAOS-%d", os.Getpid())
	ctx, cancel := context.WithTimeout(t.Context(), chaosBound)
	defer cancel()
	var runs errgroup.Group
	runs.SetLimit(2)
	for i := range chaosRuns {
		runs.Go(func() error { return killOne(ctx, dir, key, i) })
	}
	if err := runs.Wait(); err != nil {
		t.Fatal(err)
	}
	containers, processes := awaitNothing(t, key)
	figure(t, "chaos-runs", chaosRuns, "runs", chaosRuns)
	figure(t, "chaos-containers-left", containers, "containers", 0)
	figure(t, "chaos-processes-left", processes, "processes", 0)
}

// killOne starts a run whose tests never end, and kills it at a random moment.
func killOne(ctx context.Context, dir, key string, i int) error {
	project := filepath.Join(dir, fmt.Sprint(i))
	if err := os.Mkdir(project, 0o700); err != nil {
		return err
	}
	text := "name: chaos\nversion: 1.0.0\noracle: {image: 'oracle-standin:latest'}\n" +
		"build: {test: 'sleep 900 & (setsid sleep 900 &) ; sleep 900'}\n"
	if err := os.WriteFile(filepath.Join(project, "pipeline.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "pipeline"), "run", "--stage=itest", "-C", project)
	cmd.Env = append(os.Environ(), "bamboo_planKey=CHAOS", "bamboo_buildResultKey="+key, "GORACE=atexit_sleep_ms=0")
	if err := cmd.Start(); err != nil {
		return err
	}
	select {
	case <-time.After(rand.N(4 * time.Second)):
	case <-ctx.Done():
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	_ = cmd.Wait()         // killed, as it should be
	return ctx.Err()
}

// awaitNothing counts what the runs have left, until that is nothing or the
// grace is over.
func awaitNothing(t *testing.T, key string) (containers, processes int) {
	t.Helper()
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	for end := time.Now().Add(chaosGrace); ; time.Sleep(200 * time.Millisecond) {
		found, err := eng.Containers(t.Context(), map[string]string{engine.LabelCIKey: key})
		if err != nil {
			t.Fatal(err)
		}
		containers, processes = len(found), marked(t, "PIPELINE_RUN_ID="+key)
		if containers+processes == 0 || time.Now().After(end) {
			return containers, processes
		}
	}
}

// marked counts the processes with an environment entry that begins so.
func marked(t *testing.T, entry string) (count int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no process can be seen: %v", err)
	}
	for _, file := range files {
		environ, _ := os.ReadFile(file) // of a process that may be gone, or another user's
		if bytes.HasPrefix(environ, []byte(entry)) || bytes.Contains(environ, []byte("\x00"+entry)) {
			count++
		}
	}
	return count
}

// figure prints a figure as the benchmarks do, and fails when it is not the
// goal.
func figure(t *testing.T, name string, value int, unit string, goal int) {
	t.Helper()
	verdict := "ok"
	if value != goal {
		verdict = "short"
		t.Fail()
	}
	fmt.Printf("RESULT %s %d %s goal =%d %s\n", name, value, unit, goal, verdict)
}
