package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// A NoJDKError says that a Java build found no JDK, and where one was looked
// for.
type NoJDKError struct {
	Home string // JAVA_HOME; empty when it is not set
	Path string
	Err  error // how the command failed
}

func (e *NoJDKError) Error() string {
	if e.Home != "" {
		return fmt.Sprintf("the build found no JDK: JAVA_HOME is %s, where there is no bin/javac", e.Home)
	}
	return fmt.Sprintf("the build found no JDK: JAVA_HOME is not set, and javac is not in any folder of PATH (%s)", e.Path)
}

// Unwrap gives a *command.NotFoundError too: it is a program that is missing.
func (e *NoJDKError) Unwrap() []error {
	return []error{&command.NotFoundError{Program: "javac", Path: e.Path, Err: e.Err}, e.Err}
}

// maven tells the lines by which one of its failures is known.
func maven(line string) bool { return strings.Contains(line, "[ERROR]") }

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// noJDK tells the lines that Maven, Gradle and their wrappers write when they
// find no Java, or one that cannot compile.
func noJDK(line string) bool {
	return slices.ContainsFunc([]string{
		"JAVA_HOME environment variable is not defined correctly", "JAVA_HOME is not defined correctly",
		"JAVA_HOME is set to an invalid directory", "JAVA_HOME is not set and no 'java' command could be found",
		"No compiler is provided in this environment", "Unable to locate a Java Runtime",
	}, func(words string) bool { return strings.Contains(line, words) })
}

// advice tells the lines that Maven ends with whatever the fault was.
func advice(line string) bool {
	line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(colour.ReplaceAllString(line, "")), "[ERROR]"))
	return line == "" || slices.ContainsFunc([]string{
		"-> [Help", "[Help ", "For more information about the errors", "Re-run Maven using", "To see the full stack trace",
		"After correcting the problems", "mvn <args> -rf", "See dump files",
	}, func(words string) bool { return strings.HasPrefix(line, words) })
}

// explainMaven lets the failure of a Java build end with its cause: that there
// is no JDK, or what Maven said before its advice.
func explainMaven(err error, env []string) error {
	exit, ok := errors.AsType[*command.ExitError](err)
	if !ok {
		return err
	}
	for len(exit.Tail) > 1 && slices.ContainsFunc(exit.Tail, maven) && advice(exit.Tail[len(exit.Tail)-1]) {
		exit.Tail = exit.Tail[:len(exit.Tail)-1]
	}
	if !slices.ContainsFunc(exit.Tail, noJDK) {
		return err
	}
	missing := &NoJDKError{Err: err}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "JAVA_HOME":
			missing.Home = value
		case "PATH":
			missing.Path = value
		}
	}
	return missing
}

// forkDumps adds to the log of a step that took too long the thread dumps of
// the JVMs which ran its tests. They answered the signal like Maven's own JVM,
// but their output is surefire's channel, which puts such lines aside.
func (r *run) forkDumps(ctx context.Context, log io.Writer, since time.Time) error {
	if !is[*BuildTimeout](context.Cause(ctx)) {
		return nil
	}
	return filepath.WalkDir(r.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // the build has just removed it
			return nil
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", WorkdirName, "node_modules"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(d.Name(), ".dumpstream"):
			return nil
		}
		info, err := d.Info()
		if err != nil || info.ModTime().Before(since) {
			return err
		}
		return r.forkDump(log, path)
	})
}

func (r *run) forkDump(log io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read from
	fmt.Fprintf(log, "\nThe tests' own JVM, as %s tells:\n", r.relative(path))
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		_, said, ok := strings.Cut(lines.Text(), " Stream '")
		if said, ended := strings.CutSuffix(said, "'."); ok && ended {
			fmt.Fprintln(log, r.set.Secrets.String(said))
		}
	}
	return lines.Err()
}
