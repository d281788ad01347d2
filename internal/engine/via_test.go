package engine_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestAnEngineIsReachedTheWayTheCallerKnows(t *testing.T) {
	// A proxy of the environment has nothing to do with this way.
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/containers/json") {
			_, _ = io.WriteString(w, "[]")
			return
		}
		_, _ = io.WriteString(w, `{"Version": "20.10.24", "Os": "linux", "Arch": "amd64"}`)
	}))
	defer server.Close()
	var broken atomic.Pointer[error]
	dial := func(ctx context.Context) (net.Conn, error) {
		if err := broken.Load(); err != nil {
			return nil, *err
		}
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	at := engine.Endpoint{Host: "ssh://deploy@prod", Setting: "engine"}
	eng, err := engine.ConnectVia(t.Context(), at, dial)
	if err != nil || eng.Version != "20.10.24" || eng.Endpoint != "ssh://deploy@prod" {
		t.Fatalf("engine %+v, %v", eng, err)
	}
	defer eng.Close()
	if list, err := eng.Containers(t.Context(), nil); err != nil || len(list) != 0 {
		t.Errorf("containers %v, %v", list, err)
	}
	why := errors.New("the way is shut")
	broken.Store(&why)
	server.CloseClientConnections()
	_, later := eng.Containers(t.Context(), nil)
	_, first := engine.ConnectVia(t.Context(), at, dial)
	for _, err := range []error{later, first} {
		away, ok := errors.AsType[*engine.UnavailableError](err)
		if !ok || !errors.Is(err, why) || away.Error() != "no way to the docker engine at ssh://deploy@prod: the way is shut" {
			t.Errorf("err = %v, want why the way is shut", err)
		}
	}
}
