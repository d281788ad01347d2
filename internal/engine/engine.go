// Package engine is the one way to the Docker engine: the only user of
// github.com/docker/docker/client. It owns the connection, the containers we
// label and the images we build, and it keeps one rule: what carries no label
// of ours is never removed.
package engine

import (
	"context"
	"fmt"

	"github.com/docker/docker/client"
)

// An Engine is a connection to a Docker engine that has answered. Close it
// after use.
type Engine struct {
	api      *client.Client
	Endpoint string // unix:///var/run/docker.sock, tcp://build-host:2376
	Version  string // of the engine, such as 20.10.24
	API      string // negotiated API version
	OS, Arch string // of the engine: linux, amd64
}

// Connect finds the engine (DOCKER_HOST, else the docker context, else the
// default socket) and asks it for its version.
func Connect(ctx context.Context) (*Engine, error) {
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("find docker engine: %w", err)
	}
	version, err := api.ServerVersion(ctx)
	if err != nil {
		_ = api.Close() // the first error says more
		return nil, fmt.Errorf("reach docker engine: %w", err)
	}
	return &Engine{
		api: api, Endpoint: api.DaemonHost(), Version: version.Version, API: api.ClientVersion(),
		OS: version.Os, Arch: version.Arch,
	}, nil
}

// Close releases the connection.
func (e *Engine) Close() error { return e.api.Close() }
