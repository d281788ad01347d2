package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// LogOptions says which part of a container's log is wanted. The zero value is
// all that there is now.
type LogOptions struct {
	Follow     bool // until the container stops or ctx ends
	Timestamps bool // each line begins with its RFC 3339 time
	Since      time.Time
	Tail       int // last lines only; 0 means all
}

// Logs copies the container's log, its two streams apart; nil drops one. With
// Follow it returns nil when the container has stopped.
func (e *Engine) Logs(ctx context.Context, id string, opts LogOptions, stdout, stderr io.Writer) error {
	req := container.LogsOptions{
		ShowStdout: stdout != nil, ShowStderr: stderr != nil,
		Follow: opts.Follow, Timestamps: opts.Timestamps,
	}
	if !opts.Since.IsZero() {
		req.Since = fmt.Sprintf("%d.%09d", opts.Since.Unix(), opts.Since.Nanosecond())
	}
	if opts.Tail > 0 {
		req.Tail = fmt.Sprint(opts.Tail)
	}
	body, err := e.api.ContainerLogs(ctx, id, req)
	if err != nil {
		return fmt.Errorf("read log of container %s: %w", short(id), e.explained(ctx, err))
	}
	defer body.Close()
	c, err := e.api.ContainerInspect(ctx, id)
	if err != nil {
		return fmt.Errorf("read log of container %s: %w", short(id), e.explained(ctx, err))
	}
	if c.Config != nil && c.Config.Tty { // a terminal has one stream, not framed
		_, err = io.Copy(orDiscard(stdout), body)
	} else {
		_, err = stdcopy.StdCopy(orDiscard(stdout), orDiscard(stderr), body)
	}
	if err != nil {
		return fmt.Errorf("read log of container %s: %w", short(id), e.explained(ctx, err))
	}
	return nil
}

// An Exec is a command to run inside a container. Nil streams are empty.
type Exec struct {
	Cmd            []string
	Env            []string
	User, Dir      string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Exec runs a command in a running container and returns its exit code. When
// ctx ends it returns at once; the command itself may go on in the container.
func (e *Engine) Exec(ctx context.Context, id string, x Exec) (int, error) {
	code, err := e.exec(ctx, id, x)
	if err != nil {
		return 0, fmt.Errorf("run %s in container %s: %w", firstOf(x.Cmd), short(id), err)
	}
	return code, nil
}

func (e *Engine) exec(ctx context.Context, id string, x Exec) (int, error) {
	created, err := e.api.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: x.Cmd, Env: x.Env, User: x.User, WorkingDir: x.Dir,
		AttachStdin: x.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return 0, e.explained(ctx, err)
	}
	conn, err := e.api.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{})
	if err != nil {
		return 0, e.explained(ctx, err)
	}
	// The hijacked connection does not know ctx: closing it is what ends the
	// copies below.
	stop := context.AfterFunc(ctx, conn.Close)
	defer stop()
	defer conn.Close()
	if x.Stdin != nil {
		go func() { // ends with the connection; a command that reads no input is no error
			_, _ = io.Copy(conn.Conn, x.Stdin)
			_ = conn.CloseWrite()
		}()
	}
	if _, err := stdcopy.StdCopy(orDiscard(x.Stdout), orDiscard(x.Stderr), conn.Reader); err != nil {
		return 0, e.explained(ctx, err)
	}
	result, err := e.api.ContainerExecInspect(ctx, created.ID)
	if err != nil {
		return 0, e.explained(ctx, err)
	}
	if result.Running {
		return 0, errors.New("the connection ended before the command did")
	}
	return result.ExitCode, nil
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

func firstOf(args []string) string {
	if len(args) == 0 {
		return "nothing"
	}
	return args[0]
}
