package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/git/gittest"
)

func hashTree(t *testing.T, dir string) Tree {
	t.Helper()
	tree, err := HashTree(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTreeOfACleanCheckoutIsThatOfHead(t *testing.T) {
	r := gittest.New(t)
	r.Write("src/a.go", "package a\n")
	r.Write("src.txt", "sorts between src and src/")
	r.Write("src-2/ü ö.txt", "name that git would quote")
	r.Write("src/deep/er/b", "")
	r.Write("run.sh", "#!/bin/sh\n")
	r.Write(".gitignore", "target/\n*.log\n")
	r.Write("kept.log", "ignored, but tracked")
	if err := os.Chmod(filepath.Join(r.Dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("src/a.go", filepath.Join(r.Dir, "link")); err != nil {
		t.Fatal(err)
	}
	r.Git("add", "-f", "kept.log")
	r.Commit()
	r.Write("target/app.jar", "made by a build")
	r.Write(".pipeline/state/itest.json", "{}")

	tree := hashTree(t, r.Dir)
	if want := r.Git("rev-parse", "HEAD^{tree}"); tree.Hash != want || tree.Method != ByGit {
		t.Errorf("tree = %s by %s, want %s", tree.Hash, tree.Method, want)
	}
	if want := r.Git("rev-parse", "HEAD:src"); hashTree(t, filepath.Join(r.Dir, "src")).Hash != want {
		t.Errorf("tree of src is not %s", want)
	}
}

func TestTreeFollowsContentAlone(t *testing.T) {
	r := gittest.New(t)
	r.Write(".gitignore", "*.log\n")
	r.Write("a", "1")
	r.Write("b", "1")
	r.Commit()
	before := hashTree(t, r.Dir)
	status := r.Git("status", "--porcelain")
	objects := r.Git("count-objects", "-v")

	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(r.Dir, "a"), later, later); err != nil {
		t.Fatal(err)
	}
	r.Write("x.log", "ignored")
	if got := hashTree(t, r.Dir); got.Hash != before.Hash {
		t.Error("a touch or an ignored file changes the tree")
	}
	for what, change := range map[string]func(){
		"changed byte":     func() { r.Write("a", "2") },
		"new file":         func() { r.Write("c", "1") },
		"removed file":     func() { _ = os.Remove(filepath.Join(r.Dir, "b")) },
		"executable":       func() { _ = os.Chmod(filepath.Join(r.Dir, "a"), 0o755) },
		"file to folder":   func() { _ = os.Remove(filepath.Join(r.Dir, "b")); r.Write("b/c", "1") },
		"hidden from git":  func() { r.Git("update-index", "--assume-unchanged", "a"); r.Write("a", "3") },
		"skipped worktree": func() { r.Git("update-index", "--skip-worktree", "a"); r.Write("a", "4") },
	} {
		change()
		if got := hashTree(t, r.Dir); got.Hash == before.Hash {
			t.Errorf("%s: the tree is the same", what)
		}
		r.Git("update-index", "--no-assume-unchanged", "a")
		r.Git("update-index", "--no-skip-worktree", "a")
		r.Git("checkout", "-q", "-f", ".")
		r.Git("clean", "-q", "-f", "-d")
	}
	if got := hashTree(t, r.Dir); got.Hash != before.Hash {
		t.Error("the tree is not the first one again")
	}
	if got := r.Git("status", "--porcelain"); got != status {
		t.Errorf("status was %q, is %q", status, got)
	}
	if got := r.Git("count-objects", "-v"); got != objects {
		t.Errorf("objects were\n%s\nare\n%s", objects, got)
	}
}

func TestChangedSinceNamesWhatABuildMustNotTouch(t *testing.T) {
	r := gittest.New(t)
	r.Write("a", "1")
	r.Write("b", "1")
	r.Write("c", "1")
	before := hashTree(t, r.Dir)
	r.Write("b", "2")
	r.Write("new", "1")
	_ = os.Remove(filepath.Join(r.Dir, "a"))
	if got, want := hashTree(t, r.Dir).ChangedSince(before), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("changed: %q, want %q", got, want)
	}
}

func TestTreeHoldsTheFilesOfNestedRepositories(t *testing.T) {
	r := gittest.New(t)
	r.Write("a", "1")
	r.Commit()
	nested := gittest.At(t, filepath.Join(r.Dir, "lib"))
	r.Write("lib/b", "1")
	nested.Git("init", "-q")
	tree := hashTree(t, r.Dir)
	if _, ok := tree.Files["lib/b"]; !ok {
		t.Errorf("files = %v, want lib/b", tree.Files)
	}
}

func TestWithoutGitEverythingCounts(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	gittest.At(t, dir).Write("a", "1")
	gittest.At(t, dir).Write("target/b", "1")
	gittest.At(t, dir).Write(".pipeline/c", "1")
	tree := hashTree(t, dir)
	if _, ok := tree.Files["target/b"]; !ok || len(tree.Files) != 2 || tree.Method != ByContent {
		t.Errorf("tree = %+v", tree)
	}
}

func TestAFolderThatAnOuterRepositoryIgnoresIsNotUnderGit(t *testing.T) {
	r := gittest.New(t)
	r.Write(".gitignore", "tmp/\n")
	r.Commit()
	r.Write("tmp/project/a", "1")
	if tree := hashTree(t, filepath.Join(r.Dir, "tmp/project")); tree.Method != ByContent || len(tree.Files) != 1 {
		t.Errorf("tree = %+v", tree)
	}
}

func TestAFileThatBecameAnEmptyFolderIsGone(t *testing.T) {
	r := gittest.New(t)
	r.Write("a", "1")
	r.Commit()
	if err := os.Remove(filepath.Join(r.Dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.Dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if tree := hashTree(t, r.Dir); len(tree.Files) != 0 {
		t.Errorf("files = %v, want none", tree.Files)
	}
}

func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("stopped by hand"))
	return ctx
}

func TestCancelledHashGivesTheCause(t *testing.T) {
	dir := t.TempDir()
	gittest.At(t, dir).Write("a", "1")
	if _, err := hashFiles(cancelled(t), dir, []string{"a"}); err == nil || err.Error() != "stopped by hand" {
		t.Errorf("hashFiles: %v, want the cause", err)
	}
}

func BenchmarkHashTreeOf10000Files(b *testing.B) {
	dir := b.TempDir()
	body := slices.Repeat([]byte("package a // some source text\n"), 100)
	for i := range 10_000 {
		name := filepath.Join(dir, fmt.Sprintf("src/%02d/%02d.go", i/100, i%100))
		if i%100 == 0 {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(name, append(body, byte(i), byte(i>>8)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if tree, err := HashTree(b.Context(), dir); err != nil || len(tree.Files) != 10_000 {
			b.Fatalf("%d files, %v", len(tree.Files), err)
		}
	}
}
