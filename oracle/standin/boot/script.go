package boot

import (
	"fmt"
	"time"
)

// A Phase is one part of a container's life, in the order they are lived.
type Phase uint8

// The phases. Everything from Reset on has the database open.
const (
	Init       Phase = iota // environment read, nothing listens
	Uncompress              // data files unpacked; first boot only
	Listener                // listener up, no instance
	Mount                   // instance started
	Open                    // database mounted, being opened
	Reset                   // passwords of SYS and SYSTEM not set yet; first boot only
	PDB                     // ORACLE_DATABASE created; first boot only
	User                    // APP_USER created; first boot only
	Setup                   // scripts of the first boot
	Startup                 // scripts of each boot
	Ready                   // the READY line is out
	phaseCount
)

// String is the phase's word in a script.
func (p Phase) String() string {
	return [...]string{
		"init", "uncompress", "listener", "mount", "open", "reset", "pdb", "user", "setup", "startup", "ready",
	}[p]
}

// An Act is what a connection gets.
type Act uint8

// The acts. NoListener closes the listening socket itself; the others answer
// on an accepted connection.
const (
	Accept      Act = iota // go on to the logon
	Refuse                 // REFUSE packet with Answer.Code
	Close                  // accepted and closed
	Silent                 // accepted, never answered
	ShortRefuse            // REFUSE packet of fewer than 12 bytes
	BareRefuse             // REFUSE packet without a code
	NoListener             // connection refused by the kernel
)

// An Answer is what the listener does with a connection.
type Answer struct {
	Act  Act
	Code int // of Refuse: 12514
}

// A Flavour is whose image the container plays.
type Flavour uint8

// The flavours.
const (
	Gvenzl Flavour = iota // READY after all scripts, exit 1 on failure
	Oracle                // READY before the startup scripts, stays up on failure
)

// A Script directs one container's life: how long each phase lasts and what
// goes wrong when. Make one with [ParseScript].
type Script struct {
	Flavour    Flavour
	SID        string // FREE; the pluggable database is SID + "PDB1"
	NeverReady bool   // live through all phases, but never print the READY line
	phases     [phaseCount]plan
}

// plan is what a script says about one phase.
type plan struct {
	first, again time.Duration // lengths in the first and later boots
	againSet     bool
	events       []event // by time after the phase's start
	rules        []rule  // in the script's order: the first that applies counts
}

type deed uint8

const (
	doLog deed = iota
	doExit
	doFail
	doHang
	doHog
	doDisconnect
)

// event is something the container itself does.
type event struct {
	after  time.Duration
	deed   deed
	text   string // of doLog
	number int64  // status of doExit, bytes of doHog
}

// rule is how some connections or logons are answered.
type rule struct {
	after  time.Duration
	login  bool // asked after the password check instead of at the connect
	answer Answer
	during time.Duration // 0: to the end of the phase
	first  int           // 0: any number of times
	until  bool          // ends with ALTER SYSTEM REGISTER
	whose  string        // service (connect) or user (login); empty: any
}

func defaultScript() Script {
	s := Script{SID: "FREE"}
	for p, length := range map[Phase]time.Duration{
		Init: 2 * time.Millisecond, Uncompress: 10 * time.Millisecond, Listener: 5 * time.Millisecond,
		Mount: 5 * time.Millisecond, Open: 5 * time.Millisecond, Reset: 5 * time.Millisecond,
	} {
		s.phases[p].first = length
	}
	return s
}

// length of a phase; a later boot takes half of the first one's time unless
// the script says otherwise.
func (s *Script) length(p Phase, again bool) time.Duration {
	plan := &s.phases[p]
	switch {
	case !again:
		return plan.first
	case plan.againSet:
		return plan.again
	}
	return plan.first / 2
}

// pdb is the name of the default pluggable database.
func (s *Script) pdb() string { return s.SID + "PDB1" }

// A ScriptError is a fault in a script.
type ScriptError struct {
	Line int
	Why  string
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("stand-in script line %d: %s", e.Line, e.Why)
}

// idle reports whether nothing happens in the phase: an image whose data files
// are unpacked already does not even mention it.
func (p *plan) idle() bool {
	return p.first == 0 && len(p.events) == 0 && len(p.rules) == 0
}
