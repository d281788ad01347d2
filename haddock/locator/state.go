package locator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A State is what one process of HAProxy said at one moment.
type State struct {
	Version string
	PID     int           // another one after a restart or a reload
	Uptime  time.Duration // whole seconds; after a start the table knows no sessions, after a reload with peers it does

	Slots []Slot // of the backend, in the order of its configuration

	TableUsed, TableSize int

	Strict []string // slots in strict drain, sorted; HAProxy forgets them at a restart and at a reload
}

// Slot returns the slot of that name.
func (s State) Slot(name string) (Slot, bool) {
	i := slices.IndexFunc(s.Slots, func(slot Slot) bool { return slot.Name == name })
	if i < 0 {
		return Slot{}, false
	}
	return s.Slots[i], true
}

// Full reports whether the table forgets sessions before they end, because it
// has no room for more: HAProxy then drops the oldest 256th of it at once, so
// its use stays a little below its size.
func (s State) Full() bool { return isFull(s.TableUsed, s.TableSize) }

func isFull(used, size int) bool {
	const slack = 128 // twice what is dropped at once
	return size > 0 && used >= size-size/slack
}

// A Slot is a server line of the backend: a place for one instance. The
// counters begin at 0 with each process of HAProxy and do not know which
// instance they counted for: only their growth says something.
type Slot struct {
	Name    string
	ID      int
	Address string
	Port    int
	Admin   Admin
	Weight  int // 0 to 256; survives maint and ready, so set it before ready

	// Up means that HAProxy would send traffic. It is true from the moment a
	// slot becomes ready, before any check: see Fresh.
	Up bool
	// Fresh means that a check succeeded since the slot became ready, and none
	// failed since: it counts as many successes as it ever counts.
	Fresh bool
	// Check is the last check's result, like "L7STS 503 Service Unavailable". It
	// is the previous instance's until the first check after ready.
	Check string

	Sessions        int // rows of the table: live sessions, at most; see Proxy.Sessions
	Current, Queued int // requests under way, and waiting for a connection

	Requests                                 int64
	Responses2xx, Responses4xx, Responses5xx int64
	ConnectErrors, ResponseErrors            int64 // requests that failed for good
	// Retries are attempts that failed and were made again, here or on another
	// slot. Nobody saw an error, but a visitor who was sent elsewhere has lost the
	// session: an instance that refuses connections shows here and not in
	// ConnectErrors.
	Retries int64
}

// Read returns the state of the backend. All of it comes from one process over
// one connection, in some milliseconds; only a large table takes longer, see
// Sessions. A process that a reload has replaced counts as down. A backend
// without table or drain list is a *CommandError.
func (p *Proxy) Read(ctx context.Context) (State, error) {
	if err := p.checkNames(); err != nil {
		return State{}, err
	}
	var state State
	err := p.counting(func(c count) error {
		return p.talk(ctx, []string{
			"show info",
			"show servers state " + p.backend,
			"show stat " + p.backend + " 4 -1", // 4: servers; -1: all of them
			"show acl " + p.drainList,
			c.command(p.backend),
		}, func(r *replies) (err error) {
			state, err = hear(r, p.backend, c)
			return err
		})
	})
	if err != nil {
		return State{}, fmt.Errorf("read the state of backend %s: %w", p.backend, err)
	}
	return state, nil
}

// hear reads the replies to the commands of Read.
func hear(r *replies, backend string, c count) (State, error) {
	about, infoErr := hearInfo(r)
	servers, serversErr := hearText(r, parseServers)
	stats, statsErr := hearText(r, parseStats)
	strict, strictErr := hearText(r, parseList)
	found, tableErr := c.hear(r)
	// the first is the cause of the others
	if err := firstOf(infoErr, serversErr, statsErr, strictErr, tableErr); err != nil {
		return State{}, err
	}
	slots, err := slotsOf(backend, servers, stats, found.rows)
	if err != nil {
		return State{}, err
	}
	return State{
		Version: about.version, PID: about.pid, Uptime: about.uptime, Slots: slots,
		TableUsed: found.used, TableSize: found.size, Strict: strict,
	}, nil
}

func hearInfo(r *replies) (info, error) {
	about, err := hearText(r, parseInfo)
	if err == nil && about.stopping {
		return info{}, fmt.Errorf("%w: process %d was replaced and is stopping", ErrDown, about.pid)
	}
	return about, err
}

// hearText reads one reply and gives it to its parser.
func hearText[T any](r *replies, parse func(string) (T, error)) (T, error) {
	text, err := r.text()
	if err != nil {
		var none T
		return none, err
	}
	return parse(text)
}

func firstOf(errs ...error) error {
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// parseList reads the reply to `show acl`: "0x5576b634b510 s1" per value.
func parseList(text string) ([]string, error) {
	var values []string
	for line := range strings.Lines(text) {
		pointer, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok || !strings.HasPrefix(pointer, "0x") || value == "" {
			return nil, malformed("show acl: %s is no value of a list", excerpt(line))
		}
		values = append(values, value)
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// slotsOf joins what the three commands say of each server.
func slotsOf(backend string, servers []server, stats []stat, rows map[int]int) ([]Slot, error) {
	var slots []Slot
	for _, s := range servers {
		if s.backend != backend {
			return nil, malformed("show servers state %s: a server of %s", backend, excerpt(s.backend))
		}
		i := slices.IndexFunc(stats, func(st stat) bool { return st.name == s.name })
		if i < 0 {
			return nil, malformed("show stat %s: no line for %s", backend, excerpt(s.name))
		}
		st := stats[i]
		slots = append(slots, Slot{
			Name: s.name, ID: s.id, Address: s.address, Port: s.port,
			Admin: s.admin, Weight: s.weight, Up: s.up, Fresh: fresh(s, st), Check: st.check,
			Sessions: rows[s.id], Current: st.current, Queued: st.queued,
			Requests: st.requests, Responses2xx: st.ok, Responses4xx: st.refused, Responses5xx: st.failed,
			ConnectErrors: st.connectErrors, ResponseErrors: st.responseErrors, Retries: st.retries,
		})
	}
	return slots, nil
}

// fresh: when a slot becomes ready its health is set to rise, which is enough
// to be up, and only a check that succeeds brings it to its maximum. Where the
// maximum is rise itself (fall 1), nothing can be told.
func fresh(s server, st stat) bool {
	return s.admin != Maint && s.up && st.rise > 0 && st.fall > 1 && s.health == st.rise+st.fall-1
}

// ServersState returns what HAProxy's server-state file must hold for a start
// to come up with these weights and states: those of all backends.
func (p *Proxy) ServersState(ctx context.Context) ([]byte, error) {
	var state string
	err := p.talk(ctx, []string{"show servers state"}, func(r *replies) (err error) {
		if state, err = r.text(); err != nil {
			return err
		}
		servers, err := parseServers(state)
		if err == nil && len(servers) == 0 {
			return malformed("show servers state: no servers")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of the servers: %w", err)
	}
	return []byte(state), nil
}

// TableExpire returns how long a session without requests stays in the table.
// HAProxy tells it nowhere, so this adds a row that belongs to no slot, looks
// at it and removes it; a socket of level user refuses that.
func (p *Proxy) TableExpire(ctx context.Context) (time.Duration, error) {
	if err := p.checkNames(); err != nil {
		return 0, err
	}
	const key = " key haddock-asks-for-expire"
	var expire time.Duration
	err := p.talk(ctx, []string{
		"set table " + p.backend + key + " data.server_id 0",
		"show table " + p.backend + key,
		"clear table " + p.backend + key,
	}, func(r *replies) error {
		setErr := r.nothing()
		found, showErr := hearTable(r)
		clearErr := r.nothing()
		expire = found.longest
		return firstOf(setErr, showErr, clearErr)
	})
	if err == nil && expire == 0 {
		err = errors.New("the row that was added is not there")
	}
	if err != nil {
		return 0, fmt.Errorf("find the expire of table %s: %w", p.backend, err)
	}
	return expire, nil
}
