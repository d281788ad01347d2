package maven

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ForkDumps copies to the log the thread dumps that the JVMs which run a
// project's tests have written since the moment, each line as mask gives it.
// They answered the signal like Maven's own JVM, but their output is surefire's
// channel, which puts such lines aside.
func ForkDumps(log io.Writer, dir string, since time.Time, mask func(string) string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // the build has just removed it
			return nil
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".pipeline", "node_modules"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(d.Name(), ".dumpstream"):
			return nil
		}
		info, err := d.Info()
		if err != nil || info.ModTime().Before(since) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(log, "\nThe tests' own JVM, as %s tells:\n", name)
		return forkDump(log, path, mask)
	})
}

func forkDump(log io.Writer, path string, mask func(string) string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read from
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		_, said, ok := strings.Cut(lines.Text(), " Stream '")
		if said, ended := strings.CutSuffix(said, "'."); ok && ended {
			fmt.Fprintln(log, mask(said))
		}
	}
	return lines.Err()
}
