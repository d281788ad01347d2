package imagebuild

import (
	"errors"
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
	err = c.sender.Walk(t.Context(), "/", func(path string, entry fs.DirEntry, err error) error {
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

func TestWhatIsSentIsWhatWasHashed(t *testing.T) {
	at := time.Unix(1600000000, 0)
	for name, c := range map[string]struct {
		change func(path string) error
		ok     bool
	}{
		"nothing":      {func(string) error { return nil }, true},
		"a bare touch": {func(path string) error { return os.Chtimes(path, at, at) }, true},
		"one byte":     {func(path string) error { return os.WriteFile(path, []byte("AAAB"), 0o644) }, false},
		"more of it":   {func(path string) error { return os.WriteFile(path, []byte("AAAAA"), 0o644) }, false},
		"it is gone":   {os.Remove, false},
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\n", 0o644)
		put(t, filepath.Join(dir, "a"), "AAAA", 0o644)
		files, err := OpenContext(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := files.Hash(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.change(filepath.Join(dir, "a")); err != nil {
			t.Fatal(err)
		}
		f, err := files.sender.Open("a")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(f)
		if (err == nil) != c.ok || (files.changed() == nil) != c.ok {
			t.Errorf("%s: sending says %v, the context %v", name, err, files.changed())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOtherFilesThanWereHashedEndTheNextWalk(t *testing.T) {
	at := time.Unix(1600000000, 0)
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string // the file that is named; empty: none
	}{
		"nothing":         {func(string) error { return nil }, ""},
		"a bare touch":    {func(dir string) error { return os.Chtimes(filepath.Join(dir, "a"), at, at) }, ""},
		"one byte":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("AAAAB"), 0o644) }, "a"},
		"the x bit":       {func(dir string) error { return os.Chmod(filepath.Join(dir, "a"), 0o755) }, "a"},
		"a new file":      {func(dir string) error { return os.WriteFile(filepath.Join(dir, "b"), nil, 0o644) }, "b"},
		"git's own files": {func(dir string) error { return os.WriteFile(filepath.Join(dir, ".git", "index"), []byte("2"), 0o644) }, ""},
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\n", 0o644)
		put(t, filepath.Join(dir, "a"), "AAAA", 0o644)
		if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, ".git", "index"), "1", 0o644)
		files, err := OpenContext(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := files.Hash(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		after, _, err := files.Hash(t.Context())
		var failure *BuildError
		switch {
		case c.want == "" && (err != nil || after != before):
			t.Errorf("%s: %q, %v, want %q", name, after, err, before)
		case c.want != "" && (!errors.As(err, &failure) || failure.Reason != c.want+" changed while the image was built"):
			t.Errorf("%s: %v, want %s named", name, err, c.want)
		}
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
