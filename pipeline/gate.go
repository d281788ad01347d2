package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/oracle"
)

// GateVariable names, to the commands of a run whose tests wait themselves
// (build.waits), the file that AwaitDatabase wants.
const GateVariable = "PIPELINE_DATABASE_GATE"

// gateOpen is what the gate's file says when the database has answered.
const gateOpen = "the database has answered\n"

// A gate holds back who needs the database until it has answered. It is a file
// that the run keeps locked until then: the kernel lets those who wait go on
// when the run ends, however it ends.
type gate struct{ file *os.File }

// closeGate makes the gate, closed.
func (w *Workdir) closeGate() (*gate, error) {
	file, err := os.Create(w.State("database.gate"))
	if err == nil {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		return nil, &WorkdirError{"let the tests wait for the database", err}
	}
	return &gate{file}, nil
}

func (g *gate) open() error {
	_, err := g.file.WriteString(gateOpen)
	if err = errors.Join(err, unix.Flock(int(g.file.Fd()), unix.LOCK_UN)); err != nil {
		return &WorkdirError{"let the tests go on", err}
	}
	return nil
}

// remove takes the gate away; who still waits is told that the run is over.
func (g *gate) remove() error {
	return errors.Join(os.Remove(g.file.Name()), g.file.Close())
}

// AwaitDatabase returns when the database of the run that has set GateVariable
// has answered. The error is ErrNoAnswer when there will be none, or the cause
// of ctx's end.
func AwaitDatabase(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoAnswer
	}
	if err != nil {
		return fmt.Errorf("wait for the run's database: %w", err)
	}
	opened := make(chan error, 1)
	go func() { opened <- passGate(file) }()
	select {
	case err := <-opened:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// passGate blocks until the run opens the gate or ends, and closes the file.
func passGate(file *os.File) error {
	defer func() { _ = file.Close() }() // only read from
	err := error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		err = unix.Flock(int(file.Fd()), unix.LOCK_SH)
	}
	if err != nil {
		return fmt.Errorf("wait for the run's database: %w", err)
	}
	if said, err := io.ReadAll(file); err != nil || string(said) != gateOpen {
		return ErrNoAnswer
	}
	return nil
}

// ErrNoAnswer says that a run has no database for those who wait: it is over, or
// its database never became ready.
var ErrNoAnswer = errors.New("wait for the run's database: the run has ended, or its database never became ready")

// movedError says that the database is not where the tests were told.
type movedError struct{ told, now oracle.Database }

func (e *movedError) Error() string {
	return fmt.Sprintf("the database is at %s, but build.test had begun with %s; run it again, or leave build.waits out", e.now, e.told)
}
