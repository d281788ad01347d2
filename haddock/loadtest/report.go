package loadtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Report is what the users of a service have noticed.
type Report struct {
	Began    time.Time
	Lasted   time.Duration
	Requests int
	Failures int // requests without a right answer
	Lost     int // answered and yet not carried out
	Doubled  int // carried out twice
	Late     int // not sent, because too many others had no answer yet
	Moved    []time.Time
	Problems []Problem // the first ones, with their texts

	Sessions  int
	Opened    []Opened
	ByVersion map[string]int // requests

	Median, P99, Longest time.Duration
	Seconds              []Second

	Marks []Mark // for the drawing; whoever rolls out knows them
}

// A Mark is a moment with a name.
type Mark struct {
	At   time.Time
	Text string
}

// Opened is a session's beginning.
type Opened struct {
	At                time.Time // when its first request was sent
	Version, Instance string
}

// A Problem is something that users would notice.
type Problem struct {
	At   time.Duration // since the load began
	Text string
}

// A Second of the load.
type Second struct {
	At                 int            // since the load began
	Live               map[string]int // sessions that are alive, by version
	New                map[string]int // sessions that began, by version
	Requests, Failures int
}

func (s Second) copy() Second {
	s.Live, s.New = maps.Clone(s.Live), maps.Clone(s.New)
	return s
}

// Clean reports whether no user has noticed anything.
func (r Report) Clean() bool { return r.Failures+r.Lost+r.Doubled+len(r.Moved) == 0 }

// NewBetween counts the sessions that began in a span of time, by version.
func (r Report) NewBetween(from, to time.Time) map[string]int {
	n := map[string]int{}
	for _, session := range r.Opened {
		if session.At.After(from) && session.At.Before(to) {
			n[session.Version]++
		}
	}
	return n
}

// Versions are those that any session had, in the order in which they came.
func (r Report) Versions() []string {
	var versions []string
	for _, session := range r.Opened {
		if !slices.Contains(versions, session.Version) {
			versions = append(versions, session.Version)
		}
	}
	return versions
}

// String is the table for people.
func (r Report) String() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-16s %s\n", name, fmt.Sprintf(format, args...))
	}
	perSecond := 0.0
	if r.Lasted > 0 {
		perSecond = float64(r.Requests) / r.Lasted.Seconds()
	}
	row("requests", "%d in %.0f s, %.0f a second", r.Requests, r.Lasted.Seconds(), perSecond)
	row("failures", "%d", r.Failures)
	row("lost, doubled", "%d, %d", r.Lost, r.Doubled)
	if r.Late > 0 {
		row("not sent", "%d, the machine is too slow for this load", r.Late)
	}
	row("sessions", "%d", r.Sessions)
	row("sessions moved", "%d", len(r.Moved))
	row("latency", "median %s, 99 %% within %s, longest %s", short(r.Median), short(r.P99), short(r.Longest))
	for _, version := range r.Versions() {
		opened := 0
		for _, session := range r.Opened {
			if session.Version == version {
				opened++
			}
		}
		row(version, "%d sessions, %d requests", opened, r.ByVersion[version])
	}
	for _, problem := range r.Problems {
		row("problem", "after %.1f s: %s", problem.At.Seconds(), problem.Text)
	}
	return b.String()
}

func short(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
