package haddock

import (
	"fmt"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// Kind says what an Action is for.
type Kind string

// The kinds of action. Those below Wait change nothing.
const (
	Create  Kind = "create"  // the new instance's container
	Start   Kind = "start"   // the container
	Warm    Kind = "warm"    // let the locator check the new instance, at weight 0
	Smoke   Kind = "smoke"   // ask the new instance through the locator
	Shift   Kind = "shift"   // give the new instance its share of new sessions
	Note    Kind = "note"    // write into the history what is so already
	Restore Kind = "restore" // a locator that has forgotten everything
	Abort   Kind = "abort"   // the new instance is bad
	Reopen  Kind = "reopen"  // give the old instance all new sessions again
	Retire  Kind = "retire"  // take new sessions from an instance
	Tighten Kind = "tighten" // put a draining slot back on the drain list
	Sever   Kind = "sever"   // end the sessions that the deadline has met
	Close   Kind = "close"   // take the slot of an empty instance out
	Stop    Kind = "stop"    // the container of a closed slot
	Remove  Kind = "remove"  // the stopped container
	RunHook Kind = "hook"    // a command of the project
	Wait    Kind = "wait"    // look again a little later
	Pause   Kind = "pause"   // until somebody promotes
	Settled Kind = "settled" // there is nothing left to do
	NoSlot  Kind = "no-slot" // every slot is taken; Text says by whom
)

// What a Wait waits for.
const (
	forLocator  = "locator"
	forHealth   = "health"
	forBake     = "bake"
	forSessions = "sessions"
)

// An Action is what to do next: Ops in their order. After any of them a new
// look at the world leads on from there, so the command may die in between.
type Action struct {
	Kind Kind
	Seq  int    // the instance that it is about
	Slot string // its slot
	Ops  []Op
	Text string // for people: what is done, or what is waited for

	For   string    // Wait
	Until time.Time // Wait for bake, and for health: when it is over
}

// changes reports whether the action does something.
func (a Action) changes() bool { return len(a.Ops) > 0 }

// Verb is one change of one thing.
type Verb string

// The verbs.
const (
	doCreate   Verb = "create"
	doStart    Verb = "start"
	doStop     Verb = "stop"
	doRemove   Verb = "remove"
	doKeep     Verb = "keep" // let the engine restart the container
	doReady    Verb = "ready"
	doDrain    Verb = "drain"
	doMaint    Verb = "maint"
	doWeights  Verb = "weights"
	doForget   Verb = "forget"
	doStrict   Verb = "strict"
	doUnstrict Verb = "unstrict"
	doShutdown Verb = "shutdown"
	doSmoke    Verb = "smoke"
	doHook     Verb = "hook"
	doRecord   Verb = "record"
)

// An Op is one verb with its object.
type Op struct {
	Verb    Verb
	Seq     int    // container verbs, create, smoke
	Slot    string // locator verbs, create, smoke
	Hook    string
	Weights []locator.Weight
	Line    Line // record; the time is set when it is written
}

// String is short, for logs and for tests.
func (o Op) String() string {
	switch o.Verb {
	case doWeights:
		parts := make([]string, 0, len(o.Weights))
		for _, w := range o.Weights {
			parts = append(parts, fmt.Sprintf("%s=%d", w.Slot, w.Weight))
		}
		return "weights " + strings.Join(parts, " ")
	case doRecord:
		if o.Line.Event == Weighted {
			return fmt.Sprintf("record %s %d%%", o.Line.Event, o.Line.Percent)
		}
		return fmt.Sprintf("record %s", o.Line.Event)
	case doHook:
		return "hook " + o.Hook
	case doCreate, doStart, doStop, doRemove, doKeep:
		return fmt.Sprintf("%s #%d", o.Verb, o.Seq)
	default:
		return fmt.Sprintf("%s %s", o.Verb, o.Slot)
	}
}

func onSlot(verb Verb, slot string) Op { return Op{Verb: verb, Slot: slot} }

func onInstance(verb Verb, s seat) Op { return Op{Verb: verb, Seq: s.Seq, Slot: s.Slot} }

func weigh(weights ...locator.Weight) Op { return Op{Verb: doWeights, Weights: weights} }

func weight(s seat, percent int) locator.Weight {
	return locator.Weight{Slot: s.Slot, Weight: percent}
}

func record(line Line) Op { return Op{Verb: doRecord, Line: line} }
