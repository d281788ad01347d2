package locator

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Weight is a slot's share of new sessions, in relation to the others'.
type Weight struct {
	Slot   string
	Weight int // 0 to 256
}

// SetWeights sets several weights with one line: no request sees half of them
// for longer than HAProxy takes to read on. A slot that it does not know does
// not keep the others from being set.
func (p *Proxy) SetWeights(ctx context.Context, weights ...Weight) error {
	commands := make([]string, 0, len(weights))
	for _, w := range weights {
		const most = 256
		if w.Weight < 0 || w.Weight > most {
			return fmt.Errorf("set the weight of slot %s: %d is not between 0 and %d", w.Slot, w.Weight, most)
		}
		if err := p.checkNames(w.Slot); err != nil {
			return err
		}
		commands = append(commands, fmt.Sprintf("set server %s/%s weight %d", p.backend, w.Slot, w.Weight))
	}
	if len(commands) == 0 {
		return nil
	}
	return p.do(ctx, "set weights", commands...)
}

// Ready lets a slot take requests, by its weight, from this very moment: give
// it weight 0 before, and its share when its state is Fresh.
func (p *Proxy) Ready(ctx context.Context, slot string) error {
	return p.set(ctx, slot, Ready)
}

// Drain keeps new sessions away from a slot; those it has stay. See Strict.
func (p *Proxy) Drain(ctx context.Context, slot string) error {
	return p.set(ctx, slot, Drain)
}

// Maint takes a slot out. Its sessions are given to another slot with their
// next request; requests under way end as they would.
func (p *Proxy) Maint(ctx context.Context, slot string) error {
	return p.set(ctx, slot, Maint)
}

func (p *Proxy) set(ctx context.Context, slot string, admin Admin) error {
	if err := p.checkNames(slot); err != nil {
		return err
	}
	return p.do(ctx, fmt.Sprintf("bring slot %s to %s", slot, admin),
		fmt.Sprintf("set server %s/%s state %s", p.backend, slot, admin))
}

// Forget removes the slot's sessions from the table. Do it while the slot is in
// maint and before the next instance comes, or that one inherits them.
func (p *Proxy) Forget(ctx context.Context, slot string) error {
	if err := p.checkNames(slot); err != nil {
		return err
	}
	id, err := p.idOf(ctx, slot)
	if err != nil {
		return fmt.Errorf("forget the sessions of slot %s: %w", slot, err)
	}
	return p.do(ctx, fmt.Sprintf("forget the sessions of slot %s", slot),
		fmt.Sprintf("clear table %s data.server_id eq %d", p.backend, id))
}

// idOf returns the number under which the table knows a slot.
func (p *Proxy) idOf(ctx context.Context, slot string) (int, error) {
	var servers []server
	err := p.talk(ctx, []string{"show servers state " + p.backend}, func(r *replies) (err error) {
		servers, err = hearText(r, parseServers)
		return err
	})
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(servers, func(s server) bool { return s.name == slot })
	if i < 0 {
		return 0, fmt.Errorf("backend %s has no slot of this name", p.backend)
	}
	return servers[i].id, nil
}

// Strict puts a slot on the drain list or takes it off: while it is there its
// cookie counts only for sessions that the table knows, so that a visitor whose
// session has ended begins the next one elsewhere. Doing it twice does no harm.
//
// It also protects an instance that warms up in a slot whose last instance was
// removed with sessions: between Forget and the first share it keeps away those
// whose cookie still names the slot, and who would come whatever its weight.
func (p *Proxy) Strict(ctx context.Context, slot string, on bool) error {
	if err := p.checkNames(slot); err != nil {
		return err
	}
	what := fmt.Sprintf("take slot %s off the drain list", slot)
	if on {
		what = fmt.Sprintf("put slot %s on the drain list", slot)
	}
	var listed []string
	err := p.talk(ctx, []string{"show acl " + p.drainList}, func(r *replies) (err error) {
		listed, err = hearText(r, parseList)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case slices.Contains(listed, slot) == on:
		return nil
	case on:
		return p.do(ctx, what, fmt.Sprintf("add acl %s %s", p.drainList, slot))
	}
	return p.do(ctx, what, fmt.Sprintf("del acl %s %s", p.drainList, slot))
}

// ShutdownSessions cuts the connections of all requests that a slot has under
// way: their users see an error.
func (p *Proxy) ShutdownSessions(ctx context.Context, slot string) error {
	if err := p.checkNames(slot); err != nil {
		return err
	}
	return p.do(ctx, fmt.Sprintf("cut the requests of slot %s", slot),
		fmt.Sprintf("shutdown sessions server %s/%s", p.backend, slot))
}

// do sends commands that say nothing when they were carried out. HAProxy carries
// out the ones behind a refused one; all refusals come back.
func (p *Proxy) do(ctx context.Context, what string, commands ...string) error {
	err := p.talk(ctx, commands, func(r *replies) error {
		errs := make([]error, 0, len(commands))
		for range commands {
			err := r.nothing()
			errs = append(errs, err)
			if errors.Is(err, ErrDown) {
				break // nothing comes behind that
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
