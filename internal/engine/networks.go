package engine

import (
	"context"
	"fmt"
	"net/netip"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// A NetworkSpec is a bridge network with a known subnet.
type NetworkSpec struct {
	Name    string
	Subnet  netip.Prefix // IPv4
	Gateway netip.Addr
	// Dynamic is where addresses come from that nobody chose, so that they
	// never meet a chosen one.
	Dynamic netip.Prefix
	Labels  map[string]string
}

// CreateNetwork creates the network. The error is ErrExists when there is one
// of this name.
func (e *Engine) CreateNetwork(ctx context.Context, s NetworkSpec) error {
	_, err := e.api.NetworkCreate(ctx, s.Name, network.CreateOptions{
		Driver: "bridge", Labels: s.Labels,
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{
			Subnet: s.Subnet.String(), IPRange: s.Dynamic.String(), Gateway: s.Gateway.String(),
		}}},
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && cerrdefs.IsConflict(err):
		return fmt.Errorf("create network %s: %w: %w", s.Name, ErrExists, err)
	default:
		return fmt.Errorf("create network %s with subnet %s: %w", s.Name, s.Subnet, e.explained(ctx, err))
	}
}

// NetworkSubnets tells which subnets a network has. The error is ErrNotFound
// when there is none of this name.
func (e *Engine) NetworkSubnets(ctx context.Context, name string) ([]string, error) {
	n, err := e.api.NetworkInspect(ctx, name, network.InspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("inspect network %s: %w", name, e.explained(ctx, err))
	}
	var subnets []string
	for _, config := range n.IPAM.Config {
		subnets = append(subnets, config.Subnet)
	}
	return subnets, nil
}
