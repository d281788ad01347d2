// Package loadtest puts a service with sessions under load the way its users
// do: every client has cookies of its own, comes back within the session's
// life, and checks in each answer that instance and session are the ones it had
// and that the session's counter has grown by exactly one. What users would
// notice is therefore in the Report: failed requests, sessions that moved,
// requests that were lost or carried out twice.
package loadtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how much load there is.
type Config struct {
	URL     string        // what every request asks for; it must answer as examples/shop does
	Rate    int           // requests per second, whatever the answers take
	Clients int           // that are there at any time; default: one for every two requests per second
	Stay    time.Duration // of a client on average, before another takes its place; default 5s
	TTL     time.Duration // of an idle session; for counting those that clients have left
	Timeout time.Duration // of a request; default 10s

	// Logins makes clients log in, which gives their session another id, and
	// half of them log out when they leave. URL then ends with /count.
	Logins bool

	// FreshConnections makes every request open a connection of its own.
	FreshConnections bool
}

// A Load is under way. Stop ends it.
type Load struct {
	cfg    Config
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{}
	web    *http.Transport
	tally  *tally
	under  atomic.Int64 // requests

	mu   sync.Mutex
	idle []*client // longest rested first
}

// Start begins to send requests at once; the first second brings all clients.
func Start(ctx context.Context, cfg Config) *Load {
	if cfg.Clients == 0 {
		cfg.Clients = max(1, cfg.Rate/2)
	}
	if cfg.Stay == 0 {
		cfg.Stay = 5 * time.Second
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Load{
		cfg: cfg, began: time.Now(), cancel: cancel, done: make(chan struct{}),
		web: &http.Transport{
			MaxIdleConnsPerHost: 2 * cfg.Rate, IdleConnTimeout: 5 * time.Second, DisableKeepAlives: cfg.FreshConnections,
		},
	}
	l.tally = newTally(l.began, cfg.TTL)
	for range cfg.Clients {
		l.idle = append(l.idle, l.newClient())
	}
	go l.send(ctx)
	return l
}

// Stop ends the load when the requests under way have their answers, and tells
// what happened.
func (l *Load) Stop() Report {
	l.cancel()
	<-l.done
	l.web.CloseIdleConnections()
	return l.tally.report(time.Now())
}

// Report tells what has happened so far.
func (l *Load) Report() Report { return l.tally.report(time.Now()) }

// Requests is how many have been answered, or have failed.
func (l *Load) Requests() int { return l.tally.requests() }

// NewSince counts the sessions that began since a moment, by version.
func (l *Load) NewSince(from time.Time) map[string]int { return l.tally.begun(from) }

// send keeps the rate: a request that takes long delays no other one.
func (l *Load) send(ctx context.Context) {
	defer close(l.done)
	var under sync.WaitGroup
	defer under.Wait()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	second := time.NewTicker(time.Second / 2)
	defer second.Stop()
	for sent := 0; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-second.C:
			l.tally.sample(now)
		case now := <-ticker.C:
			for due := int(now.Sub(l.began).Seconds() * float64(l.cfg.Rate)); sent < due; sent++ {
				if !l.room() {
					l.tally.late()
					continue
				}
				under.Go(l.one)
			}
		}
	}
}

// room keeps a load that cannot be borne from growing: two seconds of requests
// may be under way.
func (l *Load) room() bool {
	if l.under.Add(1) <= int64(2*l.cfg.Rate) {
		return true
	}
	l.under.Add(-1)
	return false
}

// one sends one request of the client that has rested longest.
func (l *Load) one() {
	defer l.under.Add(-1)
	c := l.take()
	switch gone := time.Now().After(c.leaves); {
	case gone && l.cfg.Logins && c.had != nil && rand.IntN(2) == 0:
		c.logout()
		c = l.newClient()
	case gone:
		c = l.newClient()
		c.request()
	default:
		c.request()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, c)
}

// take gives a client; when all wait for answers, a new one.
func (l *Load) take() *client {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.idle) == 0 {
		return l.newClient()
	}
	c := l.idle[0]
	l.idle = l.idle[1:]
	return c
}

func (l *Load) newClient() *client {
	stay := time.Duration(rand.ExpFloat64() * float64(l.cfg.Stay))
	return newClient(l, time.Now().Add(min(stay, 5*l.cfg.Stay/2)))
}

// method gives each second request one that reads and the others one of those
// that must never be carried out twice.
func method() string {
	return []string{http.MethodGet, http.MethodPost, http.MethodGet, http.MethodPut, http.MethodGet, http.MethodPatch}[rand.IntN(6)]
}

func problem(method, format string, args ...any) string {
	return method + ": " + fmt.Sprintf(format, args...)
}
