package haddock

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// What the engine calls the states of a container.
const (
	statusCreated    = "created"
	statusRunning    = "running"
	statusRestarting = "restarting"
	statusExited     = "exited"
	statusDead       = "dead"
)

// settleTime is how long HAProxy may take after its start to know which slots
// are up; a slot that is down before that says nothing about its instance.
const settleTime = 3 * time.Second

// A World is one service in one environment at one moment, as far as haddock
// can see it. Everything that Next decides, it decides from this.
type World struct {
	Now       time.Time
	Down      bool   // the locator does not answer; Proxy is then empty
	Why       string // it is down
	Proxy     locator.State
	Expire    time.Duration // of the locator's table
	Instances []host.Instance
	History   History

	// Kept are the sessions of each slot that this same command saw right
	// before HAProxy was restarted or reloaded; nil when it saw no such moment.
	Kept map[string]int
	// Full is when this same command last saw the table full, zero when it never
	// was: it has forgotten sessions then.
	Full time.Time
}

// A seat is an instance together with the slot that it is in.
type seat struct {
	host.Instance
	slot locator.Slot
}

func (s seat) ready() bool    { return s.slot.Admin == locator.Ready }
func (s seat) draining() bool { return s.slot.Admin == locator.Drain }
func (s seat) closed() bool   { return s.slot.Admin == locator.Maint }

// running: one that the engine is starting again and again is not.
func (s seat) running() bool { return s.Status == statusRunning }

// takes reports whether the locator sends new sessions here.
func (s seat) takes() bool { return s.ready() && s.slot.Weight > 0 }

// canReopen reports whether new sessions may come here again.
func (s seat) canReopen() bool {
	return s.running() && !s.closed() && s.slot.Up && (s.takes() || s.slot.Fresh)
}

// word says for people what the seat does.
func (s seat) word() string {
	switch {
	case s.closed():
		return "out of traffic"
	case s.draining():
		return "drains"
	case s.slot.Weight == 0:
		return "warms up"
	}
	return "takes new sessions"
}

// idle reports whether nobody would notice if the seat were gone.
func (s seat) idle() bool {
	return s.slot.Sessions == 0 && s.slot.Current == 0 && s.slot.Queued == 0
}

// seats are the instances with their slots, the newest first. An instance
// whose slot the locator does not have sits in one that is closed.
func (w World) seats() []seat {
	seats := make([]seat, 0, len(w.Instances))
	for _, instance := range w.Instances {
		slot, ok := w.Proxy.Slot(instance.Slot)
		if !ok {
			slot = locator.Slot{Name: instance.Slot, Admin: locator.Maint}
		}
		seats = append(seats, seat{Instance: instance, slot: slot})
	}
	slices.SortFunc(seats, func(a, b seat) int { return cmp.Compare(b.Seq, a.Seq) })
	return seats
}

// counted reports whether the table knows every session there is: after a
// start it does when each had the time to show itself or to end.
func (w World) counted() bool {
	return w.Proxy.Uptime > w.Expire+time.Second && !w.Proxy.Full() &&
		(w.Full.IsZero() || w.Now.Sub(w.Full) > w.Expire+time.Second)
}

// knows reports whether the table holds all sessions of a slot, so that strict
// drain turns none of them away. After a reload it does at once, after a
// restart one expire later; the two are told apart by what was there before.
func (w World) knows(slot locator.Slot) bool {
	if w.Proxy.Uptime > w.Expire+time.Second {
		return true
	}
	before, seen := w.Kept[slot.Name]
	return seen && slot.Sessions >= before && w.Proxy.Uptime <= settleTime // later, others may have come
}

// after is this look with what the one before it adds.
func (w World) after(before World) World {
	w.Kept, w.Full = before.keeps(w.Proxy), before.Full
	if w.Proxy.Full() {
		w.Full = w.Now
	}
	w.Proxy.Slots = slices.Clone(w.Proxy.Slots)
	for i, slot := range w.Proxy.Slots {
		// While a check is under way its code is 0: the one before says more.
		if last, ok := before.Proxy.Slot(slot.Name); ok && strings.HasSuffix(slot.Check, " 0") && last.Check != "" {
			w.Proxy.Slots[i].Check = last.Check
		}
	}
	return w
}

// keeps is the Kept of the next look, which finds the locator in this state.
// What a table holds that does not know all sessions itself says nothing.
func (w World) keeps(next locator.State) map[string]int {
	if next.PID == w.Proxy.PID && next.Uptime >= w.Proxy.Uptime {
		return w.Kept
	}
	if w.Down || w.Proxy.Uptime <= w.Expire+time.Second {
		return nil
	}
	kept := map[string]int{}
	for _, slot := range w.Proxy.Slots {
		kept[slot.Name] = slot.Sessions
	}
	return kept
}

func (w World) strict(slot string) bool { return slices.Contains(w.Proxy.Strict, slot) }

// settled reports whether HAProxy has run long enough to judge by it.
func (w World) settled() bool { return w.Proxy.Uptime > settleTime }

// newest is the highest number that an instance or the history has.
func (w World) newest() int {
	highest := 0
	for _, i := range w.Instances {
		highest = max(highest, i.Seq)
	}
	for _, line := range w.History {
		highest = max(highest, line.Seq)
	}
	return highest
}

// pending is the number of a roll-out that was begun and of which nothing else
// is known; 0 when there is none.
func (w World) pending() int {
	seq := w.newest()
	lines := w.History.of(seq)
	for _, line := range lines {
		if line.Event != Begun {
			return 0
		}
	}
	if len(lines) == 0 || slices.ContainsFunc(w.Instances, func(i host.Instance) bool { return i.Seq >= seq }) {
		return 0
	}
	return seq
}

// freeSlot is a slot that no instance is in and that takes no traffic.
func (w World) freeSlot() (string, bool) {
	for _, slot := range w.Proxy.Slots {
		taken := slices.ContainsFunc(w.Instances, func(i host.Instance) bool { return i.Slot == slot.Name })
		if !taken && slot.Admin == locator.Maint {
			return slot.Name, true
		}
	}
	return "", false
}
