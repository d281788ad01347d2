package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// ErrSubnet says that a network is there with another subnet.
var ErrSubnet = errors.New("the network has another subnet")

// EnsureNetwork makes sure that there is a bridge network with this IPv4
// subnet, of /28 or larger. Addresses of its lower half are for slots; the
// engine gives the upper half to containers that ask for none. A network that
// is there with another subnet is ErrSubnet.
func (h *Host) EnsureNetwork(ctx context.Context, name, subnet string) error {
	spec, err := networkSpec(name, subnet)
	if err != nil {
		return err
	}
	there, err := h.subnets(ctx, name)
	if errors.Is(err, engine.ErrNotFound) {
		if err = h.eng.CreateNetwork(ctx, spec); err == nil || !errors.Is(err, engine.ErrExists) {
			return err
		}
		there, err = h.subnets(ctx, name) // another operator was faster
	}
	if err != nil {
		return err
	}
	if !slices.Equal(there, []string{spec.Subnet.String()}) {
		return fmt.Errorf("use network %s: %w, %v instead of %s: choose another name, or remove the network when nothing needs it",
			name, ErrSubnet, there, spec.Subnet)
	}
	return nil
}

func (h *Host) subnets(ctx context.Context, name string) ([]string, error) {
	return again(ctx, h.engines, func() ([]string, error) { return h.eng.NetworkSubnets(ctx, name) })
}

func networkSpec(name, subnet string) (engine.NetworkSpec, error) {
	prefix, err := netip.ParsePrefix(subnet)
	if err != nil || !prefix.Addr().Is4() || prefix.Masked() != prefix || prefix.Bits() > 28 || prefix.Bits() < 8 {
		return engine.NetworkSpec{}, fmt.Errorf("use network %s: %q is no IPv4 subnet such as 172.30.77.0/24, of /28 or larger", name, subnet)
	}
	first := prefix.Addr().As4()
	half := 31 - prefix.Bits() // the bit that tells the halves apart
	first[3-half/8] |= 1 << (half % 8)
	return engine.NetworkSpec{
		Name: name, Subnet: prefix, Gateway: prefix.Addr().Next(),
		Dynamic: netip.PrefixFrom(netip.AddrFrom4(first), prefix.Bits()+1),
		Labels:  map[string]string{labelManaged: "network"},
	}, nil
}
