package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

// WorkdirName is the folder, in the project's folder, that holds all that a
// run leaves. It ignores itself in git.
const WorkdirName = ".pipeline"

// A Workdir is the project's .pipeline folder, held by this process alone
// until Close. out/ belongs to the last run; state/ survives.
type Workdir struct {
	root string
	lock *os.File
}

// A WorkdirError says why .pipeline cannot be used: not writable, disk full,
// or held by another run. Exit status 3.
type WorkdirError struct {
	Doing string
	Err   error
}

func (e *WorkdirError) Error() string { return e.Doing + ": " + e.Err.Error() }

func (e *WorkdirError) Unwrap() error { return e.Err }

// ErrBusy says that another run works in the same folder.
var ErrBusy = errors.New("another pipeline run works in this folder")

// OpenWorkdir makes .pipeline in the project's folder when it is not there,
// and takes it for this process. It returns a *WorkdirError that wraps ErrBusy
// when another process holds it. Nothing else is changed.
func OpenWorkdir(project string) (*Workdir, error) {
	root := filepath.Join(project, WorkdirName)
	w := &Workdir{root: root}
	for _, dir := range []string{root, w.State("")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, &WorkdirError{"make " + WorkdirName, err}
		}
	}
	if err := ensureIgnored(root); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, &WorkdirError{"lock " + WorkdirName, err}
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &WorkdirError{"lock " + WorkdirName, busy(lock)}
		}
		return nil, &WorkdirError{"lock " + WorkdirName, err}
	}
	w.lock = lock
	return w, w.sign()
}

// ensureIgnored gives .pipeline its own .gitignore, so that no project has to.
func ensureIgnored(root string) error {
	ignore := filepath.Join(root, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	if err := atomicfile.Write(ignore, []byte("*\n"), 0o644); err != nil {
		return &WorkdirError{"write to " + WorkdirName, err}
	}
	return nil
}

// busy names the process that holds the lock, when the lock file tells.
func busy(lock *os.File) error {
	text := make([]byte, 32)
	n, _ := lock.ReadAt(text, 0) // a short read is what we expect
	if pid := strings.TrimSpace(string(text[:n])); pid != "" {
		return fmt.Errorf("%w (process %s)", ErrBusy, pid)
	}
	return ErrBusy
}

// sign writes our process id into the lock file, for the message of the next.
func (w *Workdir) sign() error {
	if err := w.lock.Truncate(0); err != nil {
		return &WorkdirError{"lock " + WorkdirName, errors.Join(err, w.Close())}
	}
	if _, err := w.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return &WorkdirError{"lock " + WorkdirName, errors.Join(err, w.Close())}
	}
	return nil
}

// EmptyOut removes what earlier runs left in out/ and makes it anew with its
// logs folder, so that no file in it can belong to another run.
func (w *Workdir) EmptyOut() error {
	if err := os.RemoveAll(w.Out("")); err != nil {
		return &WorkdirError{"empty " + WorkdirName + "/out", err}
	}
	if err := os.MkdirAll(w.Out("logs"), 0o755); err != nil {
		return &WorkdirError{"make " + WorkdirName + "/out", err}
	}
	return nil
}

// Out is the path of a file in out/, which belongs to the last run alone.
func (w *Workdir) Out(name string) string { return filepath.Join(w.root, "out", name) }

// State is the path of a file in state/, which survives from run to run.
func (w *Workdir) State(name string) string { return filepath.Join(w.root, "state", name) }

// LogPath is where the full output of a step goes.
func (w *Workdir) LogPath(step string) string { return w.Out(filepath.Join("logs", step+".log")) }

// A Log is the full log of a step. It takes all that is written, also when the
// disk is full: a child must not die of its log. Close tells what was lost.
type Log struct {
	file *os.File
	mu   sync.Mutex
	lost error
}

// Log opens the full log of a step for writing. The caller closes it.
func (w *Workdir) Log(step string) (*Log, error) {
	file, err := os.Create(w.LogPath(step))
	if err != nil {
		return nil, &WorkdirError{"open log", err}
	}
	return &Log{file: file}, nil
}

func (l *Log) Write(p []byte) (int, error) {
	if _, err := l.file.Write(p); err != nil {
		l.mu.Lock()
		l.lost = cmp.Or(l.lost, err)
		l.mu.Unlock()
	}
	return len(p), nil
}

// Close ends the log, and returns the first error of writing it.
func (l *Log) Close() error {
	err := l.file.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err = cmp.Or(l.lost, err); err != nil {
		return &WorkdirError{"write log", err}
	}
	return nil
}

// Close gives the folder free for other processes.
func (w *Workdir) Close() error { return w.lock.Close() }
