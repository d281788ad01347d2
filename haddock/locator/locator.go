// Package locator is all that haddock knows of HAProxy, the service locator:
// its runtime socket, the state read from it, the commands that move traffic,
// the configuration it needs and whether a running one has it.
//
// It keeps three rules. Nothing reaches the socket that was not checked
// against a list of allowed characters, because a semicolon in a value is a
// second command. A reply that is not understood is an error and never a zero,
// because a zero is what removes an instance. And it decides nothing: which
// slot gets which share when is haddock's business.
package locator

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"sync/atomic"
)

// DefaultDrainList is the file name under which HAProxy knows the list of slots
// in strict drain, unless a Config or WithDrainList says otherwise. It names a
// list in HAProxy's memory: the file itself stays empty.
const DefaultDrainList = "/etc/haddock/draining.lst"

// A Dial opens a new connection to HAProxy's runtime socket. Each call of a
// Proxy uses one connection and closes it.
type Dial func(ctx context.Context) (net.Conn, error)

// A Proxy is one backend of a running HAProxy, 2.6 or later, reached through
// its runtime socket. It holds no connection, and may be used by several
// goroutines at once.
//
// Every method gives up when its context ends, then returning the context's
// cause, and with ErrDown when no complete answer came in ten seconds. What a
// command was to change may have changed even then.
type Proxy struct {
	dial      Dial
	backend   string
	drainList string
	largest   *atomic.Int64 // the server with thousands of sessions the last time, or 0: see counting
}

// New returns the backend of the HAProxy that dial reaches. A name that HAProxy
// would not accept is the error of every later call.
func New(dial Dial, backend string) *Proxy {
	return &Proxy{dial: dial, backend: backend, drainList: DefaultDrainList, largest: &atomic.Int64{}}
}

// WithDrainList returns a copy of the Proxy whose list of slots in strict drain
// has another file name.
func (p *Proxy) WithDrainList(path string) *Proxy {
	q := *p
	q.drainList = path
	return &q
}

// Backend is the name that New was given.
func (p *Proxy) Backend() string { return p.backend }

var (
	// what HAProxy accepts as a name
	nameForm = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
	// no character that means something on the command line or in the file
	pathForm = regexp.MustCompile(`^/[A-Za-z0-9_./@:+-]{1,200}$`)
)

// checkNames refuses what must not become part of a command.
func (p *Proxy) checkNames(slots ...string) error {
	if !nameForm.MatchString(p.backend) {
		return fmt.Errorf("%q is no name of a backend: letters, digits, '_', '-', '.' and ':' only", p.backend)
	}
	if !pathForm.MatchString(p.drainList) {
		return fmt.Errorf("%q is no name of a drain list: an absolute path of letters, digits and ./_@:+- only", p.drainList)
	}
	if i := slices.IndexFunc(slots, func(s string) bool { return !nameForm.MatchString(s) }); i >= 0 {
		return fmt.Errorf("%q is no name of a slot: letters, digits, '_', '-', '.' and ':' only", slots[i])
	}
	return nil
}
