package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	defaultTail = 20
	// maxLine is where a line without an end is cut.
	maxLine = 64 << 10
	// seam is how much of it is kept back for the next piece: more than the
	// longest line of a secret.
	seam = 8 << 10
	// lateOutput is how much is read from a pipe that does not end in time.
	lateOutput = 1 << 20
)

// output passes on whole lines of both streams and keeps the last ones.
type output struct {
	mu     sync.Mutex
	c      Command
	tail   tail
	closed bool // late lines of what outlived the command are dropped
}

func newOutput(c Command) *output {
	size := c.TailLines
	if size <= 0 {
		size = defaultTail
	}
	return &output{c: c, tail: tail{size: size}}
}

// line passes one line on, with its end as it came. A writer that fails must
// not stop the command: its pipe is still emptied.
func (o *output) line(s Stream, raw []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if o.c.Mask != nil {
		raw = []byte(o.c.Mask(string(raw)))
	}
	to := o.c.Stdout
	if s == Stderr {
		to = o.c.Stderr
	}
	if to != nil {
		_, _ = to.Write(raw)
	}
	text := string(bytes.TrimRight(raw, "\r\n"))
	o.tail.add(text)
	if o.c.OnLine != nil {
		o.c.OnLine(s, text)
	}
}

func (o *output) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
}

// streams are the two pipes of a running command. The command gets plain
// files, so that waiting for it does not wait for whoever inherits them.
type streams struct {
	out     *output
	readers []*os.File
	writers []*os.File
	copies  sync.WaitGroup
}

func (o *output) attach(cmd *exec.Cmd) (*streams, error) {
	s := &streams{out: o}
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			s.started()
			s.finish(0)
			return nil, fmt.Errorf("open a pipe for its output: %w", err)
		}
		s.readers, s.writers = append(s.readers, r), append(s.writers, w)
	}
	cmd.Stdout, cmd.Stderr = s.writers[0], s.writers[1]
	for i, r := range s.readers {
		s.copies.Go(func() { o.copyLines(Stream(i+1), r) })
	}
	return s, nil
}

// started gives up our ends of what the command writes to.
func (s *streams) started() {
	for _, w := range s.writers {
		_ = w.Close()
	}
}

// finish reads what is left; after delay it gives up on whoever still holds
// a pipe open.
func (s *streams) finish(delay time.Duration) {
	timer := time.AfterFunc(delay, func() {
		for _, r := range s.readers {
			_ = r.SetReadDeadline(time.Now())
		}
	})
	s.copies.Wait()
	timer.Stop()
	for _, r := range s.readers {
		_ = r.Close()
	}
	s.out.close()
}

func (o *output) copyLines(s Stream, r *os.File) {
	var pending []byte
	chunk := make([]byte, 32<<10)
	for left := lateOutput; left > 0; {
		n, err := r.Read(chunk)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			n, err = readReady(r, chunk)
			left -= n
		}
		pending = append(pending, chunk[:n]...)
		for {
			end := bytes.IndexByte(pending, '\n') + 1
			if end == 0 && len(pending) >= maxLine {
				pending, end = o.cut(pending)
			}
			if end == 0 {
				break
			}
			o.line(s, pending[:end])
			pending = pending[end:]
		}
		if err != nil {
			break
		}
	}
	if len(pending) > 0 {
		o.line(s, append(pending, '\n'))
	}
}

// cut tells how much of a line without an end may be passed on. A secret that
// the cut would go through is masked before, or is in what is left for the
// next piece.
func (o *output) cut(pending []byte) (masked []byte, end int) {
	if o.c.Mask == nil {
		return pending, maxLine
	}
	masked = []byte(o.c.Mask(string(pending)))
	return masked, max(0, len(masked)-seam)
}

// readReady reads what the pipe holds at this moment, or ends with io.EOF. The
// reader may be slower than the command was.
func readReady(r *os.File, chunk []byte) (n int, err error) {
	_ = r.SetReadDeadline(time.Time{})
	conn, err := r.SyscallConn()
	if err != nil {
		return 0, err
	}
	var readErr error
	err = conn.Read(func(fd uintptr) bool {
		n, readErr = syscall.Read(int(fd), chunk)
		return true
	})
	_ = r.SetReadDeadline(time.Now())
	if err != nil || readErr != nil || n <= 0 {
		return 0, io.EOF
	}
	return n, nil
}

// tail keeps the last lines.
type tail struct {
	size int
	kept []string
}

func (t *tail) add(line string) {
	if len(t.kept) == 2*t.size {
		t.kept = append(t.kept[:0], t.kept[t.size:]...)
	}
	t.kept = append(t.kept, line)
}

// lines must only be called when the streams are finished.
func (t *tail) lines() []string {
	return append([]string(nil), t.kept[max(0, len(t.kept)-t.size):]...)
}
