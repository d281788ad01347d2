package haddock

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// firstHost is what the address of slot s1 ends with in a network of its own.
const firstHost = 11

// An UnknownEnvironmentError says that haddock.yaml has no such environment.
type UnknownEnvironmentError struct {
	Name  string
	Known []string
}

func (e *UnknownEnvironmentError) Error() string {
	if suffix := nearest.Suffix(e.Name, e.Known); suffix != "" {
		return fmt.Sprintf("no environment %q in haddock.yaml%s", e.Name, suffix)
	}
	return fmt.Sprintf("no environment %q in haddock.yaml, it has %s", e.Name, strings.Join(e.Known, ", "))
}

// Environment gives the named one; without a name the only one there is. It
// returns an *UnknownEnvironmentError.
func (c Config) Environment(name string) (Environment, error) {
	known := slices.Sorted(maps.Keys(c.Environments))
	if name == "" && len(known) == 1 {
		name = known[0]
	}
	env, ok := c.Environments[name]
	if !ok {
		return Environment{}, &UnknownEnvironmentError{Name: name, Known: known}
	}
	return env, nil
}

// TableExpire is how long the locator remembers a session after its last
// request began: the application may keep it alive that long.
func (c Config) TableExpire(env Environment) time.Duration { return c.Session.TTL + env.Proxy.Request }

// SlotNames are s1, s2, ... as haproxy.cfg has them.
func (n NetworkConfig) SlotNames() []string {
	names := make([]string, n.Slots)
	for i := range names {
		names[i] = "s" + strconv.Itoa(i+1)
	}
	return names
}

// Address is where the container of slot i, from 1, is in the network. It is
// not valid for a slot that there is none of.
func (n NetworkConfig) Address(i int) netip.Addr {
	prefix, err := netip.ParsePrefix(n.Subnet)
	if err != nil || i < 1 || i > n.Slots {
		return netip.Addr{}
	}
	addr := prefix.Masked().Addr()
	for range firstHost - 1 + i {
		addr = addr.Next()
	}
	return addr
}

// Published is the address and port of the engine's host under which slot i,
// from 1, is reached; not valid when slots are reached by their own address.
func (n NetworkConfig) Published(i int) netip.AddrPort {
	first, err := netip.ParseAddrPort(n.Publish)
	if err != nil || i < 1 || i > n.Slots {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(first.Addr(), first.Port()+uint16(i-1))
}

// Reached is where the locator finds slot i, from 1, of a service that listens
// at port in its container.
func (n NetworkConfig) Reached(i, port int) netip.AddrPort {
	if n.Publish != "" {
		return n.Published(i)
	}
	return netip.AddrPortFrom(n.Address(i), uint16(port))
}
