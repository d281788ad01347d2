package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
)

// How much of each kind a History keeps.
const (
	keptNotable = 500
	keptPhases  = 100
	keptAnswers = 50
)

// A History is what was seen of a database since its start, across all its
// containers, for a diagnosis. It holds no passwords.
type History struct {
	Phases  []PhaseStart // in the order in which they began
	Lines   []LogLine    // of its log, that name an error or a stall; the newest
	Refused []Refusal    // what our logins were answered, by the time of the first
}

// A PhaseStart says when a phase began, by the engine's clock as far as the
// log tells.
type PhaseStart struct {
	Phase     Phase
	At        time.Time
	Container string // id
}

// A LogLine is a line of the container's log with the engine's time.
type LogLine struct {
	At    time.Time
	Phase Phase // in which it came
	Text  string
}

// A Refusal is one kind of failed login.
type Refusal struct {
	Code        int    // Oracle's; 0 for a connection that broke
	Text        string // of the last
	Count       int
	First, Last time.Time
}

// notable finds what is worth to be remembered of a log: errors, and what
// makes a database stall.
var notable = regexp.MustCompile(`\b(?:ORA|TNS|SP2|PLS)-\d{3,5}\b|heckpoint not complete|cannot allocate new log|Errors in file|` +
	`No space left on device|DATABASE STARTUP FAILED!|NOT SUCCESSFUL!|[Tt]erminating the instance|Shutting down instance`)

// history collects a History.
type history struct {
	mu   sync.Mutex
	seen History
}

// History is what was seen of the database so far.
func (c *Container) History() History {
	h := &c.history
	h.mu.Lock()
	defer h.mu.Unlock()
	return History{Phases: slices.Clone(h.seen.Phases), Lines: slices.Clone(h.seen.Lines), Refused: slices.Clone(h.seen.Refused)}
}

func (h *history) began(phase Phase, at time.Time, container string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.Phases = newest(append(h.seen.Phases, PhaseStart{phase, at, container}), keptPhases)
}

// line remembers a line of the log if it is worth it.
func (h *history) line(at time.Time, phase Phase, text string) {
	if !notable.MatchString(text) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.Lines = newest(append(h.seen.Lines, LogLine{at, phase, text}), keptNotable)
}

// refused remembers a failed login.
func (h *history) refused(err error) {
	now, code, text := time.Now(), errorCode(err), err.Error()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.seen.Refused {
		if r := &h.seen.Refused[i]; r.Code == code && (code != 0 || r.Text == text) {
			r.Text, r.Last, r.Count = text, now, r.Count+1
			return
		}
	}
	h.seen.Refused = newest(append(h.seen.Refused, Refusal{code, text, 1, now, now}), keptAnswers)
}

func newest[T any](list []T, kept int) []T {
	return slices.Delete(list, 0, max(0, len(list)-kept))
}

// String is one line about the logins.
func (r Refusal) String() string {
	return fmt.Sprintf("%4d times from %s to %s: %s", r.Count, r.First.Format(clock), r.Last.Format(clock), r.Text)
}

// clock is how a History's times are shown.
const clock = "15:04:05.000"
