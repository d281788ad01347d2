package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
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
	r := newRepo(t)
	r.write("src/a.go", "package a\n")
	r.write("src.txt", "sorts between src and src/")
	r.write("src-2/ü ö.txt", "name that git would quote")
	r.write("src/deep/er/b", "")
	r.write("run.sh", "#!/bin/sh\n")
	r.write(".gitignore", "target/\n*.log\n")
	r.write("kept.log", "ignored, but tracked")
	if err := os.Chmod(filepath.Join(r.dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("src/a.go", filepath.Join(r.dir, "link")); err != nil {
		t.Fatal(err)
	}
	r.git("add", "-f", "kept.log")
	r.commit()
	r.write("target/app.jar", "made by a build")
	r.write(".pipeline/state/itest.json", "{}")

	tree := hashTree(t, r.dir)
	if want := r.git("rev-parse", "HEAD^{tree}"); tree.Hash != want || tree.Method != ByGit {
		t.Errorf("tree = %s by %s, want %s", tree.Hash, tree.Method, want)
	}
	if want := r.git("rev-parse", "HEAD:src"); hashTree(t, filepath.Join(r.dir, "src")).Hash != want {
		t.Errorf("tree of src is not %s", want)
	}
}

func TestTreeFollowsContentAlone(t *testing.T) {
	r := newRepo(t)
	r.write(".gitignore", "*.log\n")
	r.write("a", "1")
	r.write("b", "1")
	r.commit()
	before := hashTree(t, r.dir)
	status := r.git("status", "--porcelain")
	objects := r.git("count-objects", "-v")

	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(r.dir, "a"), later, later); err != nil {
		t.Fatal(err)
	}
	r.write("x.log", "ignored")
	if got := hashTree(t, r.dir); got.Hash != before.Hash {
		t.Error("a touch or an ignored file changes the tree")
	}
	for what, change := range map[string]func(){
		"changed byte":     func() { r.write("a", "2") },
		"new file":         func() { r.write("c", "1") },
		"removed file":     func() { _ = os.Remove(filepath.Join(r.dir, "b")) },
		"executable":       func() { _ = os.Chmod(filepath.Join(r.dir, "a"), 0o755) },
		"file to folder":   func() { _ = os.Remove(filepath.Join(r.dir, "b")); r.write("b/c", "1") },
		"hidden from git":  func() { r.git("update-index", "--assume-unchanged", "a"); r.write("a", "3") },
		"skipped worktree": func() { r.git("update-index", "--skip-worktree", "a"); r.write("a", "4") },
	} {
		change()
		if got := hashTree(t, r.dir); got.Hash == before.Hash {
			t.Errorf("%s: the tree is the same", what)
		}
		r.git("update-index", "--no-assume-unchanged", "a")
		r.git("update-index", "--no-skip-worktree", "a")
		r.git("checkout", "-q", "-f", ".")
		r.git("clean", "-q", "-f", "-d")
	}
	if got := hashTree(t, r.dir); got.Hash != before.Hash {
		t.Error("the tree is not the first one again")
	}
	if got := r.git("status", "--porcelain"); got != status {
		t.Errorf("status was %q, is %q", status, got)
	}
	if got := r.git("count-objects", "-v"); got != objects {
		t.Errorf("objects were\n%s\nare\n%s", objects, got)
	}
}

func TestChangedSinceNamesWhatABuildMustNotTouch(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1")
	r.write("b", "1")
	r.write("c", "1")
	before := hashTree(t, r.dir)
	r.write("b", "2")
	r.write("new", "1")
	_ = os.Remove(filepath.Join(r.dir, "a"))
	if got, want := hashTree(t, r.dir).ChangedSince(before), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("changed: %q, want %q", got, want)
	}
}

func TestTreeHoldsTheFilesOfNestedRepositories(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	nested := repo{t, filepath.Join(r.dir, "lib")}
	r.write("lib/b", "1")
	nested.git("init", "-q")
	tree := hashTree(t, r.dir)
	if _, ok := tree.Files["lib/b"]; !ok {
		t.Errorf("files = %v, want lib/b", tree.Files)
	}
}

func TestWithoutGitEverythingCounts(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	write(t, dir, "a", "1")
	write(t, dir, "target/b", "1")
	write(t, dir, ".pipeline/c", "1")
	tree := hashTree(t, dir)
	if _, ok := tree.Files["target/b"]; !ok || len(tree.Files) != 2 || tree.Method != ByContent {
		t.Errorf("tree = %+v", tree)
	}
}

func TestAFolderThatAnOuterRepositoryIgnoresIsNotUnderGit(t *testing.T) {
	r := newRepo(t)
	r.write(".gitignore", "tmp/\n")
	r.commit()
	r.write("tmp/project/a", "1")
	if tree := hashTree(t, filepath.Join(r.dir, "tmp/project")); tree.Method != ByContent || len(tree.Files) != 1 {
		t.Errorf("tree = %+v", tree)
	}
}

func TestAFileThatBecameAnEmptyFolderIsGone(t *testing.T) {
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	if err := os.Remove(filepath.Join(r.dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if tree := hashTree(t, r.dir); len(tree.Files) != 0 {
		t.Errorf("files = %v, want none", tree.Files)
	}
}

func TestCancelledHashGivesTheCause(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "1")
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
