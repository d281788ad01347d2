// Package engine is the one way to the Docker engine: the only user of
// github.com/docker/docker/client. It owns the connection, the containers we
// label and the images we build, and it keeps one rule: what carries no label
// of ours is never removed.
package engine

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

// connectTimeout is how long an engine may take to say its version.
const connectTimeout = 15 * time.Second

// An Engine is a connection to a Docker engine that has answered. Close it
// after use. It is safe for concurrent use.
type Engine struct {
	api      *client.Client
	at       Endpoint
	Endpoint string // unix:///var/run/docker.sock, tcp://build-host:2376
	Version  string // of the engine, such as 20.10.24
	API      string // negotiated API version
	OS, Arch string // of the engine: linux, amd64

	builds atomic.Bool // its BuildKit has answered
}

// Connect finds the engine as the docker command does (DOCKER_HOST, else the
// docker context, else the default socket) and asks it for its version. When
// there is none it returns an *UnavailableError.
func Connect(ctx context.Context) (*Engine, error) {
	at, err := FindEndpoint(environment())
	if err != nil {
		return nil, err
	}
	return ConnectTo(ctx, at)
}

// ConnectTo connects to the engine at this endpoint.
func ConnectTo(ctx context.Context, at Endpoint) (*Engine, error) {
	api, err := newClient(at)
	if err != nil {
		return nil, err
	}
	return ask(ctx, at, api)
}

// ask makes an Engine of a client when the engine answers.
func ask(ctx context.Context, at Endpoint, api *client.Client) (*Engine, error) {
	// A host that drops packets must not hold the run until its own timeout.
	asked, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	version, err := api.ServerVersion(asked)
	if err != nil {
		_ = api.Close() // the first error says more
		return nil, unavailable(ctx, at, err)
	}
	return &Engine{
		api: api, at: at, Endpoint: at.Host, Version: version.Version, API: api.ClientVersion(),
		OS: version.Os, Arch: version.Arch,
	}, nil
}

// IsLocal reports whether the engine runs on this machine.
func (e *Engine) IsLocal() bool { return e.at.IsLocal() }

// Environ names the engine for other programs: DOCKER_HOST and its TLS
// settings.
func (e *Engine) Environ() map[string]string { return e.at.Environ() }

// Close releases the connection.
func (e *Engine) Close() error { return e.api.Close() }

func newClient(at Endpoint) (*client.Client, error) {
	opts := []client.Opt{client.WithAPIVersionNegotiation()}
	if at.TLS {
		trust, err := trustOf(at)
		if err != nil {
			return nil, &UnavailableError{
				Endpoint: at.Host, Kind: ErrTLS, Err: err,
				Advice: "put readable ca.pem, cert.pem and key.pem into " + at.CertPath,
			}
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{
			Transport:     &http.Transport{TLSClientConfig: trust},
			CheckRedirect: client.CheckRedirect,
		}))
	}
	api, err := client.NewClientWithOpts(append(opts, client.WithHost(at.Host))...)
	if err != nil {
		return nil, fmt.Errorf("use docker engine at %s: %w", at.Host, err)
	}
	return api, nil
}

// trustOf loads the keys that are there: a context may have any of the three.
func trustOf(at Endpoint) (*tls.Config, error) {
	present := func(name string) string {
		path := filepath.Join(at.CertPath, name)
		if _, err := os.Stat(path); err != nil {
			return ""
		}
		return path
	}
	return tlsconfig.Client(tlsconfig.Options{
		CAFile: present("ca.pem"), CertFile: present("cert.pem"), KeyFile: present("key.pem"),
		ExclusiveRootPools: true, InsecureSkipVerify: at.SkipVerify,
	})
}

// environment answers for the variables of this process, as the docker
// command would see them.
func environment() func(string) string {
	env := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	return func(name string) string { return env[name] }
}
