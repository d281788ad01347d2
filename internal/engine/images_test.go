package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestReadPushFindsDigestAndError(t *testing.T) {
	for name, c := range map[string]struct{ stream, digest, fails, line string }{
		"a push as 20.10 tells it": {
			`{"status":"The push refers to repository [127.0.0.1:5000/a]"}
			 {"status":"Pushing","progressDetail":{"current":512,"total":1024},"progress":"[=>]","id":"abc"}
			 {"status":"1: digest: sha256:00 size: 528"}
			 {"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:00","Size":528}}`,
			"sha256:00", "", "abc: Pushing 512/1024",
		},
		"a store that does not say": {`{"status":"Pushed","id":"abc"}`, "", "", "abc: Pushed"},
		"an error": {
			`{"status":"Preparing"}{"errorDetail":{"message":"no basic auth credentials"},"error":"no basic auth credentials"}`,
			"", "no basic auth credentials", "Preparing",
		},
		"an old error":    {`{"error":"denied"}`, "", "denied", ""},
		"nothing":         {"", "", "", ""},
		"a cut stream":    {`{"status":"Pre`, "", "unexpected EOF", ""},
		"another program": {"<html>", "", "invalid character", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			pushed, err := readPush(strings.NewReader(c.stream), func(line string) { lines = append(lines, line) })
			if pushed.Digest != c.digest || (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("pushed = %+v, %v, want %q, %q", pushed, err, c.digest, c.fails)
			}
			if !strings.Contains(strings.Join(lines, "\n"), c.line) {
				t.Errorf("lines = %q, want %q", lines, c.line)
			}
		})
	}
}

func TestAnEngineWithoutBuildKitIsToldFromABrokenConnection(t *testing.T) {
	e := &Engine{Version: "18.06.1", API: "1.38"}
	err := e.noBuildKit(t.Context(), errors.New("unable to upgrade to h2c, received 404"))
	if !errors.Is(err, ErrNoBuildKit) || !strings.Contains(err.Error(), "Docker 20.10 or newer") {
		t.Errorf("err = %v", err)
	}
	if err := e.noBuildKit(t.Context(), errors.New("read: connection reset by peer")); errors.Is(err, ErrNoBuildKit) {
		t.Errorf("err = %v", err)
	}
}
