// Package host is everything that haddock does on the machines it deploys to:
// the engine, the locator's socket, files of the state directory, the lock,
// and the containers and images of a service. Over ssh all of it goes through
// one connection. It keeps one rule: what haddock did not create is never
// changed or removed.
package host

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// Where things are when the target does not say otherwise.
const (
	DefaultLocator  = "/run/haddock/admin.sock"
	DefaultStateDir = "/var/lib/haddock"
	dockerSocket    = "/var/run/docker.sock"
	setting         = "engine" // where a person names the engine
)

// A Target says where an environment is. The zero value is this machine.
type Target struct {
	Engine string // unix:///path, ssh://user@host[:port][/path], tcp://host:port; empty is unix:///var/run/docker.sock
	TLS    string // folder of ca.pem, cert.pem and key.pem for a tcp engine
	// Locator is HAProxy's admin socket: unix:///path on this machine or
	// ssh://user@host[:port]/path. Empty is DefaultLocator on the engine's
	// host; a tcp engine needs it.
	Locator  string
	StateDir string // on the locator's host; empty is DefaultStateDir
	SSH      SSH
}

// A Host is a connection to the machines of one environment. Close it after
// use. It is safe for concurrent use.
type Host struct {
	eng      *engine.Engine
	engines  *machine // where the engine is; nil over tcp
	locators *machine // where the locator and its state are
	socket   string   // the locator's, on its machine
	stateDir string
	links    map[string]*link
}

// Connect connects to the engine and, over ssh, to the locator's host; the
// locator itself need not run. A target that cannot work is ErrTarget, a host
// that does not let us in a *LinkError, an engine that does not answer an
// *engine.UnavailableError; over ssh that holds a *LinkError.
func Connect(ctx context.Context, t Target) (*Host, error) {
	places, err := t.places()
	if err != nil {
		return nil, err
	}
	h := &Host{socket: places.locator.path, stateDir: places.stateDir, links: map[string]*link{}}
	if err := h.connect(ctx, t, places); err != nil {
		_ = h.Close() // the first error says more
		return nil, err
	}
	return h, nil
}

func (h *Host) connect(ctx context.Context, t Target, places places) error {
	var err error
	if h.locators, err = h.machine(ctx, t, places.locator); err != nil {
		return err
	}
	if places.engine.scheme == schemeTCP {
		h.eng, err = engine.ConnectTo(ctx, engine.Endpoint{
			Host: "tcp://" + places.engine.address, TLS: true, CertPath: t.TLS, Setting: setting,
		})
		return err
	}
	if h.engines, err = h.machine(ctx, t, places.engine); err != nil {
		return err
	}
	if places.engine.scheme == schemeUnix {
		h.eng, err = engine.ConnectTo(ctx, engine.Endpoint{Host: "unix://" + places.engine.path, Setting: setting})
		return err
	}
	at := engine.Endpoint{Host: "ssh://" + places.engine.login(), Setting: setting}
	h.eng, err = engine.ConnectVia(ctx, at, func(ctx context.Context) (net.Conn, error) {
		return h.engines.dial(ctx, "unix", places.engine.path)
	})
	return err
}

// machine gives the machine of a place; one connection serves all that is on
// the same one.
func (h *Host) machine(ctx context.Context, t Target, at place) (*machine, error) {
	if at.scheme != schemeSSH {
		return thisMachine(), nil
	}
	l, err := h.link(ctx, t.SSH, at, 0)
	if err != nil {
		return nil, err
	}
	return l.machine(), nil
}

// link opens the connection to a host, and those to the hosts on the way;
// before is how many there are already.
func (h *Host) link(ctx context.Context, s SSH, at place, before int) (*link, error) {
	at, own, way, err := s.follow(ctx, at)
	if err != nil {
		return nil, err
	}
	if before+len(way) > mostJumps {
		return nil, fmt.Errorf("%w: ssh's configuration reaches %s over more than %d hosts", ErrTarget, at.login(), mostJumps)
	}
	var via *link
	for i, hop := range way {
		if i == 0 { // the nearest one is reached by its own way
			via, err = h.link(ctx, s, hop, before+1)
		} else if hop, login, _, err2 := s.follow(ctx, hop); err2 != nil {
			err = err2
		} else {
			via, err = h.open(ctx, hop, login, via)
		}
		if err != nil {
			return nil, err
		}
	}
	return h.open(ctx, at, own, via)
}

// open opens one connection, unless there is one already.
func (h *Host) open(ctx context.Context, at place, s SSH, via *link) (*link, error) {
	if l := h.links[at.login()]; l != nil {
		return l, nil
	}
	l, err := openLink(ctx, at, s, via)
	if err == nil {
		h.links[at.login()] = l
	}
	return l, err
}

// Engine is the host's container engine.
func (h *Host) Engine() *engine.Engine { return h.eng }

// DialLocator connects to HAProxy's admin socket.
func (h *Host) DialLocator(ctx context.Context) (net.Conn, error) {
	conn, err := h.locators.dial(ctx, "unix", h.socket)
	if err != nil {
		return nil, fmt.Errorf("reach the locator at %s: %w", h.at(h.socket), err)
	}
	return conn, nil
}

// DialLoopback connects to a TCP port of the locator's host that is bound to
// 127.0.0.1 there.
func (h *Host) DialLoopback(ctx context.Context, port int) (net.Conn, error) {
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("reach port %d of the locator's host: there is no such port", port)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	conn, err := h.locators.dial(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", h.at(address), err)
	}
	return conn, nil
}

// Run runs a shell script on the locator's host and returns what it writes to
// stdout. A script that fails is a *ScriptError with what it wrote to stderr.
func (h *Host) Run(ctx context.Context, script string, stdin []byte) ([]byte, error) {
	out, err := h.locators.run(ctx, script, stdin)
	if err != nil {
		return out, fmt.Errorf("run a script on %s: %w", h.locators.name, err)
	}
	return out, nil
}

// LocatorHost names the machine where the locator and its state are:
// "this machine" or user@host.
func (h *Host) LocatorHost() string { return h.locators.name }

// Close ends all connections.
func (h *Host) Close() error {
	var err error
	if h.eng != nil {
		err = h.eng.Close()
	}
	for _, l := range h.links {
		l.close()
	}
	return err
}

// at says where something is; on this machine the thing alone is enough.
func (h *Host) at(thing string) string {
	if h.locators.local {
		return thing
	}
	return thing + " on " + h.locators.name
}
