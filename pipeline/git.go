package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// ErrNoGit says that the project is not under git, or not with a file of its
// own: a folder that an outer repository ignores counts as none.
var ErrNoGit = errors.New("the project is not under git")

// GitError says why git, though it is there, did not answer, and what to do
// about it. The surroundings are at fault, not the configuration.
type GitError struct {
	Text string
	Err  error // what git said
}

func (e *GitError) Error() string { return e.Text + ": " + e.Err.Error() }

func (e *GitError) Unwrap() error { return e.Err }

// shortLength is fixed, because git's own short form grows with the clone it
// is asked in and a tag must not.
const shortLength = 8

// Git is what git knows about the project's folder at one moment.
type Git struct {
	Commit  string    // full hash of HEAD; empty before the first commit
	Short   string    // its first 8 digits
	Branch  string    // empty when HEAD is detached, as in most CI checkouts
	Tags    []string  // on HEAD
	Time    time.Time // of the commit
	Dirty   bool      // a file of the project is changed, or neither known nor ignored
	Shallow bool      // the clone lacks older commits, and perhaps their tags
}

// ReadGit asks git about the project in dir. The error is ErrNoGit without
// git; one that git itself has is told with its remedy.
func ReadGit(ctx context.Context, dir string) (Git, error) {
	// Side by side, because each question costs a process.
	about := gitIn(dir).later(ctx, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
	status := gitIn(dir).later(ctx, "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--", ".", ":(exclude).pipeline")
	head := gitIn(dir).later(ctx, "log", "-1", "--no-show-signature", "--decorate=full", "--format=%H %ct %D")

	said := <-about
	if said.err != nil {
		return Git{}, said.err
	}
	inside, shallow, _ := strings.Cut(strings.TrimSpace(said.text), "\n")
	if inside != "true" {
		return Git{}, ErrNoGit
	}
	g := Git{Shallow: shallow == "true"}
	if said = <-status; said.err != nil {
		return Git{}, said.err
	}
	if begun := g.readStatus(said.text); !begun {
		return g, context.Cause(ctx) // no commit yet
	}
	if said = <-head; said.err != nil {
		return g, said.err
	}
	return g, g.readHead(said.text)
}

// readStatus reads git's answer about the work tree; begun is false before the
// first commit.
func (g *Git) readStatus(text string) (begun bool) {
	begun = true
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		header, isHeader := strings.CutPrefix(line, "# ")
		switch key, value, _ := strings.Cut(header, " "); {
		case !isHeader:
			g.Dirty = true
		case key == "branch.head" && value != "(detached)":
			g.Branch = value
		case key == "branch.oid":
			begun = value != "(initial)"
		}
	}
	return begun
}

// readHead reads git's answer about the newest commit.
func (g *Git) readHead(text string) error {
	commit, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	seconds, names, _ := strings.Cut(rest, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || len(commit) < shortLength {
		return fmt.Errorf("ask git for the commit: it answered %q", text)
	}
	g.Commit, g.Short, g.Time = commit, commit[:shortLength], time.Unix(unix, 0).UTC()
	for name := range strings.SplitSeq(names, ", ") {
		if tag, ok := strings.CutPrefix(name, "tag: refs/tags/"); ok {
			g.Tags = append(g.Tags, tag)
		}
	}
	slices.Sort(g.Tags)
	return nil
}

// Final tells whether HEAD carries the git tag v<version>, which is what
// allows the tags <version>, <minor>, <major> and latest.
func (g Git) Final(version string) bool {
	return !g.Dirty && slices.Contains(g.Tags, "v"+version)
}

// nearestVersion gives the version of the nearest tag v<digit>...; ok is false
// when no such tag can be reached.
func nearestVersion(ctx context.Context, dir string) (version string, ok bool, err error) {
	tag, err := gitIn(dir).line(ctx, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*")
	if err == nil {
		return strings.TrimPrefix(tag, "v"), true, nil
	}
	if failed, is := errors.AsType[*command.ExitError](err); is && failed.Code == 128 && !errors.Is(err, ErrNoGit) {
		for _, text := range []string{"No names found", "No tags can describe", "no tag exactly matches", "Not a valid object name HEAD"} {
			if strings.Contains(strings.Join(failed.Tail, "\n"), text) {
				return "", false, nil
			}
		}
	}
	return "", false, err
}

// git asks questions in one folder; it never writes to the repository.
type git struct{ dir string }

func gitIn(dir string) git { return git{dir} }

// An answer is what git says, or why it says nothing.
type answer struct {
	text string
	err  error
}

// later asks without waiting; the one answer comes through the channel.
func (g git) later(ctx context.Context, args ...string) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		out, err := g.output(ctx, args...)
		done <- answer{string(out), err}
	}()
	return done
}

func (g git) line(ctx context.Context, args ...string) (string, error) {
	out, err := g.output(ctx, args...)
	return strings.TrimSpace(string(out)), err
}

func (g git) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := command.Command{
		Args: append([]string{"git", "-c", "core.fsmonitor=false"}, args...), Dir: g.dir, Env: gitEnv(os.Environ()),
	}
	out, err := cmd.Output(ctx)
	if err != nil {
		return nil, g.explain(args[0], err)
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
func (g git) explain(question string, err error) error {
	if _, ok := errors.AsType[*command.NotFoundError](err); ok {
		if underGit(g.dir) {
			return &GitError{"the project is a git work tree, but git is not installed here", err}
		}
		return ErrNoGit
	}
	failed, ok := errors.AsType[*command.ExitError](err)
	if !ok {
		return fmt.Errorf("ask git: %w", err)
	}
	said := strings.Join(failed.Tail, "\n")
	switch {
	case strings.Contains(said, "dubious ownership"), strings.Contains(said, "unsafe repository"):
		return &GitError{fmt.Sprintf("git refuses %s because another user owns it; allow it with: git config --global --add safe.directory %s",
			g.dir, g.root()), err}
	case strings.Contains(said, "not a git repository") && underGit(g.dir):
		return &GitError{"git finds the .git of " + g.dir + " damaged", err}
	case strings.Contains(said, "not a git repository"):
		return ErrNoGit
	}
	return &GitError{"ask git for " + question, err}
}

func (g git) root() string {
	for dir := g.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return g.dir
		}
	}
}

// underGit tells without git whether the folder looks like a work tree.
func underGit(dir string) bool {
	_, err := os.Lstat(filepath.Join(git{dir}.root(), ".git"))
	return err == nil
}
