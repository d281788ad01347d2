package boot

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// The tools (sqlplus, lsnrctl and so on) are run beside the container's main
// process and talk to it through a unix socket: a request as one JSON line,
// then standard input to its end; back come frames of a kind, a length and
// bytes, the last one with the exit status.

// A Request is one call of a tool.
type Request struct {
	Tool string
	Args []string
	Dir  string // the caller's working directory
}

const (
	frameOutput = 1
	frameStatus = 2
	maxRequest  = 1 << 20
)

// ServeTools answers the tools until ctx ends.
func (l *Life) ServeTools(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("serve tools: %w", err)
		}
		calls.Go(func() { l.serveTool(ctx, conn) })
	}
}

func (l *Life) serveTool(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	in := json.NewDecoder(io.LimitReader(conn, maxRequest))
	var request Request
	if err := in.Decode(&request); err != nil {
		return // no tool of ours
	}
	stdin := io.MultiReader(in.Buffered(), conn)
	out := &frames{to: conn}
	// The newline that ends the request is still there.
	if _, err := io.ReadFull(stdin, make([]byte, 1)); err != nil {
		return
	}
	status := l.tool(ctx, request, stdin, out)
	out.status(status)
}

// frames writes output as frames.
type frames struct{ to io.Writer }

// Write sends a frame of output.
func (f *frames) Write(p []byte) (int, error) {
	if err := writeFrame(f.to, frameOutput, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *frames) status(status int) {
	_ = writeFrame(f.to, frameStatus, []byte{byte(status)}) // the tool may be gone
}

func writeFrame(w io.Writer, kind byte, p []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(p))) //nolint:gosec // what a tool prints at once is small
	if _, err := w.Write(append(head, p...)); err != nil {
		return fmt.Errorf("answer tool: %w", err)
	}
	return nil
}

// ErrNoInstance is returned by [CallTool] when no stand-in lives there.
var ErrNoInstance = errors.New("no stand-in is running here")

// CallTool has the stand-in behind the socket run a tool and returns the
// tool's exit status.
func CallTool(ctx context.Context, socket string, request Request, stdin io.Reader, stdout io.Writer) (int, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoInstance, err)
	}
	defer func() { _ = conn.Close() }()
	line, err := json.Marshal(request)
	if err != nil {
		return 0, fmt.Errorf("call %s: %w", request.Tool, err)
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return 0, fmt.Errorf("call %s: %w", request.Tool, err)
	}
	go func() { // ends with the process: standard input cannot be interrupted
		_, _ = io.Copy(conn, stdin)
		if half, ok := conn.(*net.UnixConn); ok {
			_ = half.CloseWrite()
		}
	}()
	return readFrames(conn, stdout)
}

func readFrames(from io.Reader, stdout io.Writer) (int, error) {
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(from, head); err != nil {
			return 0, fmt.Errorf("the stand-in went away: %w", err)
		}
		body := io.LimitReader(from, int64(binary.BigEndian.Uint32(head[1:])))
		if head[0] == frameStatus {
			status := make([]byte, 1)
			if _, err := io.ReadFull(body, status); err != nil {
				return 0, fmt.Errorf("the stand-in went away: %w", err)
			}
			return int(status[0]), nil
		}
		if _, err := io.Copy(stdout, body); err != nil {
			return 0, fmt.Errorf("print: %w", err)
		}
	}
}
