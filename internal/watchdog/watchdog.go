// Package watchdog makes sure that a run leaves nothing behind even when it is
// killed. A second process, no descendant of the run and in a session of its
// own, waits until the run's owner is gone or its deadline has passed; then it
// kills what carries the run's id in its environment and removes the run's
// containers, networks and volumes. It removes nothing else.
package watchdog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

const (
	// RunIDVariable is what the processes of a run carry in their environment.
	RunIDVariable = "PIPELINE_RUN_ID"
	// guardVariable is what the watchdog of a run carries.
	guardVariable = "PIPELINE_WATCHDOG"

	upTimeout  = 15 * time.Second
	endTimeout = time.Second
	endPoll    = 5 * time.Millisecond
)

// Config says what is watched.
type Config struct {
	RunID    string            // as in the label pipeline.run-id
	Deadline time.Time         // zero: none
	Engine   map[string]string // names the engine, from (*engine.Engine).Environ
	Log      string            // file to which it writes what it did; empty: none
	Program  string            // default: this program, which must call Dispatch first
}

// A Watchdog is a running watchdog. It watches the process that started it,
// until HandOver or Done.
type Watchdog struct {
	process command.Process

	mu      sync.Mutex
	control *os.File // closed means: the owner has died, unless it said otherwise
}

// Start starts the watchdog and returns when it is on guard; only then may the
// run's first container be created.
func Start(ctx context.Context, cfg Config) (*Watchdog, error) {
	if cfg.RunID == "" {
		return nil, errors.New("start watchdog: the run has no id")
	}
	program, err := cfg.program()
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	self, err := command.Self()
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	job := job{runID: cfg.RunID, owner: self, deadline: cfg.Deadline}
	if cfg.Log != "" {
		if job.log, err = filepath.Abs(cfg.Log); err != nil {
			return nil, fmt.Errorf("start watchdog: %w", err)
		}
	}
	w, err := launch(ctx, program, job, environ(cfg))
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	return w, nil
}

// Process is the watchdog's own process.
func (w *Watchdog) Process() command.Process { return w.process }

// Guard adds a process group to what is killed. Processes of the run are found
// by their environment; this is for those that clear it. It fits
// command.Command.OnStart.
func (w *Watchdog) Guard(leader command.Process) {
	_ = w.tell(fmt.Sprintf("%s %d %s\n", wordGroup, leader.PID, leader.Start)) // a dead watchdog guards nothing
}

// HandOver makes the watchdog watch another process in place of the caller,
// which may end from now on; with the zero Process only the deadline counts.
// After it, Dismiss ends the watchdog.
func (w *Watchdog) HandOver(to command.Process) error {
	start := to.Start
	if start == "" {
		start = "-"
	}
	if err := w.tell(fmt.Sprintf("%s %d %s\n", wordWatch, to.PID, start)); err != nil {
		return fmt.Errorf("hand over to watchdog: %w", err)
	}
	w.hangUp()
	return nil
}

// Done tells the watchdog that the run has cleaned up by itself, and waits a
// moment for its end. It may be called more than once.
func (w *Watchdog) Done() {
	_ = w.tell(wordDone + "\n") // it is gone already when it cannot be told
	w.hangUp()
	awaitGone(context.Background(), w.process)
}

func (w *Watchdog) tell(line string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.control == nil {
		return os.ErrClosed
	}
	_, err := io.WriteString(w.control, line)
	return err
}

func (w *Watchdog) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.control != nil {
		_ = w.control.Close()
		w.control = nil
	}
}

// Dismiss ends the watchdog of a run from any process, and reports whether
// there was one. It must be called after the run's containers are removed.
func Dismiss(ctx context.Context, runID string) bool {
	found := command.FindMarked(guardVariable + "=" + runID)
	for _, p := range found {
		p.Signal(syscall.SIGUSR1)
	}
	for _, p := range found {
		awaitGone(ctx, p)
	}
	return len(found) > 0
}

func awaitGone(ctx context.Context, p command.Process) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	tick := time.NewTicker(endPoll)
	defer tick.Stop()
	for !p.Gone() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// launch starts the intermediate, which starts the watchdog and ends, so that
// the watchdog is no descendant of ours when the CI agent looks for those.
func launch(ctx context.Context, program string, j job, env []string) (*Watchdog, error) {
	up, upWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer up.Close()
	controlRead, control, err := os.Pipe()
	if err != nil {
		_ = upWrite.Close()
		return nil, err
	}
	intermediate, err := command.Detached{
		Path: program, Args: j.args(stageLaunch), Env: env, Files: []*os.File{upWrite, controlRead},
	}.Start()
	_ = upWrite.Close()
	_ = controlRead.Close()
	if err != nil {
		_ = control.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = up.SetReadDeadline(time.Now()) })
	defer stop()
	p, err := awaitUp(ctx, up)
	_, waitErr := intermediate.Wait()
	if err = errors.Join(err, waitErr); err != nil {
		_ = control.Close() // ends a watchdog that came up too late: its owner lives, so it only waits
		return nil, err
	}
	return &Watchdog{process: p, control: control}, nil
}

// awaitUp reads the watchdog's first and only words.
func awaitUp(ctx context.Context, up *os.File) (command.Process, error) {
	_ = up.SetReadDeadline(time.Now().Add(upTimeout))
	said, err := io.ReadAll(up)
	if ctx.Err() != nil {
		return command.Process{}, context.Cause(ctx)
	}
	if err != nil {
		return command.Process{}, fmt.Errorf("it did not come up within %v: %w", upTimeout, err)
	}
	var p command.Process
	if _, err := fmt.Sscanf(string(said), wordUp+" %d %s\n", &p.PID, &p.Start); err != nil {
		return command.Process{}, fmt.Errorf("it ended at once: %s", strings.TrimSpace(string(said)))
	}
	return p, nil
}

// environ is what the watchdog needs and no more: it must neither carry the
// run's mark nor its secrets.
func environ(cfg Config) []string {
	env := []string{guardVariable + "=" + cfg.RunID}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := cfg.Engine[name]; ok {
			continue
		}
		switch name {
		case "PATH", "HOME", "USER", "TMPDIR", "XDG_RUNTIME_DIR", "GOCOVERDIR", "GORACE",
			"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY":
			env = append(env, entry)
		}
	}
	for name, value := range cfg.Engine {
		env = append(env, name+"="+value)
	}
	return env
}

func (c Config) program() (string, error) {
	if c.Program != "" {
		return filepath.Abs(c.Program)
	}
	if !dispatches.Load() {
		return "", errors.New("this program does not call watchdog.Dispatch first, so it cannot be its own watchdog")
	}
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return "/proc/self/exe", nil //nolint:nilerr // replaced while it runs, by an update: the kernel still knows it
	}
	return path, nil
}
