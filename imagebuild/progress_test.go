package imagebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	bkclient "github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/haddock-ci/pipeline/internal/events"
)

// play feeds a build into a progress: each step's name, its output and error.
func play(t *testing.T, dockerfile string, secrets map[string][]byte, steps ...bkclient.Vertex) (*progress, *bytes.Buffer) {
	t.Helper()
	r, err := parseText(t, dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	p := newProgress(Request{Log: log, Secrets: secrets}, r)
	now := time.Now()
	for i := range steps {
		v := &steps[i]
		v.Digest = digest.FromString(v.Name)
		v.Started, v.Completed = &now, &now
		p.take(&bkclient.SolveStatus{Vertexes: []*bkclient.Vertex{v}})
	}
	return p, log
}

func TestLinesAreCutAndMaskedWhateverThePieces(t *testing.T) {
	r, err := parseText(t, "FROM scratch\nRUN x\n")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	log := &bytes.Buffer{}
	p := newProgress(Request{
		Log: log, Secrets: map[string][]byte{"k": []byte("hunter-two\n"), "long": []byte("hunter-two-more\nline-two\n"), "s": []byte("ab")},
		Events: func(e events.Event) {
			if e.Kind == events.LogLine {
				lines = append(lines, e.Text)
			}
		},
	}, r)
	now, d := time.Now(), digest.FromString("x")
	p.take(&bkclient.SolveStatus{Vertexes: []*bkclient.Vertex{{Digest: d, Name: "[1/1] RUN x", Started: &now}}})
	for _, piece := range []string{"first\nthe pass", "word is hun", "ter-two\r\nhunter-two-more", "\n10%\r50%\r100%\nabc line-two\nno end"} {
		p.take(&bkclient.SolveStatus{Logs: []*bkclient.VertexLog{{Vertex: d, Data: []byte(piece)}}})
	}
	p.take(&bkclient.SolveStatus{Logs: []*bkclient.VertexLog{{Vertex: digest.FromString("nobody"), Data: []byte("x\n")}}})
	p.flush()
	want := []string{"first", "the password is ***", "***", "100%", "abc ***", "no end"}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("lines = %q\nwant    %q", lines, want)
	}
	if strings.Contains(log.String(), "hunter") {
		t.Errorf("log:\n%s", log)
	}
}

func TestATailIsNotTheWholeLog(t *testing.T) {
	p, _ := play(t, "FROM scratch\nRUN x\n", nil)
	r := &running{name: "[1/1] RUN x"}
	for i := range 200 {
		p.line(r, fmt.Sprint(i))
	}
	if len(r.tail) != tailLines || r.tail[tailLines-1] != "199" {
		t.Errorf("tail = %q", r.tail)
	}
}

// The texts are what engines 20.10 and 26.1 answer.
func TestTheEnginesWordsAreExplained(t *testing.T) {
	const dockerfile = "# syntax=docker/dockerfile:1\nFROM base\nCOPY app.jar /app\nRUN --mount=type=secret,id=token make\n"
	const from, copied, run = "[1/3] FROM docker.io/library/base", "[2/3] COPY app.jar /app", "[3/3] RUN --mount=type=secret,id=token make"
	for name, c := range map[string]struct {
		step, vertexError, answer string
		want                      string
		line, code                int
		kind                      error
	}{
		"a failing run, 20.10":         {run, "executor failed running [/bin/sh -c make]: exit code: 37", "", ":4: RUN --mount=type=secret,id=token make: exit code 37", 4, 37, nil},
		"a failing run, 26.1":          {run, `process "/bin/sh -c make" did not complete successfully: exit code: 2`, "", "exit code 2", 4, 2, nil},
		"a missing source":             {copied, `failed to calculate checksum of ref x: "/app.jar": not found`, "", "app.jar is not in the build context", 3, 0, nil},
		"a missing source, old":        {copied, `"/app.jar" not found: not found`, "", "app.jar is not in the build context", 3, 0, nil},
		"a missing secret":             {run, "secret token: not found", "", "image.secrets", 4, 0, nil},
		"a full disk":                  {run, "write /x: no space left on device", "", "no space left", 0, 0, ErrNoSpace},
		"no login":                     {from, "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", "", "base", 0, 0, ErrBaseUnreachable},
		"a firewall":                   {"resolve image config for docker.io/docker/dockerfile:1", "dial tcp: lookup registry-1.docker.io: no such host", "", "# syntax line", 0, 0, ErrBaseUnreachable},
		"no network in a run":          {run, "executor failed: exit code: 1: connection refused", "", "exit code 1", 4, 1, nil},
		"an image that does not exist": {from, "docker.io/library/base:latest: not found", "", "not found", 2, 0, nil},
		"an unknown stage":             {"", "", "failed to solve with frontend dockerfile.v0: failed to build LLB: target stage x could not be found", "image.target", 0, 0, nil},
		"a syntax error":               {"", "", "rpc error: code = Unknown desc = failed to create LLB definition: dockerfile parse error line 3: unknown flag: foo", "Dockerfile:3: dockerfile parse error", 3, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var steps []bkclient.Vertex
			if c.step != "" {
				steps = []bkclient.Vertex{{Name: "[internal] load build context", Error: "context canceled"}, {Name: c.step, Error: c.vertexError}}
			}
			p, _ := play(t, dockerfile, nil, steps...)
			err := p.explain(t.Context(), errors.New("failed to solve: "+c.answer+c.vertexError))
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			var failure *BuildError
			switch {
			case c.kind != nil && !errors.Is(err, c.kind):
				t.Errorf("err = %v, want %v", err, c.kind)
			case c.kind == nil && (!errors.As(err, &failure) || failure.Line != c.line || failure.ExitCode != c.code):
				t.Errorf("err = %v (%+v), want line %d, code %d", err, failure, c.line, c.code)
			}
		})
	}
}

func TestAnEngineThatGoesAwayIsNoFaultOfTheDockerfile(t *testing.T) {
	p, _ := play(t, "FROM scratch\n", nil)
	err := p.explain(t.Context(), errors.New("failed to solve: rpc error: code = Unavailable desc = error reading from server: EOF"))
	var failure *BuildError
	if errors.As(err, &failure) || !strings.Contains(err.Error(), "went away") {
		t.Errorf("err = %v", err)
	}
}

func TestAnInterruptIsTheCause(t *testing.T) {
	p, _ := play(t, "FROM scratch\nRUN x\n", nil, bkclient.Vertex{Name: "[1/1] RUN x", Error: "context canceled"})
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if err := p.explain(ctx, errors.New("failed to solve: context canceled")); !errors.Is(err, stop) {
		t.Errorf("err = %v", err)
	}
}

func TestTheLogSaysHowEachStepEnded(t *testing.T) {
	p, log := play(t, "FROM scratch\nCOPY a /\nRUN x\nRUN y\n", map[string][]byte{"s": []byte("secret-arg")},
		bkclient.Vertex{Name: "[1/3] COPY a /", Cached: true}, bkclient.Vertex{Name: "[2/3] RUN x secret-arg"},
		bkclient.Vertex{Name: "[3/3] RUN y", Error: "boom"}, bkclient.Vertex{Name: "exporting", Error: "context canceled"})
	want := "#1 [1/3] COPY a /\n#1 CACHED\n#2 [2/3] RUN x ***\n#2 DONE 0.0s\n#3 [3/3] RUN y\n#3 ERROR: boom\n#4 exporting\n#4 CANCELED\n"
	if log.String() != want {
		t.Errorf("log:\n%s\nwant:\n%s", log, want)
	}
	if steps := p.finished(); len(steps) != 3 || !steps[0].Cached || steps[0].Line != 2 || steps[2].Line != 4 {
		t.Errorf("steps = %+v", steps)
	}
}

func TestArgumentsThatLookLikeSecretsAreWarnedOf(t *testing.T) {
	var warned []string
	warnOfSecrets(Request{
		Args:   map[string]string{"NEXUS_PASSWORD": "x", "VERSION": "1", "apiKey": "y", "GITHUB_TOKEN": "z"},
		Events: func(e events.Event) { warned = append(warned, e.Text) },
	})
	all := strings.Join(warned, "\n")
	if len(warned) != 3 || strings.Contains(all, "VERSION") || !strings.Contains(all, "NEXUS_PASSWORD") {
		t.Errorf("warnings:\n%s", all)
	}
}
