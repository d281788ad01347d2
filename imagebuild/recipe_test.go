package imagebuild

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const multiStage = `# syntax=docker/dockerfile:1
ARG BASE=golang
FROM $BASE:1.26 AS build
WORKDIR /src
COPY go.mod .
ENV A=b
RUN go build ./... && \
    go test ./...

FROM build AS check
RUN lint

FROM registry.example.com/base:1
COPY --from=build /src/app /app
RUN setup
`

func parseText(t *testing.T, text string) (*recipe, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := OpenContext(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return parseRecipe(c)
}

func TestAStepIsFoundByItsName(t *testing.T) {
	for name, c := range map[string]struct {
		text, step string
		line       int
	}{
		"by number":                         {multiStage, "[build 3/4] COPY go.mod .", 5},
		"though its text is expanded":       {multiStage, "[build 4/4] RUN go build ./... && go test ./...", 7},
		"in the stage without a name":       {multiStage, "[stage-2 3/3] RUN setup", 15},
		"in a stage from another stage":     {multiStage, "[check 1/1] RUN lint", 11},
		"a base image":                      {multiStage, "[build 1/4] FROM docker.io/library/golang:1.26@sha256:00", 3},
		"with a platform":                   {multiStage, "[linux/amd64 build 2/4] WORKDIR /src", 4},
		"by text, when a base adds its own": {multiStage, "[stage-2 9/9] RUN setup", 15},
		"the engine's own work":             {multiStage, "[internal] load build context", 0},
		"another instruction":               {multiStage, "[build 3/4] RUN rm", 0},
		"after scratch":                     {"FROM scratch\nCOPY a /\nRUN x\n", "[2/2] RUN x", 3},
		"after an image":                    {"FROM a\nCOPY a /\nRUN x\n", "[3/3] RUN x", 3},
		"no number at all":                  {"FROM a\nRUN x\n", "exporting to image", 0},
		"a number too high":                 {"FROM a\nRUN x\n", "[99999999999999999999/2] RUN x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseText(t, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := r.find(c.step); got.line != c.line {
				t.Errorf("%s is line %d, want %d", c.step, got.line, c.line)
			}
		})
	}
}

func TestTheBaseOfAnImage(t *testing.T) {
	for name, c := range map[string]struct{ text, target, want string }{
		"the last stage":      {multiStage, "", "registry.example.com/base:1"},
		"an unknown argument": {"FROM $GO\n", "", ""},
		"an argument":         {"ARG GO=go:1\nFROM ${GO} AS x\nFROM x\n", "", "go:1"},
		"one that is given":   {"ARG GIVEN=go:1\nFROM $GIVEN\n", "", "given:2"},
		"without a default":   {"ARG GIVEN\nFROM $GIVEN\n", "", "given:2"},
		"one in another":      {"ARG V=1\nARG GO=go:$V\nFROM ${GO}-slim\n", "", "go:1-slim"},
		"a default in place":  {"FROM ${GO:-go:3}\n", "", "go:3"},
		"the architecture":    {"FROM go-$TARGETARCH\n", "", ""},
		"declared too late":   {"FROM a AS x\nARG GO=go:1\nFROM $GO\n", "", ""},
		"through a stage":     {"FROM a:1 AS x\nFROM x AS y\nFROM scratch\n", "y", "a:1"},
		"by number":           {"FROM a:1 AS x\nFROM b\n", "0", "a:1"},
		"scratch":             {"FROM scratch\nCOPY a /\n", "", ""},
		"a stage of no name":  {"FROM a:1\n", "nowhere", "a:1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseText(t, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.base(c.target, map[string]string{"GIVEN": "given:2"}); got != c.want {
				t.Errorf("base = %q, want %q", got, c.want)
			}
		})
	}
}

func TestADockerfileThatCannotBeParsed(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "only comments": "# nothing\n", "an open heredoc": "FROM a\nRUN <<EOF\nx\n"} {
		t.Run(name, func(t *testing.T) {
			_, err := parseText(t, text)
			var failure *BuildError
			if !errors.As(err, &failure) || failure.Dockerfile != "Dockerfile" {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func FuzzRecipe(f *testing.F) {
	f.Add(multiStage, "[build 3/4] COPY go.mod .")
	f.Add("FROM scratch\nRUN <<A <<B\nA\nB\n", "[1/1] RUN x")
	f.Add("RUN x\nFROM\nFROM a as\nCOPY", "[stage-0 1/1] FROM a")
	f.Fuzz(func(t *testing.T, text, step string) {
		r, err := parseRecipe(&Context{Dir: "/c", Dockerfile: "/c/Dockerfile", recipe: []byte(text)})
		if err != nil {
			return
		}
		r.find(step)
		r.base("", nil)
		r.base("build", map[string]string{"A": "${B}"})
		_ = t
	})
}
