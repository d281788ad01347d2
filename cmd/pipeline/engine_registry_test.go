//go:build integration

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// A storyRegistry is a registry on loopback that can be told to misbehave.
type storyRegistry struct {
	server  *httptest.Server
	handler http.Handler

	mu       sync.Mutex
	login    string // user:password that everybody must show; empty: nobody
	failing  int    // so many uploads of a manifest are answered with status
	status   int
	requests int
}

func startRegistry() *storyRegistry {
	r := &storyRegistry{handler: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))}
	r.server = httptest.NewServer(r)
	return r
}

func (r *storyRegistry) address() string { return strings.TrimPrefix(r.server.URL, "http://") }

func (r *storyRegistry) close() { r.server.Close() }

func (r *storyRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.refuses(w, req) {
		return
	}
	r.handler.ServeHTTP(w, req)
}

func (r *storyRegistry) refuses(w http.ResponseWriter, req *http.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	user, password, _ := req.BasicAuth()
	if r.login != "" && user+":"+password != r.login {
		w.Header().Set("WWW-Authenticate", `Basic realm="story"`)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}`)
		return true
	}
	if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/manifests/") && r.failing > 0 {
		r.failing--
		w.WriteHeader(r.status)
		return true
	}
	return false
}

// direct asks the registry itself, past its moods.
func (r *storyRegistry) direct(method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
	return w
}

// registry login USER:PASSWORD    everybody must show this login
// registry failing N [STATUS]     answer 503 to the next N uploads of a manifest
// registry tags NAME              print the repository's tags to stdout
// registry untouched              nobody has asked it anything
func cmdRegistry(ts *testscript.TestScript, neg bool, args []string) {
	r := storyOf(ts).registry
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case neg || len(args) == 0:
		ts.Fatalf("usage: registry login|failing|tags|untouched ...")
	case args[0] == "login":
		r.login = args[1]
	case args[0] == "failing":
		r.status = http.StatusServiceUnavailable
		_, err := fmt.Sscan(args[1], &r.failing)
		ts.Check(err)
		if len(args) > 2 {
			_, err = fmt.Sscan(args[2], &r.status)
			ts.Check(err)
		}
	case args[0] == "untouched":
		if r.requests > 0 {
			ts.Fatalf("the registry got %d requests", r.requests)
		}
	case args[0] == "tags":
		var list struct{ Tags []string }
		answer := r.direct(http.MethodGet, "/v2/"+args[1]+"/tags/list")
		ts.Check(json.NewDecoder(answer.Body).Decode(&list))
		// What is attached to an image is listed under a tag made of its digest.
		list.Tags = slices.DeleteFunc(list.Tags, func(tag string) bool { return strings.HasPrefix(tag, "sha256-") })
		fmt.Fprintln(ts.Stdout(), strings.Join(list.Tags, " "))
	default:
		ts.Fatalf("unknown word %q", args[0])
	}
}

// verify-digest RELEASE NAME TAG: the release file is sound, and its digest is
// what the registry has under the tag.
func cmdVerifyDigest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: verify-digest release.json name tag")
	}
	release, err := registry.ReadRelease(ts.MkAbs(args[0]))
	ts.Check(err)
	answer := storyOf(ts).registry.direct(http.MethodHead, "/v2/"+args[1]+"/manifests/"+args[2])
	digest := answer.Header().Get("Docker-Content-Digest")
	if digest == "" || release.Digest != digest || release.Tag == "" {
		ts.Fatalf("the release says %s, the registry %q (%d)", release.Digest, digest, answer.Code)
	}
	ts.Setenv("DIGEST", digest)
}

// json-lines FILE: every line is an event as docs/events.md has it, and none is
// older than the one before.
func cmdJSONLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json-lines file")
	}
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if !strings.HasSuffix(string(text), "\n") {
		ts.Fatalf("%s ends in the middle of a line", args[0])
	}
	var last time.Time
	for line := range strings.Lines(string(text)) {
		event, err := events.Check([]byte(line))
		ts.Check(err)
		if event.Time.Before(last) {
			ts.Fatalf("line %q is older than the one before", line)
		}
		last = event.Time
		fmt.Fprintln(ts.Stdout(), event.Kind, event.Step)
	}
}
