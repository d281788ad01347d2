//go:build integration

package haddock_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A running haddock.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan struct{}
	took time.Duration
	most atomic.Int64 // memory that it had resident, in bytes
}

// start starts haddock in the folder of haddock.yaml.
func (s *scene) start(args ...string) *running {
	s.t.Helper()
	r := &running{t: s.t, cmd: exec.Command(program(s.t, "cmd/haddock"), args...), out: &lockedBuffer{}, done: make(chan struct{})}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = s.dir, r.out, r.out
	began := time.Now()
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go r.weigh()
	go func() {
		_ = r.cmd.Wait() // its status is looked at by whoever waits
		r.took = time.Since(began)
		close(r.done)
	}()
	s.t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.done
	})
	return r
}

// weigh looks at the process's peak of memory while it lives. What the kernel
// says afterwards begins with that of this test, from which it was forked.
func (r *running) weigh() {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
		if err != nil {
			return
		}
		if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok && strings.Contains(string(status), "Name:\thaddock") {
			var kilobytes int64
			_, _ = fmt.Sscan(rest, &kilobytes)
			r.most.Store(max(r.most.Load(), kilobytes<<10))
		}
		select {
		case <-r.done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// wait gives the exit status.
func (r *running) wait() int {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(2 * patience):
		_ = r.cmd.Process.Signal(syscall.SIGQUIT)
		r.t.Fatalf("haddock %v does not end:\n%s", r.cmd.Args[1:], r.out)
	}
	return r.cmd.ProcessState.ExitCode()
}

func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// kill ends haddock as kill -9 does, unless it has ended.
func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	<-r.done
}

// haddock runs a command that must succeed.
func (s *scene) haddock(args ...string) {
	s.t.Helper()
	r := s.start(args...)
	if status := r.wait(); status != 0 {
		s.t.Fatalf("haddock %v: exit status %d\n%s", args, status, r.out)
	}
}

// lockedBuffer is a buffer that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
