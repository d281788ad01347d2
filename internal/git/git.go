// Package git is what git knows about a project's folder, and which files lie
// in it. It asks the installed git, whatever the environment says about other
// repositories, and changes nothing in the repository but the list of its work
// trees.
package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
)

// ErrNone says that the project is not under git, or not with a file of its
// own: a folder that an outer repository ignores counts as none.
var ErrNone = errors.New("the project is not under git")

// An Error says why git, though it is there, did not answer, and what to do
// about it. The surroundings are at fault, not the configuration.
type Error struct {
	Text string
	Err  error // what git said
}

func (e *Error) Error() string { return e.Text + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// ours is the folder that pipeline itself fills; it is no part of the project.
const ours = ".pipeline"

// A client asks git in one folder.
type client struct{ dir string }

func in(dir string) client { return client{dir} }

// An answer is what git says, or why it says nothing.
type answer struct {
	text string
	err  error
}

// later asks without waiting; the one answer comes through the channel.
func (c client) later(ctx context.Context, args ...string) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		out, err := c.output(ctx, args...)
		done <- answer{string(out), err}
	}()
	return done
}

func (c client) line(ctx context.Context, args ...string) (string, error) {
	out, err := c.output(ctx, args...)
	return strings.TrimSpace(string(out)), err
}

func (c client) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := command.Command{
		Args: append([]string{"git", "-c", "core.fsmonitor=false"}, args...), Dir: c.dir, Env: gitEnv(os.Environ()),
	}
	out, err := cmd.Output(ctx)
	if err != nil {
		return nil, c.explain(args[0], err)
	}
	return out, nil
}

// gitEnv drops what would point git at another repository (a hook that calls
// us sets it) and asks for English answers and no locks.
func gitEnv(env []string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains([]string{
			"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
			"GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "LC_ALL", "LANGUAGE",
		}, name)
	})
	return append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")
}

// explain turns what git says into what the reader can do.
func (c client) explain(question string, err error) error {
	if _, ok := errors.AsType[*command.NotFoundError](err); ok {
		if underGit(c.dir) {
			return &Error{"the project is a git work tree, but git is not installed here", err}
		}
		return ErrNone
	}
	failed, ok := errors.AsType[*command.ExitError](err)
	if !ok {
		return fmt.Errorf("ask git: %w", err)
	}
	said := strings.Join(failed.Tail, "\n")
	switch {
	case strings.Contains(said, "dubious ownership"), strings.Contains(said, "unsafe repository"):
		return &Error{fmt.Sprintf("git refuses %s because another user owns it; allow it with: git config --global --add safe.directory %s",
			c.dir, c.root()), err}
	case strings.Contains(said, "not a git repository") && underGit(c.dir):
		return &Error{"git finds the .git of " + c.dir + " damaged", err}
	case strings.Contains(said, "not a git repository"):
		return ErrNone
	}
	return &Error{"ask git for " + question, err}
}

func (c client) root() string {
	for dir := c.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return c.dir
		}
	}
}

// underGit tells without git whether the folder looks like a work tree.
func underGit(dir string) bool {
	_, err := os.Lstat(filepath.Join(in(dir).root(), ".git"))
	return err == nil
}
