package haddock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// The hooks, by their keys in haddock.yaml.
const (
	preDeploy  = "preDeploy"
	postDeploy = "postDeploy"
	onAbort    = "onAbort"
)

func act(kind Kind, about seat, text string, ops ...Op) Action {
	return Action{Kind: kind, Seq: about.Seq, Slot: about.Slot, Text: text, Ops: ops}
}

// advance brings the new instance one step further.
func (s *situation) advance() (Action, bool) {
	if s.new == nil || s.back {
		return Action{}, false
	}
	n := *s.new
	switch {
	case n.Status == statusCreated:
		return act(Start, n, "start the container", onInstance(doStart, n)), true
	case !n.running():
		return Action{}, false
	case n.closed():
		return s.warm(n), true
	case n.slot.Weight == 0 && n.ready():
		return s.open(n), true
	case n.takes():
		return s.ramp(n)
	}
	return Action{}, false
}

// warm lets the locator check the instance before anybody is sent to it. The
// slot may have a weight and sessions of the instance before.
func (s *situation) warm(n seat) Action {
	return act(
		Warm, n, "let the locator check it, without visitors",
		onSlot(doMaint, n.Slot), weigh(weight(n, 0)), onSlot(doForget, n.Slot),
		// Visitors of the instance before, had it to go at once, still have its
		// cookie: without a session here they are not let in, weight or not.
		onSlot(doStrict, n.Slot),
		record(Line{Event: Warming, Seq: n.Seq, Slot: n.Slot}), onSlot(doReady, n.Slot))
}

// open gives the checked instance its first share.
func (s *situation) open(n seat) Action {
	switch {
	case !n.slot.Fresh:
		return s.awaitHealth(n)
	case s.goal.Smoke && !s.rollout.smoked:
		return act(Smoke, n, "ask it through the locator, before its first visitor",
			onInstance(doSmoke, n), record(Line{Event: Smoked, Seq: n.Seq, Slot: n.Slot}))
	case s.old == nil:
		return s.shift(n, Step{Percent: 100})
	}
	return s.shift(n, s.step(s.rollout.weighted.Percent))
}

// step is the one that such a share belongs to; below the first it is the
// first.
func (s *situation) step(percent int) Step {
	at := Step{Percent: 100}
	for i, step := range s.goal.Steps {
		if i == 0 || step.Percent <= percent {
			at = step
		}
	}
	return at
}

func (s *situation) after(percent int) Step {
	for _, step := range s.goal.Steps {
		if step.Percent > percent {
			return step
		}
	}
	return Step{Percent: 100}
}

// ramp stays at the step, or goes to the next one.
func (s *situation) ramp(n seat) (Action, bool) {
	recorded := s.rollout.weighted.Percent
	if s.old == nil {
		if n.slot.Weight == 100 && recorded == 100 {
			return Action{}, false
		}
		if !n.slot.Fresh && n.slot.Weight != 100 {
			return s.awaitHealth(n), true
		}
		return s.shift(n, Step{Percent: 100}), true
	}
	step := s.step(max(n.slot.Weight, recorded))
	switch {
	case !n.slot.Fresh:
		return s.awaitHealth(n), true
	case n.slot.Weight != step.Percent || s.old.slot.Weight != rest(step.Percent) || recorded != step.Percent:
		return s.shift(n, step), true
	case step.Percent == 100:
		return s.retire(*s.old), true
	}
	if a, ok := s.hold(n, step); ok {
		return a, true
	}
	next := s.shift(n, s.after(step.Percent))
	if few := s.grown(n).Requests; !s.goal.Analysis.Off && few < int64(s.goal.Analysis.MinRequests) {
		next.Text += fmt.Sprintf("; only %d requests came to it so far, too few to compare", few)
	}
	return next, true
}

// hold stays at a step: for a person, or for its bake time.
func (s *situation) hold(n seat, step Step) (Action, bool) {
	if s.rollout.promoted >= step.Percent {
		return Action{}, false
	}
	if s.rollout.pauseAt == step.Percent {
		if !s.rollout.paused {
			return act(Note, n, fmt.Sprintf("pause at %d %%", step.Percent),
				record(Line{Event: Paused, Seq: n.Seq, Slot: n.Slot, Percent: step.Percent})), true
		}
		return act(Pause, n, fmt.Sprintf("paused at %d %%", step.Percent)), true
	}
	until := s.rollout.weighted.Time.Add(step.Bake)
	if !s.Now.Before(until) {
		return Action{}, false
	}
	a := act(Wait, n, fmt.Sprintf("at %d %% until %s", step.Percent, until.Format("15:04:05")))
	a.For, a.Until = forBake, until
	return a, true
}

// rest is the weight of the old slot beside a share.
func rest(percent int) int { return max(100-percent, leaveWeight) }

// shift gives the new instance a share. The old one's weight comes first: a
// line that is cut in the middle then looks like the step before.
func (s *situation) shift(n seat, step Step) Action {
	var ops []Op
	if s.rollout.weighted.Percent == 0 { // a crash loop would have looked like health until now
		ops = append(ops, onInstance(doKeep, n))
	}
	ops = append(ops, s.unstrict(n)...)
	// Written before it is so: should the locator lose its state right then,
	// sessions that have come are found again.
	ops = append(ops, record(s.weighted(n, step.Percent)))
	if s.old == nil {
		ops = append(ops, weigh(weight(n, 100)))
	} else {
		ops = append(ops, weigh(weight(*s.old, rest(step.Percent)), weight(n, step.Percent)))
	}
	if s.old != nil && step.Percent == 100 {
		ops = append(ops, s.retire(*s.old).Ops...)
	}
	return act(Shift, n, fmt.Sprintf("give it %d %% of new sessions", step.Percent), ops...)
}

// weighted is the line about a share, with what the analysis counts from.
func (s *situation) weighted(n seat, percent int) Line {
	line := Line{
		Event: Weighted, Seq: n.Seq, Slot: n.Slot, Percent: percent,
		Started: n.StartedAt, Counts: map[string]Counts{n.Slot: countsOf(n.slot)},
	}
	if s.old != nil && s.old.Seq != n.Seq {
		line.Base, line.Counts[s.old.Slot] = s.old.Seq, countsOf(s.old.slot)
	}
	return line
}

// conclude is what belongs to the end of the ramp.
func (s *situation) conclude() (Action, bool) {
	if s.new == nil || s.back || s.old != nil || !s.new.takes() || s.rollout.begun.Seq == 0 || s.rollout.finished {
		return Action{}, false
	}
	if s.goal.Hooks.PostDeploy != "" && !s.rollout.hooks[postDeploy] {
		return s.hook(postDeploy), true
	}
	return act(Note, *s.new, "it has all new sessions", record(Line{Event: Finished, Seq: s.new.Seq, Slot: s.new.Slot})), true
}

func (s *situation) hook(name string) Action {
	return act(RunHook, *s.new, "run hooks."+name, Op{Verb: doHook, Hook: name, Seq: s.new.Seq},
		record(Line{Event: Hooked, Seq: s.new.Seq, Text: name}))
}

func (s *situation) awaitHealth(n seat) Action {
	text := "wait until the locator finds it healthy"
	if n.slot.Check != "" && !n.slot.Up {
		text += ", its last check: " + n.slot.Check
	}
	a := act(Wait, n, text)
	a.For, a.Until = forHealth, s.startBy()
	return a
}

// unstrict takes a slot off the drain list if it is on it.
func (s *situation) unstrict(one seat) []Op {
	if s.strict(one.Slot) {
		return []Op{onSlot(doUnstrict, one.Slot)}
	}
	return nil
}

// occupants says who is in the slots.
func (s *situation) occupants() string {
	var who []string
	for _, one := range s.seats {
		who = append(who, fmt.Sprintf("%s %s %s with %s", one.Slot, label(one.Instance), one.word(), sessions(one.slot.Sessions)))
	}
	for _, slot := range s.Proxy.Slots {
		if !slices.ContainsFunc(s.seats, func(one seat) bool { return one.Slot == slot.Name }) {
			who = append(who, fmt.Sprintf("%s takes traffic though no instance is in it", slot.Name))
		}
	}
	return strings.Join(who, ", ")
}

// label names an instance for people.
func label(i host.Instance) string {
	if i.Version != "" {
		return i.Version
	}
	return fmt.Sprintf("#%d", i.Seq)
}

func sessions(n int) string {
	if n == 1 {
		return "1 session"
	}
	return fmt.Sprintf("%d sessions", n)
}

// countsOf are the counters that the analysis compares.
func countsOf(slot locator.Slot) Counts {
	return Counts{Requests: slot.Requests, Failed: slot.Responses5xx + slot.ResponseErrors, Connect: slot.ConnectErrors + slot.Retries}
}
