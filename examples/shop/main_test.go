package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/shop/shop"
)

// start serves on a free port until the context ends, and says how that ended.
func start(ctx context.Context, t *testing.T, cfg shop.Config) (url string, ended <-chan error) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l, cfg) }()
	return "http://" + l.Addr().String(), done
}

func get(t *testing.T, url string) (string, error) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestTERMLetsItAnswerWhatItHasBegun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, ended := start(ctx, t, shop.Config{Version: "v1", TTL: time.Minute, Slow: 300 * time.Millisecond})
	answered := make(chan error, 1)
	go func() {
		_, err := get(t, url+"/count")
		answered <- err
	}()
	for { // until the slow request is under way
		if body, err := get(t, url+"/sessions"); err == nil && body != `{"version":"v1","instance":"","sessions":0}`+"\n" {
			break
		}
	}
	cancel()
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestACrashIsAnError(t *testing.T) {
	crash := errors.New("crash")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, crash)
	defer cancel()
	if _, ended := start(ctx, t, shop.Config{TTL: time.Minute}); !errors.Is(<-ended, crash) {
		t.Error("serve has no error")
	}
}

func TestTTLComesFromTheEnvironment(t *testing.T) {
	for text, want := range map[string]time.Duration{"8s": 8 * time.Second, "": 30 * time.Minute, "soon": 30 * time.Minute} {
		if got := ttl(text); got != want {
			t.Errorf("ttl(%q) = %v, want %v", text, got, want)
		}
	}
}
