package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/git/gittest"
	"github.com/haddock-ci/pipeline/registry"
)

// project is a repository with a pipeline.yaml and a git-ignored file that the
// image copies.
func project(t *testing.T) (gittest.Repo, func() Snapshot) {
	t.Helper()
	r := gittest.New(t)
	r.Write(".gitignore", "/target/\n/init/\n")
	r.Write("pipeline.yaml", "name: a\noracle: {image: \"x:1\", init: [init]}\nbuild: {test: make}\n")
	r.Write("src/App.java", "class App {}")
	r.Write("src/Bpp.java", "class Bpp {}")
	r.Write("target/app.jar", "jar")
	r.Write("init/1.sql", "create table t")
	r.Commit()
	contextHash := func(context.Context) (string, map[string]string, error) {
		files := map[string]string{}
		for _, name := range []string{"target/app.jar", "src/App.java"} {
			text, err := os.ReadFile(filepath.Join(r.Dir, name))
			if err != nil {
				return "", nil, err
			}
			files[name] = string(text)
		}
		return fmt.Sprint(files), files, nil
	}
	return r, func() Snapshot {
		t.Helper()
		c, err := Load(filepath.Join(r.Dir, "pipeline.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Snapshot(t.Context(), contextHash)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestProofNamesWhatDiffersFirst(t *testing.T) {
	tests := map[string]struct {
		change func(r gittest.Repo)
		file   string
		reason string // empty when the proof still holds
	}{
		"nothing": {func(gittest.Repo) {}, "", ""},
		"a touch": {func(r gittest.Repo) {
			for _, name := range []string{"src/App.java", "target/app.jar", "pipeline.yaml", "init/1.sql"} {
				_ = os.Chtimes(filepath.Join(r.Dir, name), time.Time{}, time.Now().Add(time.Hour))
			}
		}, "", ""},
		"a commit of the same files":                   {func(r gittest.Repo) { r.Commit() }, "", ""},
		"an ignored file that the image does not copy": {func(r gittest.Repo) { r.Write("target/surefire.txt", "x") }, "", ""},
		"a changed byte": {
			func(r gittest.Repo) { r.Write("src/App.java", "class App { }") },
			"src/App.java", "src/App.java was changed after the tests ran",
		},
		"two files": {
			func(r gittest.Repo) { r.Write("src/App.java", "x"); r.Write("src/Zpp.java", "x") },
			"src/App.java", "src/App.java was changed after the tests ran, and 1 more",
		},
		"a new file": {
			func(r gittest.Repo) { r.Write("src/New.java", "x") },
			"src/New.java", "src/New.java was added after the tests ran; if a build makes it, let .gitignore name it",
		},
		"a removed file": {
			func(r gittest.Repo) { _ = os.Remove(filepath.Join(r.Dir, "src/Bpp.java")) },
			"src/Bpp.java", "src/Bpp.java was removed after the tests ran",
		},
		"an ignored file that the image copies": {
			func(r gittest.Repo) { r.Write("target/app.jar", "jaR") },
			"target/app.jar", "target/app.jar was changed after the tests ran (ignored by git, but part of the image's build context)",
		},
		"an ignored init file": {
			func(r gittest.Repo) { r.Write("init/1.sql", "x") },
			"", "a file of oracle.init is not the one of the tests",
		},
		"the build section": {
			func(r gittest.Repo) {
				r.Write("pipeline.yaml", "name: a\noracle: {image: \"x:1\", init: [init]}\nbuild: {test: \"true\"}\n")
			},
			"", "section build of pipeline.yaml is not the one of the tests",
		},
		"another section": {
			func(r gittest.Repo) {
				r.Write("pipeline.yaml", "name: b\noracle: {image: \"x:1\", schemas: [a], init: [init]}\nbuild: {test: make}\n")
			},
			"pipeline.yaml", "pipeline.yaml was changed after the tests ran",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, snapshot := project(t)
			proof := snapshot().Proof("a")
			tt.change(r)
			err := proof.Check(snapshot())
			if tt.reason == "" {
				if err != nil {
					t.Errorf("Check: %v", err)
				}
				return
			}
			untested, ok := errors.AsType[*UntestedError](err)
			if !ok || untested.File != tt.file || untested.Reason != tt.reason {
				t.Errorf("Check: %v, want %s", err, tt.reason)
			}
		})
	}
}

func TestProofWithoutGitProvesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	c := Config{Name: "a", Dir: dir}
	now, err := c.Snapshot(t.Context(), nil)
	if err != nil || now.Commit != "" {
		t.Fatalf("Snapshot = %+v, %v", now, err)
	}
	if err := now.Proof("a").Check(now); err == nil || !strings.Contains(err.Error(), "not under git") {
		t.Errorf("Check: %v", err)
	}
}

func TestProofOfAnUnknownContextDoesNotHold(t *testing.T) {
	_, snapshot := project(t)
	now := snapshot()
	proof := now.Proof("a")
	proof.Context, proof.ContextFiles = "", nil
	if err := proof.Check(now); err == nil || !strings.Contains(err.Error(), "build context was not known") {
		t.Errorf("Check: %v", err)
	}
}

func TestSnapshotPassesOnTheContextsFault(t *testing.T) {
	dir := t.TempDir()
	cause := errors.New("no Dockerfile")
	_, err := Config{Dir: dir}.Snapshot(t.Context(), func(context.Context) (string, map[string]string, error) { return "", nil, cause })
	if !errors.Is(err, cause) {
		t.Errorf("Snapshot: %v", err)
	}
}

func TestProofSurvivesItsFile(t *testing.T) {
	_, snapshot := project(t)
	proof := snapshot().Proof("a")
	proof.Tests = registry.Tests{Total: 3, Skipped: 1, Tree: proof.Tree}
	proof.Database = registry.Database{Image: "x:1", StandIn: true}
	proof.By, proof.Created, proof.Tool = "me@host", time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), "pipeline 0.1.0"
	file := filepath.Join(t.TempDir(), "itest.json")
	if err := proof.Write(file); err != nil {
		t.Fatal(err)
	}
	got, err := ReadProof(file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, proof) {
		t.Errorf("read %+v\nwrote %+v", got, proof)
	}
}

func TestADamagedProofIsNone(t *testing.T) {
	good, err := json.Marshal(Proof{Schema: proofSchema, Tree: "x", Tests: registry.Tests{Tree: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ text, want string }{
		"empty":         {"", "is damaged"},
		"cut off":       {string(good[:len(good)/2]), "is damaged"},
		"unknown field": {`{"schema": 1, "tests": {}, "more": 1}`, "is damaged"},
		"two":           {string(good) + "{}", "is damaged"},
		"no tree":       {`{"schema": 1}`, "is damaged"},
		"other tree":    {`{"schema": 1, "tree": "a", "tests": {"tree": "b"}}`, "is damaged"},
		"newer":         {`{"schema": 2, "other": 1}`, "has schema 2, this version reads 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ReadProof(write(t, t.TempDir(), "itest.json", tt.text))
			if _, ok := errors.AsType[*UntestedError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ReadProof: %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := ReadProof(filepath.Join(t.TempDir(), "none")); err == nil || err.Error() != "this tree is not tested: there is no proof that the tests have passed" {
		t.Errorf("ReadProof: %v", err)
	}
}
