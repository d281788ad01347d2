// Command orders is a small HTTP service that keeps orders in an Oracle
// database. It is the project that `make demo` runs through the pipeline.
//
//	orders                serves on $ORDERS_ADDR (default :8080), database from $ORACLE_URL
//	orders --version      prints the version
//	orders --selfcheck    serves without a database, asks itself for its health, and ends
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/examples/orders/store"
	"github.com/haddock-ci/pipeline/examples/orders/web"
)

const version = "0.1.0" // also in pipeline.yaml; a test compares them

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 1 {
		return fmt.Errorf("too many arguments: %q", args)
	}
	if len(args) == 0 {
		return serve(ctx, slog.New(slog.NewJSONHandler(out, nil)))
	}
	switch args[0] {
	case "--version":
		_, err := fmt.Fprintln(out, "orders", version)
		return err
	case "--selfcheck":
		return selfcheck(ctx, out)
	}
	return fmt.Errorf("unknown argument %q", args[0])
}

// serve answers until ctx ends, and then finishes what has begun.
func serve(ctx context.Context, log *slog.Logger) error {
	url := os.Getenv("ORACLE_URL")
	if url == "" {
		return errors.New("ORACLE_URL is not set: oracle://user:password@host:1521/service")
	}
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	addr := os.Getenv("ORDERS_ADDR")
	if addr == "" {
		addr = ":8080"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	log.Info("serving", "address", l.Addr().String(), "version", version)
	return answer(ctx, l, web.Handler(s, log))
}

func answer(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

// selfcheck proves that the binary starts, listens and answers.
func selfcheck(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	serving, stop := context.WithCancel(ctx)
	go func() { ended <- answer(serving, l, web.Handler(nil, slog.New(slog.DiscardHandler))) }()
	health, err := get(ctx, "http://"+l.Addr().String()+"/healthz")
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "orders %s: selfcheck %s", version, health)
	return err
}

func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return string(body), err
}
