//go:build integration

package imagebuild_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
)

// shell is the program that plays /bin/sh in images made from nothing: no base
// image can be had where these tests run.
const shell = `package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	line := strings.Join(os.Args[1:], " ")
	for _, word := range strings.Fields(strings.TrimPrefix(line, "-c ")) {
		switch {
		case word == "fail":
			fmt.Println("something is wrong here")
			os.Exit(37)
		case word == "hang":
			fmt.Println("hanging")
			time.Sleep(10 * time.Minute)
		case word == "secret":
			data, err := os.ReadFile("/run/secrets/token")
			fmt.Printf("the token is %s %v\n", data, err)
		case strings.HasPrefix(word, "put:"):
			fmt.Println(os.WriteFile(word[4:], []byte("kept"), 0o644))
		case word == "fresh":
			fmt.Println("built at", time.Now().UnixNano())
		case strings.HasPrefix(word, "cat:"):
			data, err := os.ReadFile(word[4:])
			fmt.Printf("%s has %s %v\n", word[4:], data, err)
		default:
			fmt.Println(os.ExpandEnv(word))
		}
	}
}
`

// program compiles a static program into dir and returns its name there.
func program(t *testing.T, dir, name, source string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "main.go")
	write(t, src, source)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, name), src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile %s: %v\n%s", name, err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T) *engine.Engine {
	t.Helper()
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatalf("these tests need a Docker engine: %v", err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

// project is a folder with the shell and this Dockerfile; its images have
// names of their own and are removed after the test.
type project struct {
	eng *engine.Engine
	dir string
	req imagebuild.Request // but for the context, which every build opens anew
	log *bytes.Buffer
}

func newProject(t *testing.T, dockerfile string) *project {
	t.Helper()
	dir := t.TempDir()
	program(t, dir, "sh", shell)
	write(t, filepath.Join(dir, "Dockerfile"), dockerfile)
	tag := fmt.Sprintf("pipeline-test-imagebuild:%d", time.Now().UnixNano())
	p := &project{eng: connect(t), dir: dir, log: &bytes.Buffer{}}
	p.req = imagebuild.Request{
		Tag: tag, SharedKey: "pipeline-test-" + filepath.Base(dir), Log: p.log,
		Epoch: time.Unix(1700000000, 0), Labels: map[string]string{"pipeline.test": "imagebuild"},
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if i, err := p.eng.Image(ctx, tag); err == nil {
			if err := p.eng.UntagImage(ctx, i.ID, tag); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// try opens the context and builds; between may change what was hashed.
func (p *project) try(ctx context.Context, between func(*imagebuild.Context)) (imagebuild.Image, error) {
	p.log.Reset()
	files, err := imagebuild.OpenContext(p.dir, "")
	if err != nil {
		return imagebuild.Image{}, err
	}
	if between != nil {
		between(files)
	}
	p.req.Context = files
	return imagebuild.Build(ctx, p.eng, p.req)
}

func (p *project) build(t *testing.T) imagebuild.Image {
	t.Helper()
	image, err := p.try(t.Context(), nil)
	if err != nil {
		t.Fatalf("build: %v\n%s", err, p.log)
	}
	// One that lost its name to a later build would stay without any.
	t.Cleanup(func() { _ = p.eng.UntagImage(context.WithoutCancel(t.Context()), image.ID, image.ID) })
	return image
}

func (p *project) fail(t *testing.T) *imagebuild.BuildError {
	t.Helper()
	_, err := p.try(t.Context(), nil)
	var failure *imagebuild.BuildError
	if !errors.As(err, &failure) {
		t.Fatalf("build: %v (%T), want a *BuildError\n%s", err, err, p.log)
	}
	t.Log(err)
	return failure
}

func TestBuildMakesAnImageWithTheStandardLabels(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nARG VERSION\nRUN version-$VERSION\nENTRYPOINT [\"/bin/sh\"]\n")
	p.req.Args = map[string]string{"VERSION": "1.2.3"}
	var lines []string
	p.req.Events = func(e events.Event) { // Build calls it from one goroutine
		if e.Kind == events.LogLine {
			lines = append(lines, e.Text)
		}
	}
	image := p.build(t)
	if !strings.HasPrefix(image.ID, "sha256:") || image.Ref != p.req.Tag || image.Platform != p.eng.OS+"/"+p.eng.Arch {
		t.Errorf("image = %+v", image)
	}
	if got := image.Labels["org.opencontainers.image.created"]; got != "2023-11-14T22:13:20Z" {
		t.Errorf("label created = %q", got)
	}
	if image.Labels["pipeline.test"] != "imagebuild" {
		t.Errorf("labels = %v", image.Labels)
	}
	if len(lines) == 0 || !strings.Contains(strings.Join(lines, "\n"), "1.2.3") {
		t.Errorf("log lines = %q", lines)
	}
	if len(image.Steps) != 2 || image.Steps[1].Line != 4 || image.ContextBytes < 1<<20 {
		t.Errorf("steps = %+v, sent %d", image.Steps, image.ContextBytes)
	}
	again := p.build(t)
	if again.ContextBytes > 4096 || !again.Steps[0].Cached {
		t.Errorf("second build sent %d bytes, steps %+v; want nothing sent and all cached", again.ContextBytes, again.Steps)
	}
}

func TestAFileWithEqualSizeAndTimeIsNeverStale(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nCOPY data /data\nRUN cat:/data\n")
	path := filepath.Join(p.dir, "data")
	for _, content := range []string{"AAAA", "BBBB"} {
		write(t, path, content)
		if err := os.Chtimes(path, time.Unix(1600000000, 0), time.Unix(1600000000, 0)); err != nil {
			t.Fatal(err)
		}
		p.build(t)
		if !strings.Contains(p.log.String(), "/data has "+content) {
			t.Errorf("the image does not have %s:\n%s", content, p.log)
		}
	}
}

func TestAFileThatChangesAfterItWasHashedEndsTheBuild(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nCOPY data /data\nRUN cat:/data\n")
	path, at := filepath.Join(p.dir, "data"), time.Unix(1600000000, 0)
	put := func(content string) {
		write(t, path, content)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("AAAA")
	_, err := p.try(t.Context(), func(files *imagebuild.Context) {
		if _, _, err := files.Hash(t.Context()); err != nil {
			t.Fatal(err)
		}
		put("BBBB")
	})
	var failure *imagebuild.BuildError
	if !errors.As(err, &failure) || failure.Reason != "data changed while the image was built" {
		t.Errorf("%v, want the name of the file that changed\n%s", err, p.log)
	}
	put("AAAA")
	p.build(t)
	if !strings.Contains(p.log.String(), "/data has AAAA") {
		t.Errorf("the engine has kept the other content under this time:\n%s", p.log)
	}
}

func TestAFailingRunNamesLineStepAndLastWords(t *testing.T) {
	p := newProject(t, "FROM scratch\n\nCOPY sh /bin/sh\nRUN one two fresh \\\n    fail\n")
	e := p.fail(t)
	if e.Line != 4 || e.ExitCode != 37 || e.Dockerfile != "Dockerfile" || !strings.HasPrefix(e.Step, "RUN one two fresh") {
		t.Errorf("error = %+v", e)
	}
	if len(e.Log) == 0 || e.Log[len(e.Log)-1] != "something is wrong here" {
		t.Errorf("log = %q", e.Log)
	}
}

func TestWhatADockerfileCanGetWrong(t *testing.T) {
	for name, c := range map[string]struct {
		dockerfile, want string
		line             int
		ignore           string
	}{
		"a source that is not there":  {"FROM scratch\nCOPY nothing /x\n", "nothing is not in the build context", 2, ""},
		"a source that is ignored":    {"FROM scratch\nCOPY app.jar /x\n", "app.jar is not in the build context", 2, "*.jar\n"},
		"a source outside":            {"FROM scratch\nCOPY ../lib.jar /x\n", "nothing outside of the context can be copied", 2, ""},
		"an instruction nobody knows": {"FROM scratch\nCOPPY a b\n", "unknown instruction", 2, ""},
		"a secret that was not given": {"FROM scratch\nCOPY sh /bin/sh\nRUN --mount=type=secret,id=nope,required=true fresh\n", "name it in image.secrets", 3, ""},
		"nothing at all":              {"", "", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, c.dockerfile)
			write(t, filepath.Join(p.dir, "app.jar"), "jar")
			write(t, filepath.Join(p.dir, ".dockerignore"), c.ignore)
			e := p.fail(t)
			if e.Line != c.line || !strings.Contains(e.Error(), c.want) {
				t.Errorf("error = %v (%+v), want line %d and %q", e, e, c.line, c.want)
			}
		})
	}
}

// An engine before 23 takes the lines of a heredoc for instructions.
func TestAHeredocIsRunOrExplained(t *testing.T) {
	e := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nRUN <<EOF\nfail fresh\nEOF\n").fail(t)
	if e.Line != 3 || (e.ExitCode != 37 && !strings.Contains(e.Hint, "does not know heredocs")) {
		t.Errorf("error = %+v, want the exit code or the hint, and line 3", e)
	}
}

func TestASyntaxLineBehindAFirewallIsExplained(t *testing.T) {
	p := newProject(t, "# syntax=127.0.0.1:1/docker/dockerfile:1\nFROM scratch\nCOPY sh /bin/sh\n")
	_, err := p.try(t.Context(), nil)
	if !errors.Is(err, imagebuild.ErrBaseUnreachable) || !strings.Contains(err.Error(), "the # syntax line of Dockerfile fetches an image too") {
		t.Errorf("err = %v", err)
	}
}

func TestACacheMountLastsFromBuildToBuild(t *testing.T) {
	const mount = "RUN --mount=type=cache,target=/cache,id="
	p := newProject(t, "")
	id := fmt.Sprintf("pipeline-test-%d", time.Now().UnixNano())
	for _, run := range []string{"put:/cache/file", "cat:/cache/file"} {
		write(t, filepath.Join(p.dir, "Dockerfile"), "FROM scratch\nCOPY sh /bin/sh\n"+mount+id+" "+run+"\n")
		p.build(t)
	}
	if log := p.log.String(); !strings.Contains(log, "/cache/file has kept <nil>") {
		t.Errorf("the second build does not find what the first has kept:\n%s", log)
	}
}

func TestSecretsReachTheRunAndNoLog(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nRUN --mount=type=secret,id=token,required=true secret fresh\n")
	p.req.Secrets = map[string][]byte{"token": []byte("s3cr3t-value\n")}
	p.build(t)
	if log := p.log.String(); strings.Contains(log, "s3cr3t") || !strings.Contains(log, "the token is ***") {
		t.Errorf("log:\n%s", log)
	}
}

func TestAnUnknownBaseImageIsNoFaultOfTheRun(t *testing.T) {
	p := newProject(t, "FROM 127.0.0.1:1/none:1\n")
	_, err := p.try(t.Context(), nil)
	if !errors.Is(err, imagebuild.ErrBaseUnreachable) {
		t.Errorf("err = %v", err)
	}
	t.Log(err)
}

func TestCancelEndsTheRun(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\nRUN fresh hang\n")
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	hanging := make(chan struct{})
	p.req.Events = func(e events.Event) {
		if e.Kind == events.LogLine && e.Text == "hanging" {
			close(hanging)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := p.try(ctx, nil)
		done <- err
	}()
	select {
	case <-hanging:
	case err := <-done:
		t.Fatalf("the build ended: %v", err)
	}
	cancel(stop)
	select {
	case err := <-done:
		if !errors.Is(err, stop) {
			t.Errorf("err = %v, want the cause", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the build goes on")
	}
	for deadline := time.Now().Add(10 * time.Second); running("/bin/sh -c fresh hang"); {
		if time.Now().After(deadline) {
			t.Fatal("the RUN goes on in the engine")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// running looks for a process by its command line; the engine is local.
func running(line string) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		data, _ := os.ReadFile(path)
		if strings.TrimSpace(strings.ReplaceAll(string(data), "\x00", " ")) == line {
			return true
		}
	}
	return false
}
