// Package gittest makes git repositories for tests.
package gittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/command"
)

// A Repo is a git repository of the test's own.
type Repo struct {
	Dir string
	t   *testing.T
}

// New makes an empty repository whose branch is main, and lets no configuration
// of the user's reach the test's git.
func New(t *testing.T) Repo {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "none"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	r := At(t, t.TempDir())
	r.Git("init", "-q", "-b", "main")
	r.Git("config", "user.name", "Test")
	r.Git("config", "user.email", "test@example.com")
	return r
}

// At is the repository that is, or will be, in the folder.
func At(t *testing.T, dir string) Repo {
	t.Helper()
	return Repo{dir, t}
}

// Git runs git there and returns what it prints. All commits have one time.
func (r Repo) Git(args ...string) string {
	r.t.Helper()
	out, err := command.Command{
		Args: append([]string{"git"}, args...), Dir: r.Dir,
		Env: append(os.Environ(), "GIT_COMMITTER_DATE=2026-11-22T10:00:00Z", "GIT_AUTHOR_DATE=2026-11-22T10:00:00Z"),
	}.Output(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// Write puts a file there.
func (r Repo) Write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// Commit commits all that is there, or nothing, and returns the commit's hash.
func (r Repo) Commit() string {
	r.t.Helper()
	r.Git("add", "-A")
	r.Git("commit", "-q", "--allow-empty", "-m", "x")
	return r.Git("rev-parse", "HEAD")
}
