package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
)

// ErrExists says that the name is taken.
var ErrExists = errors.New("name is taken")

// RestartPolicy is what the engine does when a container ends by itself.
type RestartPolicy string

// The policies that we use.
const (
	RestartNo            RestartPolicy = "no"
	RestartUnlessStopped RestartPolicy = "unless-stopped"
)

// A Spec is a container to create. Only Name and Image are needed.
type Spec struct {
	Name, Image string
	Entrypoint  []string
	Cmd         []string
	Env         []string // NAME=value
	User        string
	Labels      map[string]string
	Binds       []string // source:target[:ro], as docker run -v has them
	Memory      int64    // bytes; 0 is no limit
	CPUs        float64  // 0 is no limit
	PIDs        int64    // 0 is no limit
	StopGrace   time.Duration
	Network     string // empty is the default bridge
	Address     string // fixed, in Network; empty lets the engine choose
	Publish     []Port
	Restart     RestartPolicy // empty is RestartNo
}

// Create creates a container and does not start it. The error is ErrExists
// when the name is taken, ErrNotFound when the image is not there.
func (e *Engine) Create(ctx context.Context, s Spec) (id string, err error) {
	config, host, err := s.config()
	if err != nil {
		return "", fmt.Errorf("create container %s: %w", s.Name, err)
	}
	created, err := e.api.ContainerCreate(ctx, config, host, s.networking(), nil, s.Name)
	switch {
	case err == nil:
		return created.ID, nil
	case ctx.Err() == nil && cerrdefs.IsConflict(err):
		return "", fmt.Errorf("create container %s: %w: %w", s.Name, ErrExists, err)
	default:
		return "", fmt.Errorf("create container %s: %w", s.Name, e.explained(ctx, err))
	}
}

// Start starts a container; one that runs already is fine.
func (e *Engine) Start(ctx context.Context, id string) error {
	if err := e.api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return fmt.Errorf("start container %s: %w", short(id), e.explained(ctx, err))
	}
	return nil
}

// Stop asks a container to end and kills it after the grace; one that has
// stopped already is fine.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	seconds := int(math.Ceil(grace.Seconds()))
	if err := e.api.ContainerStop(ctx, id, container.StopOptions{Timeout: &seconds}); err != nil {
		return fmt.Errorf("stop container %s: %w", short(id), e.explained(ctx, err))
	}
	return nil
}

// SetRestart changes what the engine does when the container ends by itself.
func (e *Engine) SetRestart(ctx context.Context, id string, policy RestartPolicy) error {
	_, err := e.api.ContainerUpdate(ctx, id, container.UpdateConfig{
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyMode(policy)},
	})
	if err != nil {
		return fmt.Errorf("set restart policy of container %s to %s: %w", short(id), policy, e.explained(ctx, err))
	}
	return nil
}

func (s Spec) config() (*container.Config, *container.HostConfig, error) {
	config := &container.Config{
		Image: s.Image, Entrypoint: s.Entrypoint, Cmd: s.Cmd, Env: s.Env, User: s.User, Labels: s.Labels,
		ExposedPorts: nat.PortSet{},
	}
	if s.StopGrace > 0 {
		seconds := int(math.Ceil(s.StopGrace.Seconds()))
		config.StopTimeout = &seconds
	}
	host := &container.HostConfig{
		Binds: s.Binds, NetworkMode: container.NetworkMode(s.Network), PortBindings: nat.PortMap{},
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyMode(orElse(string(s.Restart), string(RestartNo)))},
		Resources:     container.Resources{Memory: s.Memory, NanoCPUs: int64(s.CPUs * 1e9)},
	}
	if s.PIDs > 0 {
		host.PidsLimit = &s.PIDs
	}
	for _, p := range s.Publish {
		if p.HostIP != "" && net.ParseIP(p.HostIP) == nil {
			return nil, nil, fmt.Errorf("publish a port at %s: not an IP address", p.HostIP)
		}
		port, err := nat.NewPort(orElse(p.Protocol, "tcp"), strconv.Itoa(p.Container))
		if err != nil {
			return nil, nil, fmt.Errorf("publish port %d: %w", p.Container, err)
		}
		config.ExposedPorts[port] = struct{}{}
		host.PortBindings[port] = append(host.PortBindings[port], nat.PortBinding{HostIP: p.HostIP, HostPort: strconv.Itoa(p.Host)})
	}
	return config, host, nil
}

func (s Spec) networking() *network.NetworkingConfig {
	if s.Address == "" {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.Network: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: s.Address}},
	}}
}
