package oracle

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
)

// addresses are the ways that may lead to a container's listener. Which of them
// do depends on where this process runs: on the engine's host, in a container
// beside the database, or on another machine. None of them can lead to another
// container's listener.
type addresses struct {
	mu         sync.Mutex
	candidates []string // host:port, the likeliest first
	open       []string // those that accepted a connection; nil until tried
	proven     string   // the one that has answered
}

func (d *docker) addressesOf(c container.InspectResponse) *addresses {
	a := &addresses{}
	remote := d.remoteHost()
	for _, b := range c.NetworkSettings.Ports[network.MustParsePort(listenerPort)] {
		bound := b.HostIP.IsValid() && !b.HostIP.IsUnspecified()
		if bound {
			a.add(b.HostIP.String(), b.HostPort)
		}
		switch {
		case remote != "":
			a.add(remote, b.HostPort)
		case !bound:
			// On an address that it is not bound to, the same port may be
			// another container's.
			a.add("127.0.0.1", b.HostPort)
			a.add(d.host, b.HostPort)
			for _, n := range c.NetworkSettings.Networks {
				a.add(text(n.Gateway), b.HostPort)
			}
		}
	}
	if remote != "" {
		return a // its containers' own addresses are somebody else's here
	}
	own, _, _ := strings.Cut(listenerPort, "/")
	for _, n := range c.NetworkSettings.Networks {
		a.add(text(n.IPAddress), own)
	}
	return a
}

func text(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

func (a *addresses) add(host, port string) {
	if host == "" || port == "" || port == "0" {
		return
	}
	address := net.JoinHostPort(host, port)
	if !slices.Contains(a.candidates, address) {
		a.candidates = append(a.candidates, address)
	}
}

// list returns the proven address alone, else all candidates that accept a
// connection, the likeliest first. A published port accepts even while nobody
// listens behind it, so that only an answer proves an address.
func (a *addresses) list(ctx context.Context) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.proven != "" {
		return []string{a.proven}
	}
	if len(a.open) == 0 {
		a.open = reachable(ctx, a.candidates)
	}
	return a.open
}

// reachable tries all addresses at once: one behind a silent firewall must not
// hold up the others.
func reachable(ctx context.Context, candidates []string) []string {
	open := make([]bool, len(candidates))
	var wg sync.WaitGroup
	for i, address := range candidates {
		wg.Go(func() {
			dialer := net.Dialer{Timeout: 300 * time.Millisecond}
			if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
				_ = conn.Close()
				open[i] = true
			}
		})
	}
	wg.Wait()
	var found []string
	for i, address := range candidates {
		if open[i] {
			found = append(found, address)
		}
	}
	return found
}

// prove remembers that a listener has answered here.
func (a *addresses) prove(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.proven = address
}

// forget makes the next login look for an address anew.
func (a *addresses) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.proven, a.open = "", nil
}

// best is the proven address, or the likeliest.
func (a *addresses) best() (host string, port int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	address := a.proven
	if address == "" && len(a.candidates) > 0 {
		address = a.candidates[0]
	}
	if address == "" {
		return "", 0, errors.New("the container publishes no port")
	}
	return splitAddress(address)
}

func splitAddress(address string) (string, int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.Atoi(text)
	return host, port, err
}
