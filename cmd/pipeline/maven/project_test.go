//go:build integration

// Package maven takes examples/orders-maven, a real Maven project, through the
// program: it needs Maven, a JDK, and Maven Central or a warm ~/.m2.
package maven

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

var programs string // the folder of pipeline, built for these tests

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "pipeline-maven-")
	if err != nil {
		panic(err)
	}
	build := exec.Command("go", "build", "-o", dir, "github.com/haddock-ci/pipeline/cmd/pipeline")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	programs = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// A project is a copy of examples/orders-maven under git, which releases to a
// registry of its own.
type project struct {
	dir      string
	registry *registrytest.Registry
	environ  []string
}

func newProject(t *testing.T) *project {
	t.Helper()
	if _, err := exec.LookPath("mvn"); err != nil {
		t.Fatalf("these tests need Maven and a JDK: %v; scripts/maven.sh installs them", err)
	}
	p := &project{dir: t.TempDir(), registry: registrytest.Start(t, registrytest.Options{})}
	from := filepath.Join("..", "..", "..", "examples", "orders-maven")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{"target", ".pipeline"}, d.Name()) {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(p.dir, rel), 0o755))
		}
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(p.dir, rel), text, 0o644))
	})
	if err != nil {
		t.Fatal(err)
	}
	p.edit(t, "pipeline.yaml", "127.0.0.1:5018", p.registry.Host)
	p.edit(t, "pipeline.yaml", "orders-jre:17", "scratch")
	p.environ = append(slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "PIPELINE_RUN_ID=") }),
		"PATH="+programs+":"+os.Getenv("PATH"), "GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com")
	p.commit(t)
	t.Cleanup(func() { _ = p.command("pipeline", "oracle", "stop").Run() }) // of a test that has failed
	return p
}

// edit replaces the first old in a file, which must hold it.
func (p *project) edit(t *testing.T, name, old, new string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	text, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	if err = errors.Join(err, os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(new), 1), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// hang adds an integration test that never ends.
func (p *project) hang(t *testing.T) {
	t.Helper()
	err := os.WriteFile(filepath.Join(p.dir, "domain/src/test/java/shop/orders/HangsIT.java"), []byte(`package shop.orders;

class HangsIT {
    @org.junit.jupiter.api.Test
    void waitsForEver() throws Exception {
        Thread.sleep(1_000_000);
    }
}
`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
}

func (p *project) commit(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "test"}} {
		if out, err := p.command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

func (p *project) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	if program == "pipeline" {
		cmd.Path, cmd.Err = filepath.Join(programs, program), nil
	}
	cmd.Dir, cmd.Env = p.dir, p.environ
	return cmd
}

// run runs a program in the project; want is its exit status. It returns all
// that the program said.
func (p *project) run(t *testing.T, want int, program string, args ...string) string {
	t.Helper()
	cmd := p.command(program, args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != want {
		log, _ := os.ReadFile(filepath.Join(p.dir, ".pipeline/out/logs/test.log"))
		compiled, _ := os.ReadFile(filepath.Join(p.dir, ".pipeline/out/logs/compile.log"))
		said := string(out) + string(compiled) + string(log)
		for _, offline := range []string{"Could not transfer artifact", "Unknown host", "in offline mode"} {
			if strings.Contains(said, offline) {
				t.Fatalf("these tests need Maven Central, as ~/.m2/settings.xml reaches it, or a ~/.m2 that has all of examples/orders-maven\n%s", said)
			}
		}
		t.Fatalf("%s %s: exit status %d, want %d\n%s", program, strings.Join(args, " "), got, want, said)
	}
	return string(out)
}

// maven runs Maven as the project's team does, except that it leaves ~/.m2
// alone.
func (p *project) maven(t *testing.T, want int, args ...string) string {
	t.Helper()
	return p.run(t, want, "mvn", append([]string{"-B", "-Dmaven.install.skip=true"}, args...)...)
}

// databases are the containers that the project's last build has left.
func (p *project) databases(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label=pipeline.run-id="+p.runID(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func (p *project) runID(t *testing.T) string {
	t.Helper()
	text := p.file(t, ".pipeline/state/opening.json")
	_, rest, _ := strings.Cut(text, `"runId":"`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no run id in %s", text)
	}
	return id
}

func (p *project) file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// released is the release that the registry really has.
func (p *project) released(t *testing.T) registry.Release {
	t.Helper()
	release, err := registry.ReadRelease(filepath.Join(p.dir, ".pipeline/out/release.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.registry.Digest(t, "demo/orders-maven", release.Tag); got != release.Digest || !release.Tested || release.Tests.Total != 44 {
		t.Errorf("the registry has %s, the release is %+v", got, release)
	}
	return release
}

// eventually polls until done.
func eventually(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %v: %s", limit, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func contains(text []byte, part string) bool { return bytes.Contains(text, []byte(part)) }

func wantText(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("nothing of %q in\n%s", want, text)
		}
	}
}
