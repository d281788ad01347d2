package host_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/internal/engine"
)

func serveHTTP(t *testing.T, listener net.Listener, first http.HandlerFunc) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first(w, r)
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("Api-Version", "1.41")
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = io.WriteString(w, `{"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}`)
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = io.WriteString(w, `{"SystemTime": "`+time.Now().Add(clockAhead).UTC().Format(time.RFC3339Nano)+`"}`)
		case strings.HasSuffix(r.URL.Path, "/containers/json"):
			_, _ = io.WriteString(w, `[]`)
		case strings.HasSuffix(r.URL.Path, "/containers/one/json"):
			_, _ = io.WriteString(w, `{"Id": "one", "Name": "/one", "State": {}, "Config": {"Labels": {"haddock.service": "shop"}}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message": "nothing here"}`)
		}
	}))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}

// clockAhead is by how much the clock of an engine elsewhere is wrong.
const clockAhead = 5 * time.Minute

func TestTheClockOfAnEngineElsewhereIsCompared(t *testing.T) {
	h, _, _ := overSSH(t)
	if ahead, err := h.Ahead(t.Context()); err != nil || (ahead-clockAhead).Abs() > time.Minute {
		t.Errorf("ahead by %v, %v, want %v", ahead, err, clockAhead)
	}
	here, err := host.Connect(t.Context(), host.Target{Engine: "unix://" + serveEngine(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	if ahead, err := here.Ahead(t.Context()); err != nil || ahead != 0 {
		t.Errorf("of this machine: ahead by %v, %v", ahead, err)
	}
}

// overSSH connects to a server in this process with an engine, a locator and a
// state directory.
func overSSH(t *testing.T) (*host.Host, *sshServer, host.Target) {
	t.Helper()
	server, login := serveSSH(t)
	target := host.Target{
		Engine: sshAddress(server, serveEngine(t)), Locator: sshAddress(server, echo(t)), StateDir: t.TempDir(), SSH: login,
	}
	h, err := host.Connect(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h, server, target
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(text))
	if _, err := io.ReadFull(conn, back); err != nil || string(back) != text {
		t.Fatalf("the answer is %q, %v", back, err)
	}
}

func TestOneSSHConnectionServesEngineLocatorPortsFilesAndShell(t *testing.T) {
	h, server, target := overSSH(t)
	if h.Engine().Version != "20.10.24" {
		t.Errorf("engine %+v", h.Engine())
	}
	if list, err := h.Instances(t.Context(), host.Key{Service: "shop", Env: "prod"}); err != nil || len(list) != 0 {
		t.Errorf("instances: %v, %v", list, err)
	}
	conn, err := h.DialLocator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say(t, conn, "show info\n")
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(conn); err != nil || len(rest) != 0 {
		t.Errorf("after the end: %q, %v", rest, err)
	}
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	_, text, _ := net.SplitHostPort(web.Listener.Addr().String())
	port, _ := strconv.Atoi(text)
	to, err := h.DialLoopback(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.WriteString(to, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Error(err)
	}
	if answer, err := io.ReadAll(to); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.0 404")) {
		t.Errorf("answer %q, %v", answer, err)
	}
	checkFiles(t, h, target.StateDir)
	checkRun(t, h)
	if n := server.Logins.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if h.LocatorHost() != "deploy@"+server.Address {
		t.Errorf("locator's host is %s", h.LocatorHost())
	}
}

func TestABrokenConnectionIsMadeAnewForReads(t *testing.T) {
	h, server, _ := overSSH(t)
	if err := h.WriteFile(t.Context(), "servers.state", []byte("1\n")); err != nil {
		t.Fatal(err)
	}
	reads := map[string]func() error{
		"engine": func() error {
			_, err := h.Instances(t.Context(), host.Key{Service: "shop", Env: "prod"})
			return err
		},
		"file":   func() error { _, err := h.ReadFile(t.Context(), "servers.state"); return err },
		"write":  func() error { return h.WriteFile(t.Context(), "servers.state", []byte("1\n")) },
		"append": func() error { return h.AppendLine(t.Context(), "history.jsonl", "x") },
		"dial": func() error {
			conn, err := h.DialLocator(t.Context())
			if err == nil {
				say(t, conn, "show info\n")
				_ = conn.Close()
			}
			return err
		},
	}
	for name, read := range reads {
		before := server.Logins.Load()
		server.Break()
		if err := read(); err != nil {
			if name == "append" { // the break may meet it half-way, and then it is not done twice
				continue
			}
			t.Errorf("%s: %v", name, err)
		}
		if n := server.Logins.Load() - before; n != 1 {
			t.Errorf("%s: %d connections more, want 1", name, n)
		}
	}
}

func TestWhatIsCutHalfWayIsReadAgainButNotDoneAgain(t *testing.T) {
	server, login := serveSSH(t)
	var inspected, started atomic.Int32
	engines := serveEngineWith(t, func(_ http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/containers/one/json") && inspected.Add(1) == 1:
			server.Break()
		case strings.HasSuffix(r.URL.Path, "/start"):
			started.Add(1)
			server.Break()
		}
	})
	h, err := host.Connect(t.Context(), host.Target{Engine: sshAddress(server, engines), SSH: login})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if one, err := h.Instance(t.Context(), "one"); err != nil || one.Service != "shop" || inspected.Load() < 2 {
		t.Errorf("instance %+v, %v, asked for %d times", one, err, inspected.Load())
	}
	err = h.Start(t.Context(), "one")
	if _, away := errors.AsType[*engine.UnavailableError](err); !away || started.Load() != 1 {
		t.Errorf("start: %v, asked for %d times, want once and that the engine is away", err, started.Load())
	}
}

func TestManyUseALinkAtOnceWhileItBreaks(t *testing.T) {
	h, server, _ := overSSH(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				if i == 0 {
					server.Break()
				}
				conn, err := h.DialLocator(t.Context())
				if err != nil {
					continue // broken again at once
				}
				_, _ = io.WriteString(conn, "x")
				_, _ = conn.Read(make([]byte, 1))
				_ = conn.Close()
			}
		})
	}
	all.Wait()
	if _, err := h.Instances(t.Context(), host.Key{Service: "shop", Env: "prod"}); err != nil {
		t.Error(err)
	}
}

func TestAStreamOverSSHKeepsDeadlines(t *testing.T) {
	h, server, _ := overSSH(t)
	conn, err := h.DialLocator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say(t, conn, "before\n")
	server.Deaf.Store(true)
	read := make(chan error, 1)
	go func() { _, err := conn.Read(make([]byte, 1)); read <- err }()
	if err := conn.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Error(err)
	}
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("err = %v, want that the deadline has passed", err)
	}
	if _, err := io.WriteString(conn, "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write after it: %v", err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.Error(err)
	}
	say(t, conn, "after\n")
	if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("err = %v, want that the deadline has passed", err)
	}
	_ = conn.Close()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("err = %v, want that it is closed", err)
	}
}

func TestAnInterruptEndsConnecting(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // that never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	_, login := serveSSH(t)
	if _, err := host.Connect(ctx, host.Target{Engine: "ssh://deploy@" + listener.Addr().String(), SSH: login}); !errors.Is(err, why) {
		t.Errorf("err = %v, want %v", err, why)
	}
}

func TestAnInterruptEndsWhatWaitsOnASilentLink(t *testing.T) {
	h, server, _ := overSSH(t)
	server.Deaf.Store(true)
	why := errors.New("interrupted")
	for name, wait := range map[string]func(context.Context) error{
		"dial":  func(ctx context.Context) error { _, err := h.DialLocator(ctx); return err },
		"shell": func(ctx context.Context) error { _, err := h.Run(ctx, "true", nil); return err },
		"file":  func(ctx context.Context) error { _, err := h.ReadFile(ctx, "servers.state"); return err },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
		done := make(chan error, 1)
		go func() { done <- wait(ctx) }()
		select {
		case err := <-done:
			if !errors.Is(err, why) {
				t.Errorf("%s: err = %v, want %v", name, err, why)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: still waits", name)
		}
	}
}
