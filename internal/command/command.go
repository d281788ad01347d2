// Package command is the only place that starts processes. A command runs in
// its own process group, and when the caller's context ends, nothing that it
// started is left behind: QUIT first (a JVM writes its threads to the log),
// then TERM, then KILL, in less than two seconds.
package command

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// pipeDelay is how long output is read after the command has ended, when
	// something that outlives it holds the pipe open.
	pipeDelay = 500 * time.Millisecond
	// stoppedPipeDelay is the same after a stop, where every moment counts.
	stoppedPipeDelay = 150 * time.Millisecond
	// stopMeanwhile is how long a command that a signal ended may be ahead of
	// the same signal's way to us.
	stopMeanwhile = 200 * time.Millisecond
	// marker is the variable by which what a command started is found again,
	// even in another process group.
	marker = "PIPELINE_COMMAND"
)

// A Command is a program to run to its end. Set either Shell or Args.
type Command struct {
	Shell string   // a command line for sh -c
	Args  []string // a program and its arguments
	Dir   string   // empty is the caller's
	Env   []string // the whole environment; nil is the caller's
	Stdin io.Reader

	// Stdout and Stderr are given whole lines, never two at once; they may be
	// the same writer. Nil drops the lines, which the tail still keeps.
	Stdout, Stderr io.Writer
	// Mask, when set, is applied to each line before anyone sees it, and before
	// the tail keeps it for an error: it takes the secrets out.
	Mask func(line string) string
	// OnLine, when set, is called for each line, without its end.
	OnLine func(s Stream, line string)
	// OnStart, when set, is called with the leader of the new process group.
	OnStart func(leader Process)
	// Dump, when set, is called once the deadline of Run's context has passed,
	// for each process that the command has started. It reports whether it has
	// written down what the process was doing, which then gets no QUIT. Its
	// context ends when the wait for dumps does.
	Dump func(ctx context.Context, p Process) bool

	TailLines int             // kept for the error; default 20
	Hurry     <-chan struct{} // once closed, a stop skips its waits
}

// Stream says where a line came from.
type Stream int

// The two streams of a command.
const (
	Stdout Stream = iota + 1
	Stderr
)

// Run runs the command to its end. A command that fails is an *ExitError, one
// that does not exist a *NotFoundError. When ctx ends first the command and
// all that it started are ended, and the error is a *StoppedError with the
// context's cause.
func (c Command) Run(ctx context.Context) error {
	if ctx.Err() != nil {
		return &StoppedError{Command: c.name(), Cause: context.Cause(ctx)}
	}
	out := newOutput(c)
	cmd, mark, err := c.prepare()
	if err != nil {
		return err
	}
	streams, err := out.attach(cmd)
	if err != nil {
		return fmt.Errorf("run %s: %w", c.name(), err)
	}
	err = cmd.Start()
	streams.started()
	if err != nil {
		streams.finish(0)
		return fmt.Errorf("run %s: %w", c.name(), err)
	}
	g := group{leader: cmd.Process.Pid, mark: mark, hurry: c.Hurry}
	if c.OnStart != nil {
		if leader, err := Identify(g.leader); err == nil { // it may have ended already
			c.OnStart(leader)
		}
	}
	exited := make(chan struct{})
	go func() { err = cmd.Wait(); close(exited) }()
	select {
	case <-exited:
		g.tidy()
		streams.finish(pipeDelay)
		if endedByStop(ctx, err) {
			return &StoppedError{Command: c.name(), Cause: context.Cause(ctx), Tail: out.tail.lines()}
		}
		return c.result(err, out)
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			g.stop(dumpGrace, g.dump(c.Dump))
		} else {
			g.stop(quitGrace, nil)
		}
		<-exited
		streams.finish(stoppedPipeDelay)
		return &StoppedError{Command: c.name(), Cause: context.Cause(ctx), Tail: out.tail.lines()}
	}
}

// endedByStop reports whether the command was ended by the same hand that is
// ending us: a CI agent signals every process, and the command's may arrive
// first.
func endedByStop(ctx context.Context, err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if !ok || (!status.Signaled() && status.ExitStatus() <= 128) {
		return false
	}
	timer := time.NewTimer(stopMeanwhile)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return true
	case <-timer.C:
		return false
	}
}

// Output runs the command and returns what it wrote to stdout.
func (c Command) Output(ctx context.Context) ([]byte, error) {
	var stdout bytes.Buffer
	c.Stdout = &stdout
	err := c.Run(ctx)
	return stdout.Bytes(), err
}

// prepare finds the program and sets up the process, which carries mark in its
// environment.
func (c Command) prepare() (cmd *exec.Cmd, mark string, err error) {
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	args := c.Args
	if c.Shell != "" {
		args = []string{"sh", "-c", c.Shell}
	}
	if len(args) == 0 {
		return nil, "", errors.New("run a command: none is given")
	}
	if c.Dir != "" {
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
			return nil, "", fmt.Errorf("run %s: the folder %s does not exist", c.name(), c.Dir)
		}
	}
	path, err := lookPath(args[0], c.Dir, env)
	if err != nil {
		return nil, "", err
	}
	mark = marker + "=" + rand.Text()
	cmd = &exec.Cmd{
		Path: path, Args: args, Dir: c.Dir, Stdin: c.Stdin,
		Env:         append(without(env, marker), mark),
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
		WaitDelay:   stoppedPipeDelay, // for a Stdin that never ends
	}
	return cmd, mark, nil
}

func (c Command) result(err error, out *output) error {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case errors.As(err, &exit):
		return exitError(c, exit, out.tail.lines())
	default:
		return fmt.Errorf("run %s: %w", c.name(), err)
	}
}

// name is how errors call the command: its first line, not too long.
func (c Command) name() string {
	name := c.Shell
	if name == "" {
		name = strings.Join(c.Args, " ")
	}
	name, _, _ = strings.Cut(strings.TrimSpace(name), "\n")
	if runes := []rune(name); len(runes) > 80 {
		name = string(runes[:77]) + "..."
	}
	return name
}

func without(env []string, name string) []string {
	kept := make([]string, 0, len(env)+1)
	for _, entry := range env {
		if !strings.HasPrefix(entry, name+"=") {
			kept = append(kept, entry)
		}
	}
	return kept
}
