package loadtest

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// maxProblems bounds the problems that are told with their text.
const maxProblems = 20

// A tally collects what the clients see. It is safe for concurrent use.
type tally struct {
	began time.Time
	ttl   time.Duration

	mu      sync.Mutex
	sum     Report
	visits  []*visit // those that may be alive
	took    histogram
	seconds map[int]*Second
}

func newTally(began time.Time, ttl time.Duration) *tally {
	return &tally{began: began, ttl: ttl, seconds: map[int]*Second{}, sum: Report{Began: began, ByVersion: map[string]int{}}}
}

// second is the bucket of a moment.
func (t *tally) second(at time.Time) *Second {
	n := int(at.Sub(t.began) / time.Second)
	if t.seconds[n] == nil {
		t.seconds[n] = &Second{At: n, Live: map[string]int{}, New: map[string]int{}}
	}
	return t.seconds[n]
}

func (t *tally) problem(at time.Time, text string) {
	if len(t.sum.Problems) < maxProblems {
		t.sum.Problems = append(t.sum.Problems, Problem{At: at.Sub(t.began), Text: text})
	}
}

func (t *tally) answered(began time.Time, took time.Duration, version string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Requests++
	t.sum.ByVersion[version]++
	t.took.add(took)
	t.second(began).Requests++
}

func (t *tally) failed(began time.Time, took time.Duration, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Requests++
	t.sum.Failures++
	t.took.add(took)
	second := t.second(began)
	second.Requests++
	second.Failures++
	t.problem(began, text)
}

func (t *tally) opened(got answer, began time.Time) *visit {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &visit{answer: got, opened: began, last: began}
	t.visits = append(t.visits, v)
	t.sum.Sessions++
	t.sum.Opened = append(t.sum.Opened, Opened{At: began, Version: got.Version, Instance: got.Instance})
	t.second(began).New[got.Version]++
	return v
}

func (t *tally) seen(v *visit, got answer, began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.answer, v.last = got, began
}

func (t *tally) moved(v *visit, began time.Time, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.over = true
	t.sum.Moved = append(t.sum.Moved, began)
	t.problem(began, text)
}

func (t *tally) over(v *visit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.over = true
}

func (t *tally) miscounted(began time.Time, twice bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if twice {
		t.sum.Doubled++
	} else {
		t.sum.Lost++
	}
	t.problem(began, text)
}

// late notes a request that was not sent in its time, and never will be.
func (t *tally) late() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Late++
}

// requests and begun are cheap enough to be asked for all the time.
func (t *tally) requests() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum.Requests
}

// begun counts the sessions since a moment, by version.
func (t *tally) begun(since time.Time) map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := map[string]int{}
	for _, session := range slices.Backward(t.sum.Opened) {
		if since.Sub(session.At) > time.Minute { // they are noted when they are answered, so not quite in order
			break
		}
		if session.At.After(since) {
			n[session.Version]++
		}
	}
	return n
}

// sample counts the sessions that are alive in the application: used by a
// client, or left less than a TTL ago.
func (t *tally) sample(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visits = slices.DeleteFunc(t.visits, func(v *visit) bool { return v.over || now.Sub(v.last) > t.ttl })
	second := t.second(now)
	clear(second.Live)
	for _, v := range t.visits {
		second.Live[v.Version]++
	}
}

// report closes the sum: what is still open is not in it.
func (t *tally) report(now time.Time) Report {
	t.sample(now)
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sum
	sum.Lasted = now.Sub(t.began)
	sum.ByVersion = maps.Clone(t.sum.ByVersion)
	sum.Moved, sum.Opened, sum.Problems = slices.Clone(t.sum.Moved), slices.Clone(t.sum.Opened), slices.Clone(t.sum.Problems)
	sum.Median, sum.P99, sum.Longest = t.took.within(50), t.took.within(99), t.took.longest
	for _, second := range t.seconds {
		sum.Seconds = append(sum.Seconds, second.copy())
	}
	slices.SortFunc(sum.Seconds, func(a, b Second) int { return a.At - b.At })
	return sum
}
