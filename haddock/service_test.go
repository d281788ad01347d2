package haddock

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// connected is a Service whose engine does this with all but greetings, and
// whose locator is away.
func connected(t *testing.T, answer http.HandlerFunc) *Service {
	t.Helper()
	dir, err := os.MkdirTemp("", "h") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.41")
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = io.WriteString(w, `{"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}`)
		default:
			answer(w, r)
		}
	}))
	if server.Listener, err = net.Listen("unix", filepath.Join(dir, "engine.sock")); err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	s := serviceOf(t, "service: {name: shop}\nenvironments: {test: {}}\n", nil)
	if s.host, err = host.Connect(t.Context(), host.Target{Engine: "unix://" + filepath.Join(dir, "engine.sock"), StateDir: dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.proxy, s.within = locator.New(s.host.DialLocator, "shop"), time.Minute
	return s
}

func TestAnEngineThatFallsSilentEndsALook(t *testing.T) {
	s := connected(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.within = 50 * time.Millisecond
	_, err := s.look(t.Context())
	if _, silent := errors.AsType[*SilentError](err); !silent {
		t.Errorf("%v, want that it is silent", err)
	}
}

func TestTheWorldAndTheHistoryKeepTheSharedClock(t *testing.T) {
	s := connected(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") })
	s.ahead = time.Hour
	if err := s.write(t.Context(), Line{Event: Begun, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	w, err := s.look(t.Context())
	if err != nil || len(w.History) != 1 {
		t.Fatalf("%+v, %v", w, err)
	}
	for what, at := range map[string]time.Time{"the world": w.Now, "the line": w.History[0].Time} {
		if ahead := time.Until(at); ahead < 59*time.Minute || ahead > time.Hour {
			t.Errorf("%s is %v ahead of this machine", what, ahead)
		}
	}
}
