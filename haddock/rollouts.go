package haddock

import (
	"context"
	"fmt"
	"time"
)

// A Rollout is one line of the history for people: what was rolled out, by whom
// and what became of it.
type Rollout struct {
	Seq     int       `json:"seq"`
	Begun   time.Time `json:"begun"`
	Ended   time.Time `json:"ended,omitzero"` // finished, or taken back
	By      string    `json:"by"`
	Release Facts     `json:"release"`
	Outcome string    `json:"outcome"`          // live, replaced, taken back, rolled back, under way
	Reason  string    `json:"reason,omitempty"` // why it was taken back
}

// History reads all lines there are.
func (s *Service) History(ctx context.Context) (History, error) { return s.readHistory(ctx) }

// Rollouts sums the lines up, the oldest first.
func (h History) Rollouts() []Rollout {
	var out []Rollout
	live := h.live()
	for _, line := range h {
		if line.Event != Begun {
			continue
		}
		r := h.rollout(line.Seq)
		one := Rollout{Seq: line.Seq, Begun: line.Time, By: line.By, Outcome: "under way"}
		if line.Release != nil {
			one.Release = *line.Release
		}
		switch _, gone := h.last(line.Seq, Removed); {
		case r.back.Event == Aborted:
			one.Outcome, one.Reason, one.Ended = "taken back", r.back.Text, r.back.Time
		case r.back.Event == RolledBack:
			one.Outcome, one.Reason, one.Ended = "rolled back", "by "+r.back.By, r.back.Time
		case r.finished && live == line.Seq:
			one.Outcome = "live"
		case r.finished && gone:
			one.Outcome = "replaced"
		case r.finished:
			one.Outcome = "draining"
		}
		if at, ok := h.last(line.Seq, Finished); ok && one.Ended.IsZero() {
			one.Ended = at.Time
		}
		out = append(out, one)
	}
	return out
}

// sentence tells a line in words.
func (l Line) sentence(version string) string {
	switch l.Event {
	case Begun:
		return version + " is rolled out"
	case Warming, Smoked:
		return version + " is checked"
	case Weighted:
		return fmt.Sprintf("%s has %d %% of new sessions", version, l.Percent)
	case Paused:
		return fmt.Sprintf("%s pauses at %d %%", version, l.Percent)
	case Promoted:
		return fmt.Sprintf("%s goes on from %d %%", version, l.Percent)
	case Draining:
		return fmt.Sprintf("%s drains with %s", version, sessions(l.Sessions))
	case Aborted:
		return fmt.Sprintf("%s is taken back: %s", version, l.Text)
	case RolledBack:
		return version + " is rolled back"
	case Cut:
		return fmt.Sprintf("%s of %s were cut", sessions(l.Sessions), version)
	case Removed:
		return version + " is removed"
	case Hooked:
		return fmt.Sprintf("%s: hook %s ran", version, l.Text)
	case Finished:
		return version + " has all new sessions"
	}
	return fmt.Sprintf("%s: %s", version, l.Event)
}

// Sentence tells a line in words.
func (h History) Sentence(l Line) string {
	version := fmt.Sprintf("#%d", l.Seq)
	if begun, ok := h.last(l.Seq, Begun); ok && begun.Release != nil {
		version = begun.Release.Version
	}
	return l.sentence(version)
}
