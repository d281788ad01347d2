package standin

import (
	"maps"
	"slices"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// A Target is what a client wants to be connected to.
type Target struct {
	Service string // SERVICE_NAME
	SID     string
	Command string // COMMAND, as a listener's control program sends
}

// An Act is what the listener does with a CONNECT.
type Act uint8

// The acts.
const (
	Accept      Act = iota // open a session
	Refuse                 // answer REFUSE with Code
	Close                  // close without an answer
	Silent                 // never answer
	ShortRefuse            // answer a REFUSE too short for its own fields, on which go-ora panics
	BareRefuse             // answer a REFUSE that names no code
)

// An Answer is how a CONNECT is met.
type Answer struct {
	Act  Act
	Code int // of Refuse, for example 12514
}

// Codes of the listener.
const (
	codeNoTarget       = 12504
	codeUnknownSID     = 12505
	codeUnknownCommand = 12508
	codeUnknownService = 12514
	codeNoHandler      = 12516
)

// Lookup is the answer of an ordinary listener: a known service or SID is
// accepted, others get ORA-12514, ORA-12505, or ORA-12504 when none was named.
func (s *Server) Lookup(t Target) Answer {
	refused := func(code int) Answer { return Answer{Act: Refuse, Code: code} }
	switch {
	case t.Command == "ping":
		return refused(0)
	case t.Command != "":
		return refused(codeUnknownCommand)
	case t.Service != "":
		if s.services.has(t.Service) {
			return Answer{Act: Accept}
		}
		return refused(codeUnknownService)
	case t.SID == "":
		return refused(codeNoTarget)
	case s.sids.has(t.SID):
		return Answer{Act: Accept}
	}
	return refused(codeUnknownSID)
}

func (n *names) list() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return slices.Sorted(maps.Keys(n.set))
}

// target reads what a connect descriptor asks for.
func target(descriptor string) Target {
	return Target{
		Service: wire.DescriptorValue(descriptor, "SERVICE_NAME"),
		SID:     wire.DescriptorValue(descriptor, "SID"),
		Command: wire.DescriptorValue(descriptor, "COMMAND"),
	}
}
