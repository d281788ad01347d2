package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

const (
	// fileMode lets the group of the state directory, which is every operator,
	// carry on with what one of them has begun.
	fileMode fs.FileMode = 0o664
	// longestLine is what one write carries over sftp without being cut in two.
	longestLine = 32000
	// leftFor is how old a half-written file is when its writer is certainly gone.
	leftFor = time.Hour
	// A line that has no end for longer than this was cut off.
	endTries, endPause = 5, 20 * time.Millisecond
)

// ReadFile returns a file of the state directory. The error is fs.ErrNotExist
// when there is none.
func (h *Host) ReadFile(ctx context.Context, name string) ([]byte, error) {
	at, err := h.stateFile(name)
	if err != nil {
		return nil, err
	}
	data, err := again(ctx, h.locators, func() ([]byte, error) { return h.locators.disk.read(ctx, at) })
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", h.at(at), because(ctx, err))
	}
	return data, nil
}

// WriteFile replaces a file of the state directory in one step, durably. When
// it fails, or dies half-way, the old file is there.
func (h *Host) WriteFile(ctx context.Context, name string, data []byte) error {
	at, err := h.stateFile(name)
	if err != nil {
		return err
	}
	// Twice the same content is once the same content.
	_, err = again(ctx, h.locators, func() (struct{}, error) {
		return struct{}{}, h.locators.disk.replace(ctx, at, data)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", h.at(at), because(ctx, err))
	}
	return nil
}

// AppendLine adds a line to a file of the state directory, durably; the line
// has no end of its own. Lines of several operators never mix, and a line that
// a power cut left half written does not spoil the next one. A reader passes
// over empty lines.
func (h *Host) AppendLine(ctx context.Context, name, line string) error {
	at, err := h.stateFile(name)
	if err != nil {
		return err
	}
	if bytes.ContainsAny([]byte(line), "\r\n") || len(line) > longestLine {
		return fmt.Errorf("append to %s: %d bytes are no single line of at most %d", h.at(at), len(line), longestLine)
	}
	// Never twice: a broken link does not tell whether the line has arrived.
	if err := h.locators.disk.extend(ctx, at, []byte(line+"\n")); err != nil {
		return fmt.Errorf("append to %s: %w", h.at(at), because(ctx, err))
	}
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// stateFile is the path of a file in the state directory; no name leads out of
// it.
func (h *Host) stateFile(name string) (string, error) {
	if !plainName.MatchString(name) || len(name) > 200 {
		return "", fmt.Errorf("use %q in the state directory: it is no plain file name", name)
	}
	return path.Join(h.stateDir, name), nil
}

// because prefers the reason why ctx ended to what the broken call said.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// again does a read, or what may be done twice, once more when the way to the
// machine broke under it.
func again[T any](ctx context.Context, m *machine, do func() (T, error)) (T, error) {
	if m == nil {
		return do()
	}
	intact := m.watch()
	out, err := do()
	if err == nil || ctx.Err() != nil || intact() {
		return out, err
	}
	return do()
}

// localDisk is the disk of this machine.
type localDisk struct{}

func (localDisk) read(_ context.Context, path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	return data, bare(err)
}

func (localDisk) replace(_ context.Context, path string, data []byte) error {
	dir, base := filepath.Split(path)
	list, _ := os.ReadDir(dir) // writing will say what is wrong with it
	for _, entry := range list {
		if info, err := entry.Info(); err == nil && isLeft(info, base) {
			_ = os.Remove(dir + info.Name())
		}
	}
	return bare(atomicfile.Write(path, data, fileMode))
}

func (localDisk) extend(ctx context.Context, path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return bare(err)
	}
	err = extend(ctx, f, line)
	return errors.Join(err, f.Close())
}

// halfWritten begins the names of files that are to become base.
func halfWritten(base string) string { return "." + base + ".tmp-" }

// isLeft reports whether a file was left by a writer of base that was killed.
func isLeft(info fs.FileInfo, base string) bool {
	return strings.HasPrefix(info.Name(), halfWritten(base)) && time.Since(info.ModTime()) > leftFor
}

// An appendable is a file opened for appending, here or over sftp.
type appendable interface {
	io.ReaderAt
	io.Writer
	attributes
}

type attributes interface {
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Sync() error
}

// extend writes the line at once, after ending a line that was cut off.
func extend(ctx context.Context, f appendable, line []byte) error {
	size, whole, err := endOf(f)
	for try := 0; err == nil && !whole && try < endTries; try++ {
		// Another operator's line may be on its way into the file just now.
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(endPause):
		}
		size, whole, err = endOf(f)
	}
	if err != nil {
		return bare(err)
	}
	if size == 0 {
		_ = f.Chmod(fileMode) // the umask took the group's part; another operator's empty file is fine as it is
	}
	if !whole {
		line = append([]byte("\n"), line...)
	}
	if _, err := f.Write(line); err != nil {
		return bare(err)
	}
	return bare(f.Sync())
}

// endOf tells whether the file ends with a whole line; an empty one does.
func endOf(f appendable) (size int64, whole bool, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, true, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil && !errors.Is(err, io.EOF) {
		return 0, false, err
	}
	return info.Size(), last[0] == '\n', nil
}

// bare drops the path, which the caller's error has.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
