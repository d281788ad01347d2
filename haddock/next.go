package haddock

import (
	"fmt"
	"slices"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
)

// reopenWeight is the weight of a slot that has all new sessions, and
// leaveWeight that of one that is about to have none. A slot at reopenWeight
// beside a newer one that has a share means that the newer one is taken back;
// so the way is known even when the history is lost.
const (
	reopenWeight = 100
	leaveWeight  = 1
)

// A Goal is what the rules of a roll-out are, as far as they are not in the
// world.
type Goal struct {
	Steps        []Step // ascending to 100; those in the history count more
	StartTimeout time.Duration
	Smoke        bool
	Analysis     AnalysisConfig
	Deadline     time.Duration // of a drain; 0 is never
	Hooks        HooksConfig
}

// Next is what to do next, whatever happened before: a pure function. Done
// again and again, with the world looked at anew each time, it leads from any
// point at which a command may have died to the end of the roll-out, forwards
// or backwards. It keeps three promises: new sessions always have an instance
// to go to if any can take them, no slot gets new sessions before the locator
// has checked its instance, and no instance with sessions is ended before the
// deadline.
func Next(w World, g Goal) Action {
	if w.Down {
		return Action{Kind: Wait, For: forLocator, Text: "the locator does not answer"}
	}
	s := survey(w, g)
	if a, ok := s.serve(); ok {
		return a
	}
	var waiting []Action
	for _, rule := range []func() (Action, bool){s.create, s.takeBack, s.judge, s.advance, s.conclude, s.settle, s.sweep} {
		a, ok := rule()
		switch {
		case !ok:
		case a.changes() || a.Kind == NoSlot:
			return a
		default:
			waiting = append(waiting, a)
		}
	}
	if len(waiting) > 0 {
		return waiting[0]
	}
	return Action{Kind: Settled}
}

// A situation is a world in which everybody has a part.
type situation struct {
	World
	goal    Goal
	seats   []seat
	new     *seat // the newest; nil when there is none
	old     *seat // an older one that has new sessions, or gets them back
	rollout rollout
	pending int  // the number of a roll-out that was begun and has no instance yet; 0: none
	visited bool // sessions may have come to the new one
	back    bool // the new one is taken back
}

func survey(w World, g Goal) *situation {
	s := &situation{World: w, goal: g, seats: w.seats(), pending: w.pending()}
	if len(s.seats) == 0 {
		return s
	}
	s.new = &s.seats[0]
	s.rollout = w.History.rollout(s.new.Seq)
	if s.rollout.begun.Steps != nil {
		s.goal.Steps = s.rollout.begun.Steps
	}
	for _, at := range s.rollout.pauses {
		s.goal.Steps = withPause(s.goal.Steps, at)
	}
	s.old = s.older(seat.takes)
	lost := s.rollout.begun.Seq == 0
	n := s.new
	s.visited = s.rollout.weighted.Percent > 0 || n.draining() || n.takes()
	intent := s.rollout.back.Seq != 0 || s.old != nil && (n.draining() ||
		lost && n.takes() && s.old.slot.Weight == reopenWeight)
	if intent && s.old == nil {
		s.old = s.older(seat.canReopen)
	}
	// what would leave new sessions without an instance is not done
	s.back = intent && (!s.visited || s.old != nil && s.old.canReopen())
	return s
}

// older is the newest of the others for which this holds.
func (s *situation) older(holds func(seat) bool) *seat {
	for i := range s.seats[1:] {
		if holds(s.seats[i+1]) {
			return &s.seats[i+1]
		}
	}
	return nil
}

// withPause makes sure that there is a step to pause at.
func withPause(steps []Step, at int) []Step {
	if at <= 0 || at >= 100 || slices.ContainsFunc(steps, func(s Step) bool { return s.Percent == at }) {
		return steps
	}
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Percent > at })
	if i < 0 {
		i = len(steps)
	}
	return slices.Insert(slices.Clone(steps), i, Step{Percent: at})
}

// serve mends a locator that gives new sessions to nobody though it could: it
// was started without its state, or a slot was taken out by hand.
func (s *situation) serve() (Action, bool) {
	if slices.ContainsFunc(s.seats, seat.takes) {
		return Action{}, false
	}
	target, ok := s.shouldServe()
	switch {
	case !ok:
		return Action{}, false
	case target.closed():
		return s.restore(target), true
	case target.slot.Fresh:
		ops := append(s.unstrict(target), weigh(weight(target, reopenWeight)))
		if !target.ready() {
			ops = append(ops, onSlot(doReady, target.Slot))
		}
		if target.Seq == s.new.Seq && s.rollout.weighted.Percent == 0 {
			ops = append(ops, record(s.weighted(target, 100)))
		}
		return act(Restore, target, "new sessions had nowhere to go, they come here again", ops...), true
	case target.draining():
		return act(Restore, target, "new sessions have nowhere to go: check it first",
			append(s.unstrict(target), weigh(weight(target, 0)), onSlot(doReady, target.Slot))...), true
	}
	return s.awaitHealth(target), true
}

// shouldServe is the instance that new sessions should come to when they come
// to none: the one that had them, else the newest that ever had any.
func (s *situation) shouldServe() (seat, bool) {
	live := s.History.live()
	for _, one := range s.seats {
		if one.Seq == live && one.running() {
			return one, true
		}
	}
	known := s.new != nil && s.rollout.begun.Seq != 0
	for _, one := range s.seats {
		unproven := one.Seq == s.new.Seq && known && s.rollout.weighted.Percent == 0
		leaving := one.Seq == s.new.Seq && s.rollout.back.Seq != 0
		if one.running() && !unproven && !leaving {
			return one, true
		}
	}
	if s.new != nil && s.new.running() && s.rollout.weighted.Percent > 0 {
		return *s.new, true // on its way out, but the only one
	}
	return seat{}, false
}

// restore lets all sessions find their instance again after the locator has
// forgotten everything. The target comes last: as long as it is closed, this
// is done again.
func (s *situation) restore(target seat) Action {
	var ops []Op
	for _, one := range s.seats {
		if one.Seq == target.Seq || !one.running() || !one.closed() || one.Seq == s.new.Seq && !s.visited {
			continue
		}
		verb := doDrain
		if one.Seq == s.new.Seq && !s.back {
			verb = doReady
		}
		ops = append(ops, weigh(weight(one, 0)), onSlot(verb, one.Slot))
	}
	ops = append(ops, weigh(weight(target, 0)), onSlot(doReady, target.Slot))
	return act(Restore, target, "the locator has lost its state: sessions find their instances again", ops...)
}

// create makes room for the new instance, and the instance.
func (s *situation) create() (Action, bool) {
	if s.pending == 0 {
		return Action{}, false
	}
	if slot, ok := s.freeSlot(); ok {
		return Action{
			Kind: Create, Seq: s.pending, Slot: slot, Text: "create the container",
			Ops: []Op{{Verb: doCreate, Seq: s.pending, Slot: slot}},
		}, true
	}
	if a, ok := s.settle(); ok && a.changes() {
		return a, true
	}
	return Action{Kind: NoSlot, Text: s.occupants()}, true
}

// takeBack gives new sessions to the old instance again, before anything else.
func (s *situation) takeBack() (Action, bool) {
	if !s.back {
		return Action{}, false
	}
	if s.visited {
		if a, ok := s.reopen(); ok {
			return a, true
		}
		if s.new.ready() {
			return s.retire(*s.new), true
		}
	}
	if s.rollout.back.Event == Aborted && s.goal.Hooks.OnAbort != "" && !s.rollout.hooks[onAbort] {
		return s.hook(onAbort), true
	}
	return Action{}, false
}

func (s *situation) reopen() (Action, bool) {
	old := *s.old
	ops := s.unstrict(old)
	if old.slot.Weight != reopenWeight {
		ops = append(ops, weigh(weight(old, reopenWeight)))
	}
	if !old.ready() {
		ops = append(ops, onSlot(doReady, old.Slot))
	}
	return act(Reopen, old, "new sessions come here again", ops...), len(ops) > 0
}

// judge ends the roll-out of a bad instance, as long as that helps.
func (s *situation) judge() (Action, bool) {
	if s.new == nil || s.back {
		return Action{}, false
	}
	base, why := 0, ""
	if s.visited {
		old := s.fallback()
		if old == nil {
			return Action{}, false // nobody could take the sessions over
		}
		base, why = old.Seq, s.worse(*old)
	}
	if sick := s.unhealthy(); sick != "" {
		why = sick
	}
	if why == "" {
		return Action{}, false
	}
	line := Line{Event: Aborted, Seq: s.new.Seq, Slot: s.new.Slot, Base: base, Text: why}
	return act(Abort, *s.new, why, record(line)), true
}

// fallback is the instance that new sessions would go to again. At 100 % the
// new one is still watched, for as long as its longest step: it may only break
// under the full load. Later a person decides.
func (s *situation) fallback() *seat {
	if s.old != nil {
		if s.old.running() && s.old.slot.Up {
			return s.old
		}
		return nil
	}
	var longest time.Duration
	for _, step := range s.goal.Steps {
		longest = max(longest, step.Bake)
	}
	if !s.Now.Before(s.rollout.weighted.Time.Add(longest)) {
		return nil
	}
	return s.older(seat.canReopen)
}

// unhealthy says what is wrong with the new instance itself, if anything.
func (s *situation) unhealthy() string {
	n := s.new
	switch {
	case n.Status == statusCreated:
		return ""
	case !n.running():
		return "its container " + ended(n.Instance)
	case s.visited && s.restarted():
		return "its container was restarted, the sessions in it are lost"
	case s.visited && !n.slot.Up && s.settled():
		return "the locator finds it down: " + n.slot.Check
	case !s.visited && n.ready() && !n.slot.Fresh && s.Now.After(s.startBy()):
		return fmt.Sprintf("it was not healthy after %s: %s", s.goal.StartTimeout, n.slot.Check)
	}
	return ""
}

func (s *situation) restarted() bool {
	limit := s.goal.Analysis.MaxRestarts
	if s.new.Restarts > limit {
		return true
	}
	at := s.rollout.first.Started
	return limit == 0 && !at.IsZero() && !at.Equal(s.new.StartedAt)
}

// startBy is when the new instance must be healthy: its time begins anew when
// a later command warms it again.
func (s *situation) startBy() time.Time {
	since := s.rollout.warmed
	if since.IsZero() {
		since = s.new.StartedAt
	}
	return since.Add(s.goal.StartTimeout)
}

// ended says how a container that does not run came to its end.
func ended(i host.Instance) string {
	switch {
	case i.Status == statusRestarting:
		return "is being restarted by the engine"
	case i.OOMKilled:
		return "was killed, it wanted more memory than it may have"
	case i.Status == statusExited:
		return fmt.Sprintf("ended with exit code %d", i.ExitCode)
	}
	return "is " + i.Status
}
