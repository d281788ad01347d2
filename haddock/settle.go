package haddock

import (
	"fmt"
	"slices"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// settle brings the instances that leave one step nearer to their end, all of
// them side by side.
func (s *situation) settle() (Action, bool) {
	var waiting *Action
	for _, one := range s.leaving() {
		a, ok := s.leave(one)
		if ok && a.changes() {
			return a, true
		}
		if ok && waiting == nil {
			waiting = &a
		}
	}
	if waiting == nil {
		return Action{}, false
	}
	return *waiting, true
}

// leaving are the instances that are to go away: all but the new one and the
// one that shares new sessions with it; the new one itself when it is taken
// back.
func (s *situation) leaving() []seat {
	var out []seat
	for _, one := range s.seats {
		switch {
		case s.old != nil && one.Seq == s.old.Seq:
		case one.Seq == s.new.Seq && !s.back:
		default:
			out = append(out, one)
		}
	}
	return out
}

func (s *situation) leave(one seat) (Action, bool) {
	gone := one.Status == statusExited || one.Status == statusDead || one.Status == statusCreated
	switch {
	case one.closed() && gone:
		return s.remove(one), true
	case gone: // its sessions are lost already
		return s.close(one, "its container does not run"), true
	case one.closed():
		return act(Stop, one, "stop the container", onInstance(doStop, one)), true
	case one.ready() && one.Seq == s.new.Seq && !s.visited:
		return s.close(one, "nobody ever came to it"), true
	case one.ready():
		return s.retire(one), true
	}
	return s.drain(one)
}

// retire takes new sessions from an instance; those it has stay.
func (s *situation) retire(one seat) Action {
	ops := []Op{onSlot(doDrain, one.Slot)}
	if s.knows(one.slot) && !s.strict(one.Slot) {
		ops = append(ops, onSlot(doStrict, one.Slot))
	}
	ops = append(ops, record(Line{Event: Draining, Seq: one.Seq, Slot: one.Slot, Sessions: one.slot.Sessions}))
	return act(Retire, one, "new sessions go elsewhere, those it has stay", ops...)
}

// drain waits until the last session has ended.
func (s *situation) drain(one seat) (Action, bool) {
	r := s.History.rollout(one.Seq)
	cut := one.Seq == s.new.Seq && s.rollout.back.Now || r.cut
	if since := r.drained.Time; s.goal.Deadline > 0 && !since.IsZero() && !s.Now.Before(since.Add(s.goal.Deadline)) {
		cut = true
	}
	switch {
	case one.idle() && s.counted():
		return s.close(one, "its last session has ended"), true
	case cut:
		line := Line{Event: Cut, Seq: one.Seq, Slot: one.Slot, Sessions: one.slot.Sessions}
		ops := []Op{record(line), onSlot(doMaint, one.Slot), onSlot(doShutdown, one.Slot)}
		return act(Sever, one, fmt.Sprintf("cut %s", sessions(one.slot.Sessions)), append(ops, s.unstrict(one)...)...), true
	case s.goal.Deadline > 0 && r.drained.Seq == 0:
		return act(Note, one, "it drains", record(Line{Event: Draining, Seq: one.Seq, Slot: one.Slot, Sessions: one.slot.Sessions})), true
	case !s.strict(one.Slot) && s.knows(one.slot):
		return act(Tighten, one, "the locator has forgotten that this slot drains", onSlot(doStrict, one.Slot)), true
	}
	a := act(Wait, one, s.undrained(one))
	a.For = forSessions
	return a, true
}

// undrained says what keeps a draining instance.
func (s *situation) undrained(one seat) string {
	text := fmt.Sprintf("%s on %s (%s)", sessions(one.slot.Sessions), label(one.Instance), one.Slot)
	switch {
	case one.idle() && s.Proxy.Full():
		text += ", but the locator's table is full and has forgotten some"
	case one.idle():
		text += ", to be believed once the locator has run for " + s.Expire.String()
	case one.slot.Sessions == 0:
		text += fmt.Sprintf(", %d requests under way", one.slot.Current+one.slot.Queued)
	}
	return text
}

func (s *situation) close(one seat, why string) Action {
	ops := append([]Op{onSlot(doMaint, one.Slot)}, s.unstrict(one)...)
	return act(Close, one, "close its slot: "+why, ops...)
}

func (s *situation) remove(one seat) Action {
	ops := append(s.unstrict(one), onSlot(doForget, one.Slot))
	if _, told := s.History.last(one.Seq, Removed); !told {
		ops = append(ops, record(Line{Event: Removed, Seq: one.Seq, Slot: one.Slot}))
	}
	return act(Remove, one, "remove the container", append(ops, onInstance(doRemove, one))...)
}

// sweep closes a slot that takes traffic though no instance is in it.
func (s *situation) sweep() (Action, bool) {
	for _, slot := range s.Proxy.Slots {
		taken := slices.ContainsFunc(s.seats, func(one seat) bool { return one.Slot == slot.Name })
		if !taken && slot.Admin != locator.Maint {
			ghost := seat{slot: slot}
			ghost.Slot = slot.Name
			return s.close(ghost, "no instance is in it"), true
		}
	}
	return Action{}, false
}
