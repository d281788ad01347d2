// Command shop serves the example shop until it gets TERM or INT; then it
// answers what it has begun and ends.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/examples/shop/shop"
)

// version is set by the build: -ldflags "-X main.version=v2".
var version = "v1"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run() error {
	cfg := shop.Config{Instance: rand.Text()[:8]}
	listen := flag.String("listen", ":8080", "address to serve")
	crash := flag.Duration("crash-after", 0, "end with an error after that time")
	flag.StringVar(&cfg.Version, "version", version, "version to tell")
	flag.DurationVar(&cfg.TTL, "ttl", ttl(os.Getenv("SHOP_TTL")), "how long an idle session lives; default from SHOP_TTL, else 30m")
	flag.IntVar(&cfg.FailPercent, "fail", 0, "so many in a hundred answers are 500")
	flag.BoolVar(&cfg.Unhealthy, "unhealthy", false, "never be healthy")
	flag.DurationVar(&cfg.Slow, "slow", 0, "every answer takes that much longer")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if *crash > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, *crash, errors.New("crashed as it was told to"))
		defer cancel()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	return serve(ctx, listener, cfg)
}

func ttl(text string) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return 30 * time.Minute
}

// serve answers until the context ends: in peace after a signal, at once after
// a crash.
func serve(ctx context.Context, listener net.Listener, cfg shop.Config) error {
	server := &http.Server{Handler: shop.New(cfg), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("shop %s, instance %s, serves %s, sessions live %s\n", cfg.Version, cfg.Instance, listener.Addr(), cfg.TTL)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	ending, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
