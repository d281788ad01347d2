package engine

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/docker/docker/client"
)

// placeholder stands where a URL needs a host; connections are dialled by the
// caller and never look it up.
const placeholder = "tcp://docker.invalid:2375"

// dialError marks what the caller's own way to the engine said.
type dialError struct{ error }

// Unwrap gives the error of the way.
func (e *dialError) Unwrap() error { return e.error }

// ConnectVia connects to an engine that dial reaches; at is its name for people,
// such as ssh://deploy@prod, and where that is set. An error of dial comes back inside an
// *UnavailableError, from here and from every later call.
func ConnectVia(ctx context.Context, at Endpoint, dial func(context.Context) (net.Conn, error)) (*Engine, error) {
	transport := &http.Transport{}
	api, err := client.NewClientWithOpts(
		client.WithAPIVersionNegotiation(),
		client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
		client.WithHost(placeholder),
		client.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx)
			if err != nil {
				return nil, &dialError{err}
			}
			return conn, nil
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("use docker engine at %s: %w", at.Host, err)
	}
	transport.Proxy = nil // the client's default would give dial a proxy's request
	transport.DisableCompression = true
	return ask(ctx, at, api)
}
