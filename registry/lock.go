package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/internal/events"
)

// lockPoll is how often a lock that another run holds is asked for.
const lockPoll = 25 * time.Millisecond

// A tagLock is held by one run on this host; the kernel gives it free when the
// run ends, however it ends.
type tagLock struct{ file *os.File }

// lock takes the tags for this run, among the runs on this host that share
// Locks. It waits for a run that has one of them. Without Locks it does nothing.
func (r *Repository) lock(ctx context.Context, sink events.Sink, tags ...string) (release func(), err error) {
	var held []*tagLock
	release = func() {
		for _, l := range held {
			l.release()
		}
	}
	if r.Locks == "" {
		return release, nil
	}
	if err := os.MkdirAll(r.Locks, 0o700); err != nil {
		return nil, fmt.Errorf("lock %s: %w", r.Name, err)
	}
	tags = slices.Sorted(slices.Values(tags)) // one order for all, or two runs wait for each other
	for _, tag := range slices.Compact(tags) {
		l, err := r.lockOne(ctx, sink, r.repo.Name()+":"+tag)
		if err != nil {
			release()
			return nil, fmt.Errorf("lock %s: %w", r.ref(tag), err)
		}
		held = append(held, l)
	}
	return release, nil
}

func (r *Repository) lockOne(ctx context.Context, sink events.Sink, ref string) (*tagLock, error) {
	sum := sha256.Sum256([]byte(ref))
	path := filepath.Join(r.Locks, hex.EncodeToString(sum[:16])+".lock")
	for told := false; ; {
		l, err := tryLock(path)
		if err == nil {
			l.sign()
			return l, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, err
		}
		if !told {
			told = true
			sink.Emit(events.Event{Kind: events.Note, Text: "waiting for another run on this host that pushes " + ref + holder(path)})
		}
		if err := wait(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// tryLock takes the lock, or answers EWOULDBLOCK. The holder removes the file
// at its end, so what was opened must still be what the name stands for.
func tryLock(path string) (*tagLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil {
		if named, statErr := os.Stat(path); statErr == nil && os.SameFile(opened, named) {
			return &tagLock{file}, nil
		}
		err = unix.EWOULDBLOCK
	}
	_ = file.Close()
	return nil, err
}

// sign writes our process id into the file, for the message of the next.
func (l *tagLock) sign() { _, _ = fmt.Fprintln(l.file, os.Getpid()) }

func (l *tagLock) release() {
	_ = os.Remove(l.file.Name()) // while it is held: nobody else can have taken it
	_ = l.file.Close()
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
