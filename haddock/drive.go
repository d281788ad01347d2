package haddock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/events"
)

const (
	// patience is how long a locator may not answer before a command gives up.
	patience = 30 * time.Second
	// relockWait is how long a command that is under way waits for another one
	// that is changing something just now.
	relockWait = time.Minute
	// releaseTime is what giving back the lock may take when all else has ended.
	releaseTime = 2 * time.Second
	// lastLook is what finding out how things are left may take.
	lastLook = 2 * time.Second
)

// polls is how often the world is looked at while something is waited for.
func polls(what string) time.Duration {
	switch what {
	case forHealth, forLocator:
		return 150 * time.Millisecond
	case forBake:
		return 500 * time.Millisecond
	default:
		return time.Second
	}
}

// pause is how long to wait between two looks. A table of many sessions costs
// HAProxy something to tell, at most 0.4 µs for each of them: not more than a
// twentieth of its time, but for the moment until a check has succeeded.
func (s *Service) pause(what string) time.Duration {
	const perSession = 10 * time.Microsecond
	atLeast := 5 * time.Second
	if what == forHealth {
		atLeast = polls(forBake)
	}
	return max(polls(what), min(perSession*time.Duration(s.last.Proxy.TableUsed), atLeast))
}

// A drive is one command on its way through a roll-out.
type drive struct {
	*Service
	seq   int           // the roll-out that it is about
	doing string        // for the lock: deploy 1.4.0
	facts Facts         // of the release, as long as the history does not have it
	back  bool          // the roll-out is to be taken back
	stay  time.Duration // how long it waits for sessions
	rush  bool          // it does not wait for bake times either

	lock  *host.Lock
	since time.Time // when it began to wait for sessions

	watched time.Time // when it last told that it waits
	sick    time.Time // since when it waits for an instance to be healthy
	downs   int       // actions in a row that the locator did not take
}

// run does what Next says until there is nothing left to do, or nothing that
// this command waits for. The lock is held while something changes.
func (d *drive) run(ctx context.Context) (Outcome, error) {
	defer d.unlock(ctx)
	defer d.unwatch(ctx)
	for {
		w, err := d.look(ctx)
		if err != nil {
			return Outcome{}, d.stopped(ctx, err)
		}
		a := Next(w, d.goal())
		if out, done, err := d.end(ctx, w, a); done {
			return out, err
		}
		switch {
		case a.changes() && d.lock == nil:
			err = d.relock(ctx) // and look again: another command may have been faster
		case a.changes():
			err = d.tolerant(d.do(ctx, w, a))
		default:
			d.unlock(ctx)
			err = d.pass(ctx, w, a)
		}
		if err != nil {
			return Outcome{}, d.stopped(ctx, err)
		}
	}
}

// tolerant lets a locator be restarted in the middle of an action: the next
// look sees what has come of it.
func (d *drive) tolerant(err error) error {
	const often = 5
	if err == nil {
		d.downs = 0
	}
	if d.downs++; errors.Is(err, locator.ErrDown) && d.downs < often {
		return nil
	}
	return err
}

// goal is what the configuration says of a roll-out.
func (s *Service) goal() Goal {
	return Goal{
		Steps: s.env.Rollout, StartTimeout: s.Config.Service.StartTimeout, Smoke: len(s.Config.Service.Smoke) > 0,
		Analysis: s.Config.Analysis, Deadline: s.Config.Drain.Deadline, Hooks: s.Config.Hooks,
	}
}

// end finds out whether the command has reached its end.
func (d *drive) end(ctx context.Context, w World, a Action) (Outcome, bool, error) {
	r := w.History.rollout(d.seq)
	resting := !a.changes() && a.For != forHealth && a.For != forLocator
	switch {
	case a.Kind == NoSlot:
		return Outcome{}, true, &NoSlotError{Occupants: a.Text}
	case w.newest() > d.seq && d.seq > 0:
		out, err := d.overtaken(w, r)
		return out, true, err
	case resting && r.back.Event == Aborted && !d.back:
		if d.tails[d.seq] == nil { // another command has done it
			d.keepLog(ctx, w, d.seq)
		}
		return Outcome{}, true, d.aborted(w, r)
	case resting && r.back.Event == RolledBack && !d.back:
		return Outcome{}, true, &TakenBackError{Version: d.version(w), By: r.back.By}
	case a.Kind == Settled:
		return d.outcome(w, a), true, d.failed
	case a.Kind == Pause:
		return d.outcome(w, a), true, d.failed
	case a.Kind == Wait && a.For == forBake && d.rush:
		return d.outcome(w, a), true, d.failed
	case a.Kind == Wait && a.For == forSessions && d.stayed() >= d.stay:
		return d.outcome(w, a), true, d.failed
	}
	return Outcome{}, false, nil
}

// stayed is how long sessions were waited for already.
func (d *drive) stayed() time.Duration {
	if d.since.IsZero() {
		d.since = time.Now()
	}
	return time.Since(d.since)
}

// pass lets a little time go by.
func (d *drive) pass(ctx context.Context, w World, a Action) error {
	if a.For == forLocator && time.Since(d.seen) > patience {
		return &LocatorDownError{For: time.Since(d.seen).Round(time.Second), Why: w.Why}
	}
	if a.For == forBake || a.For == forSessions {
		d.watching(ctx)
	}
	if err := d.stillHealing(a); err != nil {
		return err
	}
	d.Events.Emit(events.Event{Kind: events.StepProgress, Step: string(a.Kind), Text: a.Text, Fields: fields(w)})
	timer := time.NewTimer(d.pause(a.For))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// stillHealing bounds the wait for an instance that is no canary, which would
// have been taken back: one that HAProxy has to find again.
func (d *drive) stillHealing(a Action) error {
	switch limit := d.Config.Service.StartTimeout + patience; {
	case a.For != forHealth:
		d.sick = time.Time{}
	case d.sick.IsZero():
		d.sick = time.Now()
	case time.Since(d.sick) > limit:
		return fmt.Errorf("the instance in slot %s is not healthy after %s", a.Slot, limit)
	}
	return nil
}

// relock takes the lock, for the first time as long as the user wants to wait.
func (d *drive) relock(ctx context.Context) error {
	return d.takeLock(ctx, max(d.LockWait, relockWait))
}

func (d *drive) takeLock(ctx context.Context, wait time.Duration) error {
	if d.lock != nil {
		return nil
	}
	owner, err := host.Self(d.By, d.doing)
	if err != nil {
		return err
	}
	if d.Steal {
		held, was, err := d.host.BreakLock(ctx, d.key)
		if err != nil {
			return err
		}
		if was {
			d.Events.Warn("the lock was taken from " + held.String())
		}
		d.Steal = false
	}
	d.lock, err = d.host.Lock(ctx, d.key, owner, wait)
	return err
}

// unlock gives the lock back, also when ctx has ended.
func (d *drive) unlock(ctx context.Context) {
	if d.lock == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := d.lock.Release(ctx); err != nil {
		d.Events.Warn(err.Error())
	}
	d.lock = nil
}

// stopped puts on an error in which state things are left, by a last look.
func (d *drive) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx) // where it hit us says nothing
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer cancel()
	_, _ = d.look(ctx) // what was seen before must do then
	return &StoppedError{State: d.state(), Resume: d.seq > 0, Err: err}
}
