package pipeline

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// repo is a git repository of the test's own.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T) repo {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "none"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	r := repo{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	r.git("config", "user.name", "Test")
	r.git("config", "user.email", "test@example.com")
	return r
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE=2026-11-22T10:00:00Z", "GIT_AUTHOR_DATE=2026-11-22T10:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) write(name, text string) { r.t.Helper(); write(r.t, r.dir, name, text) }

func (r repo) commit() string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "x")
	return r.git("rev-parse", "HEAD")
}

func TestReadGitTellsTheFacts(t *testing.T) {
	r := newRepo(t)
	got, err := ReadGit(t.Context(), r.dir)
	if err != nil || got.Commit != "" || got.Branch != "main" || got.Dirty {
		t.Fatalf("before the first commit: %+v, %v", got, err)
	}
	r.write("a", "1")
	if got, err = ReadGit(t.Context(), r.dir); err != nil || !got.Dirty {
		t.Fatalf("with an untracked file: %+v, %v, want dirty", got, err)
	}
	commit := r.commit()
	r.git("tag", "v1.4.2")
	r.git("tag", "-a", "-m", "x", "good")
	r.write(".pipeline/out/x", "1")
	got, err = ReadGit(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Commit != commit || got.Short != commit[:8] || got.Dirty || got.Shallow || !slices.Equal(got.Tags, []string{"good", "v1.4.2"}) ||
		!got.Time.Equal(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("ReadGit = %+v", got)
	}
	if !got.Final("1.4.2") || got.Final("1.4.3") {
		t.Errorf("Final(1.4.2) = %v, Final(1.4.3) = %v", got.Final("1.4.2"), got.Final("1.4.3"))
	}
	r.git("checkout", "-q", "--detach")
	r.write("a", "2")
	if got, err = ReadGit(t.Context(), r.dir); err != nil || got.Branch != "" || !got.Dirty || got.Final("1.4.2") {
		t.Errorf("detached and changed: %+v, %v", got, err)
	}
}

func TestReadGitOfASubfolderLooksAtThatAlone(t *testing.T) {
	r := newRepo(t)
	r.write("a/x", "1")
	r.write("b/x", "1")
	r.commit()
	r.write("b/x", "2")
	if got, err := ReadGit(t.Context(), filepath.Join(r.dir, "a")); err != nil || got.Dirty {
		t.Errorf("a: %+v, %v, want clean", got, err)
	}
	if got, err := ReadGit(t.Context(), filepath.Join(r.dir, "b")); err != nil || !got.Dirty {
		t.Errorf("b: %+v, %v, want dirty", got, err)
	}
}

func TestReadGitIgnoresTheRepositoryOfACallingHook(t *testing.T) {
	r, other := newRepo(t), newRepo(t)
	r.write("a", "1")
	commit := r.commit()
	other.write("b", "1")
	other.commit()
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other.dir, ".git/index"))
	got, err := ReadGit(t.Context(), r.dir)
	if err != nil || got.Commit != commit || got.Dirty {
		t.Errorf("ReadGit = %+v, %v, want commit %s", got, err, commit)
	}
}

func TestGitTroubleIsExplained(t *testing.T) {
	r := newRepo(t)
	none := t.TempDir()
	if _, err := ReadGit(t.Context(), none); !errors.Is(err, ErrNoGit) {
		t.Errorf("without git: %v, want ErrNoGit", err)
	}
	if _, err := ReadGit(t.Context(), filepath.Join(r.dir, ".git")); !errors.Is(err, ErrNoGit) {
		t.Errorf("in .git itself: %v, want ErrNoGit", err)
	}
	t.Run("another owner", func(t *testing.T) {
		t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
		_, err := ReadGit(t.Context(), r.dir)
		if err == nil || !strings.Contains(err.Error(), "safe.directory "+r.dir) {
			t.Errorf("got %v, want the remedy", err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, ".git", "gitdir: /nowhere\n")
		_, err := ReadGit(t.Context(), dir)
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v, want the damage named", err)
		}
	})
	t.Run("not installed", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := ReadGit(t.Context(), none); !errors.Is(err, ErrNoGit) {
			t.Errorf("outside of git: %v, want ErrNoGit", err)
		}
		_, err := ReadGit(t.Context(), r.dir)
		if _, ok := errors.AsType[*GitError](err); !ok || errors.Is(err, ErrNoGit) || !strings.Contains(err.Error(), "git is not installed") {
			t.Errorf("in a work tree: %v, want git missed", err)
		}
	})
}

func TestReadGitOfAShallowClone(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	r.git("tag", "v1.0.0")
	r.commit()
	clone := repo{t, filepath.Join(t.TempDir(), "clone")}
	r.git("clone", "-q", "--depth=1", "file://"+r.dir, clone.dir)
	got, err := ReadGit(t.Context(), clone.dir)
	if err != nil || !got.Shallow {
		t.Errorf("ReadGit = %+v, %v, want shallow", got, err)
	}
}
