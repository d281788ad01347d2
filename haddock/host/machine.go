package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
)

// A machine is how one is reached: this one, or one at the other end of ssh.
type machine struct {
	name  string // for people
	local bool
	disk  disk
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	run   func(ctx context.Context, script string, stdin []byte) ([]byte, error)
	// watch returns a function that reports whether the way to the machine has
	// held since; only then is an answer the machine's own.
	watch func() (intact func() bool)
}

// A disk is a machine's files. Paths are absolute.
type disk interface {
	read(ctx context.Context, path string) ([]byte, error)
	// replace puts data at path in one step: a reader sees the old content or
	// the new one.
	replace(ctx context.Context, path string, data []byte) error
	// extend appends one line, with its end, in a single write.
	extend(ctx context.Context, path string, line []byte) error
}

// A ScriptError is a script that ended with an exit status other than 0.
type ScriptError struct {
	Status int
	Stderr string // its last lines
}

// Error gives the status and what the script said.
func (e *ScriptError) Error() string {
	text := fmt.Sprintf("exit status %d", e.Status)
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

func thisMachine() *machine {
	return &machine{
		name: "this machine", local: true, disk: localDisk{},
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
		run:   runHere,
		watch: func() func() bool { return func() bool { return true } },
	}
}

func runHere(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	err := command.Command{Shell: script, Stdin: bytes.NewReader(stdin), Stdout: &stdout, Stderr: &stderr}.Run(ctx)
	if exit, ok := errors.AsType[*command.ExitError](err); ok {
		return stdout.Bytes(), &ScriptError{Status: exit.Code, Stderr: lastLines(stderr.String())}
	}
	return stdout.Bytes(), err
}

// lastLines keeps what fits into an error.
func lastLines(text string) string {
	const most = 5
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return strings.Join(lines, "; ")
}
