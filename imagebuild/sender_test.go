package imagebuild

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tonistiigi/fsutil/types"
)

// stats walks a folder as the engine would see it.
func stats(t *testing.T, dir string) map[string]*types.Stat {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := OpenContext(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*types.Stat{}
	err = newSender(c.files).Walk(t.Context(), "/", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*types.Stat)
		if !ok {
			t.Fatalf("%s: %T", path, info.Sys())
		}
		out[path] = stat
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestTheTimeOfAFileIsAFunctionOfItsContent(t *testing.T) {
	dir := t.TempDir()
	same := time.Unix(1600000000, 0)
	for name, text := range map[string]string{"a": "AAAA", "b": "BBBB", "c": "AAAA"} {
		put(t, filepath.Join(dir, name), text, 0o644)
		if err := os.Chtimes(filepath.Join(dir, name), same, same); err != nil {
			t.Fatal(err)
		}
	}
	s := stats(t, dir)
	if s["a"].ModTime == s["b"].ModTime || s["a"].ModTime/1e9 == s["b"].ModTime/1e9 {
		t.Errorf("equal times for different content: %d, %d", s["a"].ModTime, s["b"].ModTime)
	}
	if s["a"].ModTime != s["c"].ModTime {
		t.Errorf("different times for equal content: %d, %d", s["a"].ModTime, s["c"].ModTime)
	}
	for name, stat := range s {
		if at := time.Unix(0, stat.ModTime).UTC(); at.Year() < 2000 || at.Year() > 2008 {
			t.Errorf("%s has the time %v", name, at)
		}
	}
}

func TestNothingOfThisMachineIsSent(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "private"), "p", 0o600)
	put(t, filepath.Join(dir, "program"), "x", 0o700)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("program", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "private"), filepath.Join(dir, "second")); err != nil {
		t.Fatal(err)
	}
	s := stats(t, dir)
	for name, want := range map[string]fs.FileMode{
		"private": 0o644, "second": 0o644, "program": 0o755, "sub": fs.ModeDir | 0o755, "link": fs.ModeSymlink | 0o777,
	} {
		got := s[name]
		if got == nil || fs.FileMode(got.Mode) != want || got.Uid != 0 || got.Gid != 0 || len(got.Xattrs) != 0 {
			t.Errorf("%s is sent as %v, want mode %v", name, got, want)
		}
	}
	if s["second"].Linkname != "" || s["second"].Size != 1 || s["link"].Linkname != "program" {
		t.Errorf("second = %v, link = %v", s["second"], s["link"])
	}
}

func TestTheRecipeIsSentFromMemory(t *testing.T) {
	r := recipeFS{recipeName: []byte("FROM scratch\n"), recipeName + ".dockerignore": []byte("**/.pipeline\n")}
	for target, want := range map[string]int{"": 2, "/": 2, recipeName: 1, "/" + recipeName: 1, "other": 0} {
		n := 0
		err := r.Walk(t.Context(), target, func(string, fs.DirEntry, error) error { n++; return nil })
		if err != nil || n != want {
			t.Errorf("walk %q: %d files, %v, want %d", target, n, err, want)
		}
	}
	f, err := r.Open(recipeName)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || string(data) != "FROM scratch\n" {
		t.Errorf("read %q, %v", data, err)
	}
	if _, err := r.Open("other"); err == nil {
		t.Error("opened a file that is not there")
	}
}
