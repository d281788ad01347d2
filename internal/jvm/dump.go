// Package jvm asks running Java virtual machines what they are doing.
package jvm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

const attachPoll = 10 * time.Millisecond

// ThreadDump returns what each thread of a HotSpot JVM of the same user is
// doing, as jstack prints it, whatever became of the JVM's own output. A
// process that is no such JVM, or does not listen (-XX:+DisableAttachMechanism),
// leaves it waiting until ctx ends; the process gets SIGQUIT.
//
// It speaks as jstack does (OpenJDK, VirtualMachineImpl.java and
// attachListener_posix.cpp): SIGQUIT beside a file .attach_pid<pid> makes the
// JVM listen on the socket .java_pid<pid>. A request is a version and four
// words, each ended by NUL; the answer a status line and text.
func ThreadDump(ctx context.Context, p command.Process) ([]byte, error) {
	conn, err := attach(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("attach to process %d: %w", p.PID, err)
	}
	defer func() { _ = conn.Close() }() // the answer ends the conversation
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if _, err := io.WriteString(conn, "1\x00threaddump\x00\x00\x00\x00"); err != nil {
		return nil, fmt.Errorf("ask process %d for its threads: %w", p.PID, err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return nil, fmt.Errorf("read the threads of process %d: %w", p.PID, err)
	}
	status, text, _ := bytes.Cut(answer, []byte("\n"))
	if string(status) != "0" {
		return nil, fmt.Errorf("process %d does not tell its threads: status %q: %.200s", p.PID, status, text)
	}
	return text, nil
}

// attach connects to the JVM's socket, which it opens when it is asked to.
func attach(ctx context.Context, p command.Process) (net.Conn, error) {
	socket := filepath.Join(tempDir(), ".java_pid"+strconv.Itoa(p.PID))
	if conn, err := dial(ctx, socket); err == nil {
		return conn, nil
	}
	request := filepath.Join(tempDir(), ".attach_pid"+strconv.Itoa(p.PID))
	file, err := os.OpenFile(request, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist): // another asks, too
	case err != nil:
		return nil, err
	default:
		_ = file.Close() // nothing was written
		defer func() { _ = os.Remove(request) }()
	}
	p.Signal(syscall.SIGQUIT)
	tick := time.NewTicker(attachPoll)
	defer tick.Stop()
	for {
		conn, err := dial(ctx, socket)
		if err == nil {
			return conn, nil
		}
		if p.Gone() {
			return nil, errors.New("it has ended")
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// dial connects to a socket that belongs to this user.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	info, err := os.Lstat(socket)
	if err != nil {
		return nil, err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s belongs to another user", socket)
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", socket)
}

// tempDir is where a JVM looks, which on Linux asks no environment.
func tempDir() string {
	if runtime.GOOS == "linux" {
		return "/tmp"
	}
	return os.TempDir()
}
