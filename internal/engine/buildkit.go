package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	bkclient "github.com/moby/buildkit/client"
)

// ErrNoBuildKit means that the engine answers but cannot build with BuildKit.
// There is no other way to build here: the legacy builder is not used.
var ErrNoBuildKit = errors.New("docker engine has no BuildKit")

// BuildKit connects to the BuildKit inside the engine. Close the client after
// use; the engine stays connected. The first call asks whether there is one.
func (e *Engine) BuildKit(ctx context.Context) (*bkclient.Client, error) {
	known := e.builds.Load()
	if !known {
		// The gRPC client would retry and then blame itself, so ask once plainly.
		probe, err := e.api.DialHijack(ctx, "/grpc", "h2c", nil)
		if err != nil {
			return nil, e.noBuildKit(ctx, err)
		}
		_ = probe.Close() // nothing was said on it
	}
	bk, err := bkclient.New(ctx, "",
		bkclient.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return e.api.DialHijack(ctx, "/grpc", "h2c", nil)
		}),
		bkclient.WithSessionDialer(func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return e.api.DialHijack(ctx, "/session", proto, meta)
		}))
	if err != nil {
		return nil, e.noBuildKit(ctx, err)
	}
	if known {
		return bk, nil
	}
	if _, err := bk.ListWorkers(ctx); err != nil {
		_ = bk.Close() // the first error says more
		return nil, e.noBuildKit(ctx, err)
	}
	e.builds.Store(true)
	return bk, nil
}

func (e *Engine) noBuildKit(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("reach BuildKit: %w", context.Cause(ctx))
	}
	if isConnection(err) || !refusesUpgrade(err) {
		return fmt.Errorf("reach BuildKit: %w", e.explained(ctx, err))
	}
	return fmt.Errorf("%w: engine %s with API %s cannot build, use Docker 20.10 or newer on Linux (%w)",
		ErrNoBuildKit, e.Version, e.API, err)
}

// refusesUpgrade tells an engine that does not know the endpoint (old, or one
// that builds Windows images) from one that could not be talked to.
func refusesUpgrade(err error) bool {
	text := err.Error()
	for _, sign := range []string{"unable to upgrade to h2c", "404", "Unimplemented", "unknown service", "page not found"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
