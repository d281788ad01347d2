package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

// A File is one that is to be written, below the project's folder.
type File struct {
	Name string // with slashes
	Text string
}

// Write writes all the files or, when one of them is there already, none: it
// then returns an error that is ErrExists and names each of those.
func Write(dir string, files ...File) error {
	var there []error
	for _, f := range files {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Name)))
		switch {
		case err == nil:
			there = append(there, fmt.Errorf("%s %w", f.Name, ErrExists))
		case !errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("look for %s: %w", f.Name, err)
		}
	}
	if len(there) > 0 {
		return errors.Join(there...)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
		if err := atomicfile.Write(path, []byte(f.Text), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	return nil
}
