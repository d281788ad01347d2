package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
)

func TestWriteReplacesContentAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.json")
	for _, step := range []struct {
		data string
		perm fs.FileMode
	}{{"first, longer", 0o644}, {"second", 0o600}, {"", 0o666}} {
		if err := atomicfile.Write(path, []byte(step.data), step.perm); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != step.data {
			t.Errorf("content = %q, %v, want %q", got, err, step.data)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != step.perm {
			t.Errorf("mode = %v, %v, want %v", info.Mode().Perm(), err, step.perm)
		}
	}
	wantAlone(t, path)
}

func TestFailedWriteLeavesTheOldFileAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.txt")
	if err := atomicfile.Write(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("source broke")
	err := atomicfile.WriteFrom(path, io.MultiReader(strings.NewReader("half"), failing{broken}), 0o644)
	if !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("content = %q, want old", got)
	}
	wantAlone(t, path)
}

func TestCommitOverAFolderFailsAndLeavesNoTemporaryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "taken")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(path, []byte("x"), 0o644)
	if err == nil || !strings.HasPrefix(err.Error(), "write "+path+": ") {
		t.Errorf("err = %v, want one that starts with the path", err)
	}
	wantAlone(t, path)
}

func TestMissingFolderIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	err := atomicfile.Write(filepath.Join(dir, "x"), nil, 0o644)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "the folder "+dir+" does not exist") {
		t.Errorf("err = %v, want one that names the folder and is fs.ErrNotExist", err)
	}
}

func TestAbortAndCommitTwice(t *testing.T) {
	dir := t.TempDir()
	f, err := atomicfile.Create(filepath.Join(dir, "a"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	f.Abort()
	f.Abort()
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("commit after abort = %v, want %v", err, fs.ErrClosed)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadersSeeOnlyWholeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	want := strings.Repeat("0123456789", 20000)
	if err := atomicfile.Write(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 10 {
				if err := atomicfile.Write(path, []byte(want), 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Fatalf("read %d bytes, %v, want %d", len(got), err, len(want))
		}
	}
	writers.Wait()
	wantAlone(t, path)
}

func wantAlone(t *testing.T, path string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(path) {
		t.Errorf("folder holds %v, %v, want only %s", left, err, filepath.Base(path))
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
