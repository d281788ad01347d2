package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestRunHandsRequestsOn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("from the target"))
	}))
	defer server.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, address, server.Listener.Addr().String()) }()

	var answer string
	for deadline := time.Now().Add(5 * time.Second); answer == "" && time.Now().Before(deadline); {
		resp, err := http.Get("http://" + address)
		if err != nil {
			continue // it does not listen yet
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		answer = string(body)
	}
	if answer != "from the target" {
		t.Errorf("got %q", answer)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("run ended without an error")
	}
}
