package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
)

// Removed names what was removed, for the log.
type Removed struct {
	Containers, Networks, Volumes []string
}

// Empty reports whether nothing was removed.
func (r Removed) Empty() bool { return len(r.Containers)+len(r.Networks)+len(r.Volumes) == 0 }

// String names all that was removed in one line.
func (r Removed) String() string {
	var parts []string
	for _, of := range []struct {
		kind  string
		names []string
	}{{"container", r.Containers}, {"network", r.Networks}, {"volume", r.Volumes}} {
		for _, name := range of.names {
			parts = append(parts, of.kind+" "+name)
		}
	}
	return strings.Join(parts, ", ")
}

// RemoveByLabel removes the containers, networks and volumes that carry all
// these labels. It refuses labels that would match what is not ours: at least
// one must be a pipeline label, and each must have a value. It goes on after a
// failure and returns all of them.
func (e *Engine) RemoveByLabel(ctx context.Context, labels map[string]string) (Removed, error) {
	if err := checkSelector(labels); err != nil {
		return Removed{}, err
	}
	return e.removeWhere(ctx, labels, func(Ownership) bool { return true })
}

// Sweep removes what earlier runs from this host left behind: things with our
// labels whose owner is gone or whose deadline has passed. What belongs to a
// living run, to another host or to someone else stays.
func (e *Engine) Sweep(ctx context.Context, host string) (Removed, error) {
	now := time.Now()
	return e.removeWhere(ctx, map[string]string{LabelRunID: "", LabelHost: host},
		func(o Ownership) bool { return o.Abandoned(host, now) })
}

func checkSelector(labels map[string]string) error {
	ours := false
	for name, value := range labels {
		if value == "" {
			return fmt.Errorf("remove by label: label %s has no value, which would match any", name)
		}
		ours = ours || name == LabelRunID || name == LabelCIKey
	}
	if !ours {
		return fmt.Errorf("remove by label: need %s or %s, so that only what we created is removed", LabelRunID, LabelCIKey)
	}
	return nil
}

// removeWhere removes containers first: a network or volume in use cannot go.
func (e *Engine) removeWhere(ctx context.Context, labels map[string]string, doomed func(Ownership) bool) (Removed, error) {
	var done Removed
	var errs []error
	ours := func(have map[string]string) bool {
		o, ok := ParseOwnership(have)
		return ok && matches(have, labels) && doomed(o)
	}
	list, err := e.Containers(ctx, labels)
	errs = append(errs, err)
	for _, c := range list {
		if !ours(c.Labels) {
			continue
		}
		if err := e.Remove(ctx, c.ID); err != nil {
			errs = append(errs, err)
			continue
		}
		done.Containers = append(done.Containers, orElse(c.Name, short(c.ID)))
	}
	done.Networks, err = e.removeNetworks(ctx, labels, ours)
	errs = append(errs, err)
	done.Volumes, err = e.removeVolumes(ctx, labels, ours)
	return done, errors.Join(append(errs, err)...)
}

func (e *Engine) removeNetworks(ctx context.Context, labels map[string]string, ours func(map[string]string) bool) ([]string, error) {
	list, err := e.api.NetworkList(ctx, network.ListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", e.explained(ctx, err))
	}
	var names []string
	var errs []error
	for _, n := range list {
		if !ours(n.Labels) {
			continue
		}
		if err := e.api.NetworkRemove(ctx, n.ID); err != nil && !cerrdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("remove network %s: %w", n.Name, e.explained(ctx, err)))
			continue
		}
		names = append(names, n.Name)
	}
	return names, errors.Join(errs...)
}

func (e *Engine) removeVolumes(ctx context.Context, labels map[string]string, ours func(map[string]string) bool) ([]string, error) {
	list, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", e.explained(ctx, err))
	}
	var names []string
	var errs []error
	for _, v := range list.Volumes {
		if !ours(v.Labels) {
			continue
		}
		if err := e.api.VolumeRemove(ctx, v.Name, true); err != nil && !cerrdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("remove volume %s: %w", short(v.Name), e.explained(ctx, err)))
			continue
		}
		names = append(names, v.Name)
	}
	return names, errors.Join(errs...)
}
