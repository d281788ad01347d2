package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// exitNotFound is how a shell says that there is no such program.
const exitNotFound = 127

// An ExitError says that a command ran and failed.
type ExitError struct {
	Command string
	Code    int            // exit status; 128 + signal when a signal ended it
	Signal  syscall.Signal // 0 when it ended by itself
	Tail    []string       // its last lines, both streams
}

// Error is one line: the command, how it ended, and the last thing it said.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != 0 {
		how = "ended by signal " + e.Signal.String()
	}
	return joinNonEmpty(e.Command, how, lastLine(e.Tail))
}

// A NotFoundError says that there is no such program.
type NotFoundError struct {
	Program string
	Path    string // the PATH that was searched; empty when Program is a path
	Err     error  // the shell's *ExitError, when a shell looked for it
}

// Error names the program and where it was looked for.
func (e *NotFoundError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("program %s does not exist or is not executable", e.Program)
	}
	return fmt.Sprintf("program %s is not in any folder of PATH (%s)", e.Program, e.Path)
}

// Unwrap gives fs.ErrNotExist, and what the shell said.
func (e *NotFoundError) Unwrap() []error {
	if e.Err == nil {
		return []error{fs.ErrNotExist}
	}
	return []error{fs.ErrNotExist, e.Err}
}

// A StoppedError says that a command was ended because the context was.
type StoppedError struct {
	Command string
	Cause   error // context.Cause: tells an interrupt from a timeout
	Tail    []string
}

// Error names the command and why it was ended.
func (e *StoppedError) Error() string { return e.Command + ": stopped: " + e.Cause.Error() }

// Unwrap gives the context's cause.
func (e *StoppedError) Unwrap() error { return e.Cause }

func exitError(c Command, exit *exec.ExitError, tail []string) error {
	e := &ExitError{Command: c.name(), Code: exit.ExitCode(), Tail: tail}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal()
		e.Code = 128 + int(e.Signal)
	}
	if c.Shell != "" && e.Code == exitNotFound {
		if program := missingProgram(tail); program != "" {
			return &NotFoundError{Program: program, Path: pathOf(c.Env), Err: e}
		}
	}
	return e
}

// missingProgram reads the program's name out of what shells write: dash
// "sh: 1: mvn: not found", bash "sh: line 1: mvn: command not found", busybox
// "sh: mvn: not found".
func missingProgram(tail []string) string {
	pattern := regexp.MustCompile(`^\S*sh: (?:line )?(?:\d+: )?(\S+): (?:command )?not found$`)
	for _, line := range slices.Backward(tail) {
		if m := pattern.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			return m[1]
		}
	}
	return ""
}

// Find finds a program as a Command with this Dir and Env would, or fails with
// a *NotFoundError.
func Find(program, dir string, env []string) (string, error) { return lookPath(program, dir, env) }

// lookPath searches the command's own PATH: os/exec would search ours.
func lookPath(program, dir string, env []string) (string, error) {
	if strings.Contains(program, "/") {
		path := program
		if dir != "" && !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		path, err := filepath.Abs(path)
		if err != nil || !executable(path) {
			return "", &NotFoundError{Program: program}
		}
		return path, nil
	}
	for _, folder := range filepath.SplitList(pathOf(env)) {
		if !filepath.IsAbs(folder) { // a program of the checkout must not shadow a system's
			continue
		}
		if path := filepath.Join(folder, program); executable(path) {
			return path, nil
		}
	}
	return "", &NotFoundError{Program: program, Path: orNone(pathOf(env))}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

func pathOf(env []string) string {
	if env == nil {
		env = os.Environ()
	}
	path := ""
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			path = value // the last one counts
		}
	}
	return path
}

func orNone(path string) string {
	if path == "" {
		return "empty"
	}
	return path
}

func lastLine(tail []string) string {
	for _, line := range slices.Backward(tail) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

func joinNonEmpty(parts ...string) string {
	kept := parts[:0]
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ": ")
}

// IsNotFound reports whether a program was missing.
func IsNotFound(err error) bool {
	var missing *NotFoundError
	return errors.As(err, &missing)
}
