package oracle

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
)

// adopt learns from a container that another process has started what is needed
// to make another one like it: for a snapshot, or after a known flake. Where
// the engine does not tell, as of an image that is gone, this container is the
// only one.
func (c *Container) adopt(ctx context.Context, found container.InspectResponse) {
	if c.in.answered || found.Config == nil || found.HostConfig == nil {
		return // who uses a database that has answered wants this one, with its data
	}
	image, err := c.docker.imageNamed(ctx, c.cfg.Image)
	if err != nil {
		return
	}
	made, err := c.docker.api.ImageInspect(ctx, found.Image)
	if err != nil || made.Config == nil {
		return
	}
	labels := maps.Clone(found.Config.Labels)
	maps.DeleteFunc(labels, func(name, value string) bool {
		return made.Config.Labels[name] == value || strings.HasPrefix(name, "org.testcontainers") ||
			name == kindLabel || name == creationLabel
	})
	maps.Copy(labels, c.cfg.Labels)
	env := make(map[string]string)
	password := passwordEnv(c.cfg.Image, c.in.system)
	for _, entry := range found.Config.Env {
		name, value, _ := strings.Cut(entry, "=")
		if _, own := password[name]; !own && !slices.Contains(made.Config.Env, entry) {
			env[name] = value
		}
	}
	c.cfg.Labels, c.cfg.Env, c.cfg.Port = labels, env, boundPort(found.HostConfig.PortBindings)
	c.image.id, c.own = image.id, true
}

// boundPort is the port that was asked for on the engine's side; 0 for any.
func boundPort(bindings network.PortMap) int {
	for _, b := range bindings[network.MustParsePort(listenerPort)] {
		if port, err := strconv.Atoi(b.HostPort); err == nil {
			return port
		}
	}
	return 0
}
