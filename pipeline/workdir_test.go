package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWorkdirIsHeldByOneRunAtATime(t *testing.T) {
	project := t.TempDir()
	first, err := OpenWorkdir(project)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenWorkdir(project)
	if !errors.Is(err, ErrBusy) {
		t.Fatalf("second run got %v, want ErrBusy", err)
	}
	if want := "process "; !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not name the process that holds the folder", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := OpenWorkdir(project)
	if err != nil {
		t.Fatalf("after the first run ended: %v", err)
	}
	second.Close()
}

func TestWorkdirIgnoresItselfInGit(t *testing.T) {
	project := t.TempDir()
	w, err := OpenWorkdir(project)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	got, err := os.ReadFile(filepath.Join(project, WorkdirName, ".gitignore"))
	if err != nil || string(got) != "*\n" {
		t.Errorf(".gitignore holds %q (%v), want *", got, err)
	}
}

func TestWorkdirEmptiesOutAndKeepsState(t *testing.T) {
	project := t.TempDir()
	w, err := OpenWorkdir(project)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.EmptyOut(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{w.Out("release.json"), w.State("itest.json")} {
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.EmptyOut(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(w.Out("release.json")); !errors.Is(err, os.ErrNotExist) {
		t.Error("release.json of an earlier run is still in out")
	}
	if _, err := os.Stat(w.State("itest.json")); err != nil {
		t.Error("the proof is gone from state")
	}
}

func TestUnusableWorkdirSaysWhy(t *testing.T) {
	project := t.TempDir()
	if err := os.WriteFile(filepath.Join(project, WorkdirName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenWorkdir(project)
	if _, ok := errors.AsType[*WorkdirError](err); !ok {
		t.Fatalf("got %v, want a *WorkdirError", err)
	}
	if !strings.Contains(err.Error(), WorkdirName) {
		t.Errorf("error %q does not name the folder", err)
	}
}

func TestLogTakesEverythingAndTellsAtTheEndWhatIsLost(t *testing.T) {
	w, err := OpenWorkdir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.EmptyOut(); err != nil {
		t.Fatal(err)
	}
	log, err := w.Log("test")
	if err != nil {
		t.Fatal(err)
	}
	log.file.Close() // stands for a disk that takes no more
	if n, err := log.Write([]byte("line\n")); n != 5 || err != nil {
		t.Errorf("got %d, %v: the writer must not learn that its log is lost", n, err)
	}
	if _, ok := errors.AsType[*WorkdirError](log.Close()); !ok {
		t.Error("the lost line is not told at the end")
	}
}
