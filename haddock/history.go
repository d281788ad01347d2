package haddock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An Event names what a line of the history tells.
type Event string

// The events, as they stand in the history.
const (
	Begun      Event = "begun"       // a roll-out is meant to happen; nothing is changed yet
	Warming    Event = "warming"     // the new instance's slot is prepared
	Smoked     Event = "smoked"      // the smoke test passed
	Weighted   Event = "weighted"    // the new instance has Percent of the new sessions
	Paused     Event = "paused"      // waits for promote
	Promoted   Event = "promoted"    // a person ended the pause or the bake time
	Draining   Event = "draining"    // no new sessions any more
	Aborted    Event = "aborted"     // haddock itself takes the roll-out back
	RolledBack Event = "rolled-back" // a person takes the roll-out back
	Cut        Event = "cut"         // the drain deadline ended so many Sessions
	Removed    Event = "removed"     // the instance is gone
	Hooked     Event = "hooked"      // the hook in Text ran
	Finished   Event = "finished"    // the roll-out has reached all new sessions
)

// A Line is one thing that happened, for ever: one JSON object on one line of
// the history. Seq says to which instance, and so to which roll-out.
type Line struct {
	Time  time.Time `json:"time"`
	Event Event     `json:"event"`
	Seq   int       `json:"seq"`
	Slot  string    `json:"slot,omitempty"`
	By    string    `json:"by,omitempty"` // user@host
	Text  string    `json:"text,omitempty"`

	Release *Facts `json:"release,omitempty"` // Begun: what is rolled out
	Steps   []Step `json:"steps,omitempty"`   // Begun: how
	PauseAt int    `json:"pauseAt,omitempty"` // Begun, Promoted: stop there until promote
	Percent int    `json:"percent,omitempty"` // Weighted, Paused, Promoted
	Base    int    `json:"base,omitempty"`    // Weighted, Aborted, RolledBack: the instance that has the rest
	Now     bool   `json:"now,omitempty"`     // RolledBack: sessions are not waited for

	Sessions int               `json:"sessions,omitempty"` // Draining, Cut, Removed: that the instance had
	Started  time.Time         `json:"started,omitzero"`   // Weighted: of the new instance's container
	Counts   map[string]Counts `json:"counts,omitempty"`   // Weighted: of the new and the old slot, at that moment
}

// Facts say what a release is and where it comes from.
type Facts struct {
	Version string `json:"version,omitempty"`
	Image   string `json:"image"` // repository@digest
	Tag     string `json:"tag,omitempty"`
	Commit  string `json:"commit,omitempty"`
	Branch  string `json:"branch,omitempty"`
	Build   string `json:"build,omitempty"`  // the CI system's name of it
	URL     string `json:"url,omitempty"`    // of the build
	Config  string `json:"config,omitempty"` // fingerprint of what haddock.yaml makes of it
}

// Counts are a slot's counters at one moment.
type Counts struct {
	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`  // answers 5xx and answers that broke off
	Connect  int64 `json:"connect"` // connections that failed, also those that were tried again
}

// History is all lines, the oldest first.
type History []Line

// ParseHistory reads a history. A line that does not read, such as one that a
// power cut left half written, is left out and counted.
func ParseHistory(data []byte) (h History, bad int) {
	for raw := range bytes.Lines(data) {
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 {
			continue
		}
		var line Line
		if err := json.Unmarshal(raw, &line); err != nil || line.Event == "" || line.Seq < 1 {
			bad++
			continue
		}
		h = append(h, line)
	}
	return h, bad
}

// encode is the line as it stands in the file, without its end.
func (l Line) encode() (string, error) {
	data, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("write history: %w", err)
	}
	return string(data), nil
}

// of gives the lines about one instance.
func (h History) of(seq int) History {
	var about History
	for _, line := range h {
		if line.Seq == seq {
			about = append(about, line)
		}
	}
	return about
}

// last gives the newest line of one of these events about an instance.
func (h History) last(seq int, events ...Event) (Line, bool) {
	for _, line := range slices.Backward(h) {
		if line.Seq == seq && slices.Contains(events, line.Event) {
			return line, true
		}
	}
	return Line{}, false
}

// A rollout is what the history says of the roll-out of one instance.
type rollout struct {
	begun    Line // zero when the history was lost
	warmed   time.Time
	smoked   bool
	weighted Line // the newest share; Percent 0 when it never had one
	first    Line // the first share, where the analysis counts from
	pauseAt  int
	pauses   []int // all there ever were: each is a step
	paused   bool  // the pause is in the history
	promoted int   // up to this percentage a person has said go on
	back     Line  // Aborted or RolledBack; zero when it goes forward
	drained  Line  // Draining; zero once it has new sessions again
	cut      bool
	finished bool
	hooks    map[string]bool
}

// rollout sums up the lines about one instance.
func (h History) rollout(seq int) rollout {
	r := rollout{hooks: map[string]bool{}}
	for _, line := range h {
		if line.Base == seq { // it has new sessions, perhaps again: an earlier drain is over
			r.drained, r.cut = Line{}, false
		}
		if line.Seq != seq {
			continue
		}
		switch line.Event {
		case Begun:
			r.begun, r.pauseAt, r.pauses = line, line.PauseAt, append(r.pauses, line.PauseAt)
		case Warming:
			r.warmed, r.smoked = line.Time, false
		case Smoked:
			r.smoked = true
		case Weighted:
			r.weighted, r.paused = line, false
			if r.first.Seq == 0 {
				r.first = line
			}
		case Paused:
			r.paused = true
		case Promoted:
			r.promoted, r.pauseAt = max(r.promoted, line.Percent), line.PauseAt
			r.pauses = append(r.pauses, line.PauseAt)
		case Aborted, RolledBack:
			if r.back.Seq == 0 || line.Now {
				r.back = line
			}
		case Draining:
			r.drained = line
		case Cut:
			r.cut = true
		case Hooked:
			r.hooks[line.Text] = true
		case Finished:
			r.finished = true
		case Removed:
		}
	}
	return r
}

// live is the number of the instance that had the new sessions, or most of
// them, when the last line was written; 0 when nothing is known.
func (h History) live() int {
	live := 0
	for _, line := range h {
		switch {
		case line.Event == Weighted && (line.Percent == 100 || line.Base == 0):
			live = line.Seq
		case line.Event == Weighted:
			live = line.Base
		case (line.Event == Aborted || line.Event == RolledBack) && line.Base > 0:
			live = line.Base
		case line.Event == Removed && line.Seq == live:
			live = 0
		}
	}
	return live
}

// MarshalJSON writes the bake time as people do: 5m0s.
func (s Step) MarshalJSON() ([]byte, error) {
	return json.Marshal(stepText{Percent: s.Percent, Bake: s.Bake.String()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Step) UnmarshalJSON(data []byte) error {
	var text stepText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	bake, err := time.ParseDuration(text.Bake)
	*s = Step{Percent: text.Percent, Bake: bake}
	return err
}

type stepText struct {
	Percent int    `json:"percent"`
	Bake    string `json:"bake"`
}
