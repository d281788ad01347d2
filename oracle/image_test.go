package oracle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/haddock-ci/pipeline/internal/events"
)

func TestDefaultService(t *testing.T) {
	for image, want := range map[string]string{
		"gvenzl/oracle-free:23.26.0-slim-faststart":                "FREEPDB1",
		"registry.example.com/mirror/gvenzl/oracle-xe:21-slim":     "XEPDB1",
		"gvenzl/oracle-xe:11-slim":                                 "XE",
		"container-registry.oracle.com/database/free:latest":       "FREEPDB1",
		"container-registry.oracle.com/database/express:21.3.0-xe": "XEPDB1",
		"oracle-standin:latest":                                    "FREEPDB1",
	} {
		if got := defaultService(image); got != want {
			t.Errorf("%s: got %s, want %s", image, got, want)
		}
	}
}

func TestPasswordEnv(t *testing.T) {
	for image, want := range map[string][]string{
		"gvenzl/oracle-free:23":                            {"ORACLE_PASSWORD"},
		"oracle-standin:latest":                            {"ORACLE_PASSWORD", "ORACLE_PWD"},
		"container-registry.oracle.com/database/free:23":   {"ORACLE_PWD"},
		"container-registry.oracle.com/database/express:1": {"ORACLE_PWD"},
		"registry.example.com/our/own-database:7":          {"ORACLE_PASSWORD", "ORACLE_PWD"},
	} {
		env := passwordEnv(image, NewPassword("x"))
		if got := slices.Sorted(maps.Keys(env)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", image, got, want)
		}
	}
}

func TestPullErrorsHaveNames(t *testing.T) {
	for text, want := range map[string]error{
		`Error response from daemon: pull access denied for gvenzl/oracle-fre, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`: ErrImageUnknown,
		`Error response from daemon: manifest for gvenzl/oracle-free:nope not found: manifest unknown: manifest unknown`:                                                                    ErrImageUnknown,
		`Error response from daemon: unauthorized: authentication required`:                                                                                                                 ErrImageAccess,
		`Error response from daemon: Head "https://r.example.com/v2/x/manifests/1": no basic auth credentials`:                                                                              ErrImageAccess,
		`Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`:                                                           ErrImageUnreachable,
		`Error response from daemon: Get "https://r.example.com/v2/": net/http: request canceled`:                                                                                           ErrImageUnreachable,
		`write /var/lib/docker/tmp/GetImageBlob1: no space left on device`:                                                                                                                  ErrDiskFull,
	} {
		err := explainPull(t.Context(), "a/b:1", errors.New(text))
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
		if strings.Contains(err.Error(), "Error response") || !strings.HasPrefix(err.Error(), "pull image a/b:1") {
			t.Errorf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if err := explainPull(ctx, "a/b:1", errors.New("not found")); !errors.Is(err, stop) || errors.Is(err, ErrImageUnknown) {
		t.Errorf("interrupted: got %v", err)
	}
}

func TestStartErrorsHaveNames(t *testing.T) {
	for text, want := range map[string]error{
		"Error response from daemon: driver failed: Bind for 127.0.0.1:1521 failed: port is already allocated": ErrPortTaken,
		"Error response from daemon: listen tcp4 127.0.0.1:1521: bind: address already in use":                 ErrPortTaken,
		"Error response from daemon: mkdir /var/lib/docker/overlay2/1: no space left on device":                ErrDiskFull,
	} {
		if err := explainStart(errors.New(text), 1521); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
	other := errors.New("something else")
	if err := explainStart(other, 0); !errors.Is(err, other) || err.Error() != other.Error() {
		t.Errorf("got %v", err)
	}
	if err := explainStart(nil, 0); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestPullProgressIsTheSumOfTheLayers(t *testing.T) {
	var said []string
	p := pullProgress{ref: "x", sink: func(e events.Event) { said = append(said, e.Text) }, layers: map[string][2]int64{}}
	p.add("a", 1e6, 10e6) // told is zero: long ago
	p.add("b", 5e6, 20e6)
	p.told = time.Time{}
	p.add("a", 10e6, 10e6)
	if want := []string{"pulling x: 1 of 10 MB", "pulling x: 15 of 30 MB"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

// registryEngine is an engine that has the image only once it has pulled it,
// and whose pull streams these messages.
func registryEngine(t *testing.T, messages ...string) *docker {
	t.Helper()
	pulled := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/images/create"):
			for _, m := range messages {
				fmt.Fprintln(w, m)
			}
			pulled = true
		case strings.Contains(r.URL.Path, "/images/") && pulled:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"Id":"sha256:1","RepoDigests":["127.0.0.1:1/a/b@sha256:2"],"Config":{"Labels":{"pipeline.stand-in":"true"}}}`)
		default:
			http.Error(w, `{"message":"no such image"}`, http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	api, err := client.New(client.WithHost("tcp://"+strings.TrimPrefix(server.URL, "http://")), client.WithAPIVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	return &docker{api: api}
}

func TestAMissingImageIsPulled(t *testing.T) {
	var said []string
	d := registryEngine(t, `{"status":"Pulling","id":"x"}`, `{"status":"Downloading","id":"y","progressDetail":{"current":1,"total":2}}`, `{"status":"done"}`)
	image, err := d.ensureImage(t.Context(), "127.0.0.1:1/a/b:1", func(e events.Event) { said = append(said, e.Text) })
	if err != nil || image.digest != "sha256:2" || !image.standIn {
		t.Errorf("got %+v, %v", image, err)
	}
	if len(said) != 2 || said[0] != "pulling 127.0.0.1:1/a/b:1" || !strings.HasPrefix(said[1], "pulled 127.0.0.1:1/a/b:1 in ") {
		t.Errorf("said %q", said)
	}
	said = nil
	if _, err := d.ensureImage(t.Context(), "127.0.0.1:1/a/b:1", func(e events.Event) { said = append(said, e.Text) }); err != nil || said != nil {
		t.Errorf("an image that is there: %v, said %q", err, said)
	}
}

func TestAnErrorInTheMiddleOfAPullIsNoSuccess(t *testing.T) {
	d := registryEngine(t, `{"status":"Downloading","id":"y"}`,
		`{"errorDetail":{"message":"write /var/lib/docker/tmp/x: no space left on device"},"error":"write /var/lib/docker/tmp/x: no space left on device"}`)
	if _, err := d.ensureImage(t.Context(), "127.0.0.1:1/a/b:1", nil); !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v", err)
	}
}
