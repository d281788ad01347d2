package git

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/git/gittest"
)

func TestReadTellsTheFacts(t *testing.T) {
	r := gittest.New(t)
	got, err := Read(t.Context(), r.Dir)
	if err != nil || got.Commit != "" || got.Branch != "main" || got.Dirty {
		t.Fatalf("before the first commit: %+v, %v", got, err)
	}
	r.Write("a", "1")
	if got, err = Read(t.Context(), r.Dir); err != nil || !got.Dirty {
		t.Fatalf("with an untracked file: %+v, %v, want dirty", got, err)
	}
	commit := r.Commit()
	r.Git("tag", "v1.4.2")
	r.Git("tag", "-a", "-m", "x", "good")
	r.Write(".pipeline/out/x", "1")
	got, err = Read(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Commit != commit || got.Short != commit[:8] || got.Dirty || got.Shallow || !slices.Equal(got.Tags, []string{"good", "v1.4.2"}) ||
		!got.Time.Equal(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("Read = %+v", got)
	}
	if !got.Final("1.4.2") || got.Final("1.4.3") {
		t.Errorf("Final(1.4.2) = %v, Final(1.4.3) = %v", got.Final("1.4.2"), got.Final("1.4.3"))
	}
	r.Git("checkout", "-q", "--detach")
	r.Write("a", "2")
	if got, err = Read(t.Context(), r.Dir); err != nil || got.Branch != "" || !got.Dirty || got.Final("1.4.2") {
		t.Errorf("detached and changed: %+v, %v", got, err)
	}
}

func TestReadOfASubfolderLooksAtThatAlone(t *testing.T) {
	r := gittest.New(t)
	r.Write("a/x", "1")
	r.Write("b/x", "1")
	r.Commit()
	r.Write("b/x", "2")
	if got, err := Read(t.Context(), filepath.Join(r.Dir, "a")); err != nil || got.Dirty {
		t.Errorf("a: %+v, %v, want clean", got, err)
	}
	if got, err := Read(t.Context(), filepath.Join(r.Dir, "b")); err != nil || !got.Dirty {
		t.Errorf("b: %+v, %v, want dirty", got, err)
	}
}

func TestReadIgnoresTheRepositoryOfACallingHook(t *testing.T) {
	r, other := gittest.New(t), gittest.New(t)
	r.Write("a", "1")
	commit := r.Commit()
	other.Write("b", "1")
	other.Commit()
	t.Setenv("GIT_DIR", filepath.Join(other.Dir, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other.Dir, ".git/index"))
	got, err := Read(t.Context(), r.Dir)
	if err != nil || got.Commit != commit || got.Dirty {
		t.Errorf("Read = %+v, %v, want commit %s", got, err, commit)
	}
}

func TestGitTroubleIsExplained(t *testing.T) {
	r := gittest.New(t)
	none := t.TempDir()
	if _, err := Read(t.Context(), none); !errors.Is(err, ErrNone) {
		t.Errorf("without git: %v, want ErrNone", err)
	}
	if _, err := Read(t.Context(), filepath.Join(r.Dir, ".git")); !errors.Is(err, ErrNone) {
		t.Errorf("in .git itself: %v, want ErrNone", err)
	}
	t.Run("another owner", func(t *testing.T) {
		t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
		_, err := Read(t.Context(), r.Dir)
		if err == nil || !strings.Contains(err.Error(), "safe.directory "+r.Dir) {
			t.Errorf("got %v, want the remedy", err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		dir := t.TempDir()
		gittest.At(t, dir).Write(".git", "gitdir: /nowhere\n")
		_, err := Read(t.Context(), dir)
		if err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v, want the damage named", err)
		}
	})
	t.Run("not installed", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := Read(t.Context(), none); !errors.Is(err, ErrNone) {
			t.Errorf("outside of git: %v, want ErrNone", err)
		}
		_, err := Read(t.Context(), r.Dir)
		if _, ok := errors.AsType[*Error](err); !ok || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "git is not installed") {
			t.Errorf("in a work tree: %v, want git missed", err)
		}
	})
}

func TestReadOfAShallowClone(t *testing.T) {
	r := gittest.New(t)
	r.Write("a", "1")
	r.Commit()
	r.Git("tag", "v1.0.0")
	r.Commit()
	clone := gittest.At(t, filepath.Join(t.TempDir(), "clone"))
	r.Git("clone", "-q", "--depth=1", "file://"+r.Dir, clone.Dir)
	got, err := Read(t.Context(), clone.Dir)
	if err != nil || !got.Shallow {
		t.Errorf("Read = %+v, %v, want shallow", got, err)
	}
}

func TestASourceNamesNoLogin(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a login":        {"https://robot:word@git.example.com/shop.git", "https://git.example.com/shop.git"},
		"no login":       {"https://git.example.com/shop.git", "https://git.example.com/shop.git"},
		"a query":        {"https://git.example.com/shop.git?token=word", "https://git.example.com/shop.git"},
		"a path":         {"/srv/git/shop.git", ""},
		"another syntax": {"git@git.example.com:shop.git", ""},
	} {
		r := gittest.New(t)
		r.Git("remote", "add", "origin", c.text)
		if got := SourceURL(t.Context(), r.Dir); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
