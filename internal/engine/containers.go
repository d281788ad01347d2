package engine

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// removalPoll is how often we look whether a removal that someone else began
// has ended.
const removalPoll = 50 * time.Millisecond

// A Container is what the engine says about one container.
type Container struct {
	ID       string
	Name     string // without the leading slash
	Image    string // as it was named when the container was created
	ImageID  string
	Created  time.Time
	State    State
	Labels   map[string]string
	Ports    []Port
	Networks map[string]string // network -> the container's address in it
}

// A State says how a container is doing. From Containers only Status and
// Running are set.
type State struct {
	Status     string // created, running, paused, restarting, removing, exited, dead
	Running    bool
	ExitCode   int
	OOMKilled  bool
	Error      string // why the engine could not start it
	Health     string // starting, healthy, unhealthy; empty without a health check
	StartedAt  time.Time
	FinishedAt time.Time
	Restarts   int // how often the engine's restart policy has started it again
}

// A Port is one published port.
type Port struct {
	Container int
	Protocol  string // tcp, udp
	HostIP    string
	Host      int
}

// Containers lists the containers that carry all these labels, also those that
// were created and never started. An empty value matches any value.
func (e *Engine) Containers(ctx context.Context, labels map[string]string) ([]Container, error) {
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", e.explained(ctx, err))
	}
	found := make([]Container, 0, len(list))
	for _, c := range list {
		if matches(c.Labels, labels) {
			found = append(found, fromSummary(c))
		}
	}
	return found, nil
}

// Inspect tells everything about one container, by id or name. The error is
// ErrNotFound when there is none.
func (e *Engine) Inspect(ctx context.Context, id string) (Container, error) {
	c, err := e.api.ContainerInspect(ctx, id)
	if err != nil {
		return Container{}, fmt.Errorf("inspect container %s: %w", short(id), e.explained(ctx, err))
	}
	return fromInspect(c), nil
}

// Remove kills and removes the container with its anonymous volumes, and
// returns when it is gone. One that is gone already is fine; one that someone
// else is removing is waited for.
func (e *Engine) Remove(ctx context.Context, id string) error {
	err := e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if cerrdefs.IsInternal(err) { // the storage was busy for a moment, as happens right after a kill
		err = e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	}
	switch {
	case err == nil, cerrdefs.IsNotFound(err):
		return nil
	case cerrdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress"):
		return e.awaitRemoval(ctx, id)
	default:
		return fmt.Errorf("remove container %s: %w", short(id), e.explained(ctx, err))
	}
}

func (e *Engine) awaitRemoval(ctx context.Context, id string) error {
	tick := time.NewTicker(removalPoll)
	defer tick.Stop()
	for {
		_, err := e.api.ContainerInspect(ctx, id)
		if cerrdefs.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("wait until container %s is removed: %w", short(id), e.explained(ctx, err))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until container %s is removed: %w", short(id), context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// explained makes the caller's errors from the client's: the cause when ctx
// ended, ErrNotFound, an *UnavailableError when the engine has gone away.
func (e *Engine) explained(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isConnection(err):
		return unavailable(ctx, e.at, err)
	default:
		return notFound(err)
	}
}

func labelFilter(labels map[string]string) filters.Args {
	args := filters.NewArgs()
	for name, value := range labels {
		if value == "" {
			args.Add("label", name)
		} else {
			args.Add("label", name+"="+value)
		}
	}
	return args
}

// matches repeats the engine's filter, because what is listed may be removed.
func matches(have, want map[string]string) bool {
	for name, value := range want {
		got, ok := have[name]
		if !ok || (value != "" && got != value) {
			return false
		}
	}
	return true
}

func fromSummary(c container.Summary) Container {
	out := Container{
		ID: c.ID, Image: c.Image, ImageID: c.ImageID, Created: time.Unix(c.Created, 0),
		State:  State{Status: c.State, Running: c.State == container.StateRunning},
		Labels: maps.Clone(c.Labels), Networks: map[string]string{},
	}
	if len(c.Names) > 0 {
		out.Name = strings.TrimPrefix(c.Names[0], "/")
	}
	for _, p := range c.Ports {
		if p.PublicPort != 0 {
			out.Ports = append(out.Ports, Port{
				Container: int(p.PrivatePort), Protocol: p.Type, HostIP: p.IP, Host: int(p.PublicPort),
			})
		}
	}
	if c.NetworkSettings != nil {
		for name, n := range c.NetworkSettings.Networks {
			out.Networks[name] = n.IPAddress
		}
	}
	return out
}

func fromInspect(c container.InspectResponse) Container {
	out := Container{
		ID: c.ID, Name: strings.TrimPrefix(c.Name, "/"), Image: c.Config.Image, ImageID: c.Image,
		Created: parseTime(c.Created), Labels: maps.Clone(c.Config.Labels), Networks: map[string]string{},
	}
	if s := c.State; s != nil {
		out.State = State{
			Status: s.Status, Running: s.Running, ExitCode: s.ExitCode, OOMKilled: s.OOMKilled,
			Error: s.Error, StartedAt: parseTime(s.StartedAt), FinishedAt: parseTime(s.FinishedAt),
			Restarts: c.RestartCount,
		}
		if s.Health != nil {
			out.State.Health = s.Health.Status
		}
	}
	if c.NetworkSettings == nil {
		return out
	}
	for port, bindings := range c.NetworkSettings.Ports {
		for _, b := range bindings {
			p := Port{Container: port.Int(), Protocol: port.Proto(), HostIP: b.HostIP}
			if _, err := fmt.Sscan(b.HostPort, &p.Host); err == nil {
				out.Ports = append(out.Ports, p)
			}
		}
	}
	for name, n := range c.NetworkSettings.Networks {
		out.Networks[name] = n.IPAddress
	}
	return out
}

// parseTime reads the engine's times; year 1 means never.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func short(id string) string {
	if len(id) == 64 {
		return id[:12]
	}
	return id
}
