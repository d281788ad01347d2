package haddock

import (
	"fmt"
	"strings"
)

// outcome says where the command leaves things.
func (d *drive) outcome(w World, a Action) Outcome {
	s := survey(w, d.goal())
	out := Outcome{State: IsNothing, Text: "nothing runs here"}
	if s.new == nil {
		return out
	}
	live := s.live()
	out = Outcome{State: IsLive, Version: label(live.Instance), Slot: live.Slot}
	switch {
	case a.Kind == Pause:
		out.State, out.Version, out.Slot = IsPaused, label(s.new.Instance), s.new.Slot
		out.Finish = d.command("promote")
		out.Text = fmt.Sprintf("paused, %s, go on with: %s", s.shares(), out.Finish)
	case a.For == forBake:
		out.State, out.Version, out.Slot = IsBaking, label(s.new.Instance), s.new.Slot
		out.Finish = d.command("resume")
		out.Text = fmt.Sprintf("baking until %s, %s, go on with: %s", a.Until.Local().Format("15:04:05"), s.shares(), out.Finish)
	case a.For == forSessions:
		out.State, out.Finish = IsDraining, d.command("resume")
		out.Text = fmt.Sprintf("%s has all new sessions; draining, %s, finish with: %s", out.Version, a.Text, out.Finish)
	default:
		out.Text = fmt.Sprintf("%s has all sessions, in slot %s", out.Version, out.Slot)
		if !live.slot.Up {
			out.Text += ", and HAProxy finds it down: " + live.slot.Check
		}
	}
	return out
}

// live is the instance that has the new sessions, or most of them.
func (s *situation) live() seat {
	best := *s.new
	for _, one := range s.seats {
		if one.takes() && (!best.takes() || one.slot.Weight > best.slot.Weight) {
			best = one
		}
	}
	return best
}

// shares says who has which part of new sessions: 1.5.0 has 10 %, 1.4.1 90 %.
func (s *situation) shares() string {
	total := 0
	for _, one := range s.seats {
		if one.takes() {
			total += one.slot.Weight
		}
	}
	var parts []string
	for _, one := range s.seats {
		if one.takes() {
			parts = append(parts, fmt.Sprintf("%s %d %%", label(one.Instance), (200*one.slot.Weight+total)/(2*total)))
		}
	}
	if len(parts) == 0 {
		return "nobody has new sessions"
	}
	return "new sessions: " + strings.Join(parts, ", ")
}

// state says where things are, by the last look.
func (d *drive) state() string {
	s := survey(d.last, d.goal())
	if s.new == nil {
		return ""
	}
	return s.sentence()
}

// sentence says where a roll-out is.
func (s *situation) sentence() string {
	n := *s.new
	parts := []string{s.shares()}
	if !n.takes() {
		parts = append(parts, fmt.Sprintf("%s in slot %s %s", label(n.Instance), n.Slot, n.word()))
	}
	for _, one := range s.seats[1:] {
		if one.draining() {
			parts = append(parts, fmt.Sprintf("%s drains with %s", label(one.Instance), sessions(one.slot.Sessions)))
		}
	}
	return strings.Join(parts, "; ")
}

// aborted is the error of a roll-out that haddock took back.
func (d *drive) aborted(w World, r rollout) error {
	err := &AbortedError{Version: d.version(w), Slot: r.back.Slot, Reason: r.back.Text, Gone: true, Visited: r.weighted.Percent > 0, Log: d.tails[d.seq]}
	for _, one := range w.seats() {
		switch {
		case one.Seq == d.seq:
			err.Gone, err.Left = false, one.slot.Sessions
		case one.takes() && err.Restored == "":
			err.Restored = label(one.Instance)
		}
	}
	return err
}

// overtaken is the end when a newer roll-out has begun: one that had reached
// all new sessions has nothing left to do, the newer one cleans up behind it.
func (d *drive) overtaken(w World, r rollout) (Outcome, error) {
	err := &OvertakenError{Seq: d.seq, By: w.History.rollout(w.newest()).begun}
	if !r.finished {
		return Outcome{}, err
	}
	version := d.version(w)
	return Outcome{State: IsNothing, Version: version, Text: fmt.Sprintf("%s had all new sessions; %v", version, err)}, d.failed
}

// version names the roll-out that this command is about.
func (d *drive) version(w World) string {
	if begun := w.History.rollout(d.seq).begun; begun.Release != nil {
		return begun.Release.Version
	}
	for _, i := range w.Instances {
		if i.Seq == d.seq {
			return label(i)
		}
	}
	return fmt.Sprintf("#%d", d.seq)
}

// fields are what the console shows while something is waited for.
func fields(w World) map[string]string {
	out := map[string]string{}
	for _, one := range w.seats() {
		out[one.Slot] = fmt.Sprintf("%s %d", label(one.Instance), one.slot.Sessions)
	}
	return out
}
