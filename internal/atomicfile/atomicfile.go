// Package atomicfile writes files that a reader sees either whole or not at
// all: beside the target, synced, then renamed over it. A failed write leaves
// what was there before, and no temporary file.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts data at path with exactly these permission bits, whatever the
// umask. The folder must exist.
func Write(path string, data []byte, perm fs.FileMode) error {
	return WriteFrom(path, bytes.NewReader(data), perm)
}

// WriteFrom is Write for content that is streamed: r is read to its end, and
// an error of r leaves the target as it was.
func WriteFrom(path string, r io.Reader, perm fs.FileMode) error {
	f, err := Create(path, perm)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Abort()
		return fmt.Errorf("write %s: %w", path, bare(err))
	}
	return f.Commit()
}

// A File is a file being written beside its target. Exactly one of Commit and
// Abort must be called; Abort after Commit does nothing, so it may be deferred.
type File struct {
	tmp  *os.File
	path string
	done bool
}

// Create starts a file that will appear at path on Commit.
func Create(path string, perm fs.FileMode) (*File, error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	tmp, err := os.CreateTemp(dir, "."+base+".tmp-*")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("write %s: the folder %s does not exist, create it first: %w", path, filepath.Clean(dir), fs.ErrNotExist)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("write %s: the folder %s is not writable for this user: %w", path, filepath.Clean(dir), bare(err))
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, bare(err))
	}
	f := &File{tmp: tmp, path: path}
	if err := tmp.Chmod(perm); err != nil {
		f.Abort()
		return nil, fmt.Errorf("write %s: set mode %v: %w", path, perm, bare(err))
	}
	return f, nil
}

// Write appends to the file that is not there yet.
func (f *File) Write(p []byte) (int, error) { return f.tmp.Write(p) }

// Commit makes the content durable and puts it at the target in one step. When
// it fails the target is as it was.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("write %s: %w", f.path, fs.ErrClosed)
	}
	err := f.tmp.Sync()
	if closeErr := f.tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.tmp.Name(), f.path)
	}
	f.done = true
	if err != nil {
		_ = os.Remove(f.tmp.Name()) // the first error says more
		return fmt.Errorf("write %s: %w", f.path, bare(err))
	}
	return syncDir(filepath.Dir(f.path))
}

// Abort throws the content away.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	_ = f.tmp.Close()
	_ = os.Remove(f.tmp.Name())
}

// syncDir makes the rename itself durable. A file system that cannot sync a
// folder is no reason to fail: the content is in place.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // see above: the file is already in place
	}
	_ = d.Sync()
	return d.Close()
}

// bare drops the temporary file's name, which tells the reader nothing.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
