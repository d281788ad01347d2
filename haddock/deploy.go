package haddock

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/internal/events"
)

// A Deployment is what to roll out and how.
type Deployment struct {
	Facts   Facts
	Steps   []Step        // nil: the environment's
	PauseAt int           // stop at this percentage until promote; 0: nowhere
	Again   bool          // also when the same image runs already
	Stay    time.Duration // how long sessions are waited for; below 0: drain.wait
	Rush    bool          // return at the first bake time instead of waiting
}

// Deploy rolls a release out: it pulls the image, creates an instance beside
// the one that runs, lets the locator check it, asks it itself, gives it new
// sessions step by step, and takes the old one away when its last session has
// ended. It returns when that is done, when it is paused, or when it has waited
// long enough for sessions; the outcome names the command that carries on.
//
// A roll-out of the same image that is not finished is carried on with; of
// another one it is an *UnfinishedError. A bad instance is taken back, which is
// an *AbortedError. Any other end before the goal is a *StoppedError.
func (s *Service) Deploy(ctx context.Context, of Deployment) (Outcome, error) {
	d := s.drive("deploy "+of.Facts.Version, of.Stay)
	if _, err := s.variables(); err != nil {
		return Outcome{}, &ConfigError{Err: err}
	}
	of.Facts.Config = s.fingerprint()
	d.rush, d.facts = of.Rush, of.Facts
	if seq, err := d.admitted(ctx, of); err != nil || seq > 0 {
		return d.carryOn(ctx, seq, err)
	}
	if err := d.pull(ctx, of.Facts.Image); err != nil {
		return Outcome{}, err
	}
	if err := d.takeLock(ctx, d.LockWait); err != nil {
		return Outcome{}, err
	}
	defer d.unlock(ctx)
	// The pull may have taken minutes.
	if seq, err := d.admitted(ctx, of); err != nil || seq > 0 {
		return d.carryOn(ctx, seq, err)
	}
	d.seq = d.last.newest() + 1
	if err := d.runHook(ctx, d.last, preDeploy, d.seq); err != nil {
		return Outcome{}, err
	}
	line := Line{Event: Begun, Seq: d.seq, Release: &of.Facts, Steps: of.Steps, PauseAt: of.PauseAt}
	if line.Steps == nil {
		line.Steps = s.env.Rollout
	}
	if err := d.write(ctx, line); err != nil {
		return Outcome{}, err
	}
	return d.finish(ctx)
}

func (s *Service) drive(doing string, stay time.Duration) *drive {
	if stay < 0 {
		stay = s.Config.Drain.Wait
	}
	return &drive{Service: s, doing: doing, stay: stay}
}

// carryOn goes on with a roll-out that is under way.
func (d *drive) carryOn(ctx context.Context, seq int, err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, err
	}
	d.seq = seq
	return d.finish(ctx)
}

// finish drives to the end and prunes.
func (d *drive) finish(ctx context.Context) (Outcome, error) {
	out, err := d.run(ctx)
	if err == nil && out.State == IsLive {
		out.Removed = d.prune(ctx)
	}
	return out, err
}

// admitted finds out whether the release may be rolled out now. A number other
// than 0 is that of the roll-out that does it already.
func (d *drive) admitted(ctx context.Context, of Deployment) (seq int, err error) {
	w, err := d.await(ctx)
	if err != nil {
		return 0, err
	}
	s := survey(w, d.goal())
	if s.pending > 0 {
		begun := w.History.rollout(s.pending).begun
		if begun.Release.Image == of.Facts.Image {
			return s.pending, nil
		}
		return 0, &UnfinishedError{Version: begun.Release.Version, State: "its container is not created yet"}
	}
	if s.new == nil {
		return 0, nil
	}
	under := !s.back && (s.old != nil || !s.new.takes()) && s.new.running() || s.new.Status == statusCreated
	same := s.new.Image == of.Facts.Image && !s.back
	switch {
	case under && same:
		d.Events.Emit(events.Event{Kind: events.Note, Text: "this roll-out is under way already: carrying on"})
		return s.new.Seq, nil
	case under:
		return 0, &UnfinishedError{Version: label(s.new.Instance), State: s.sentence()}
	case same && s.new.takes() && s.new.running() && !of.Again && d.changedConfig(s.rollout):
		if d.lock == nil { // once is enough
			d.Events.Emit(events.Event{Kind: events.Note, Text: "this image runs already, with another haddock.yaml: rolling it out anew"})
		}
	case same && s.new.takes() && s.new.running() && !of.Again:
		d.Events.Emit(events.Event{Kind: events.Note, Text: "this image runs already: nothing to roll out"})
		return s.new.Seq, nil
	}
	if _, free := w.freeSlot(); !free {
		// An instance that has just lost its last session makes room.
		if a, ok := s.settle(); !ok || !a.changes() {
			return 0, &NoSlotError{Occupants: s.occupants()}
		}
	}
	return 0, nil
}

// changedConfig reports whether haddock.yaml has changed since this roll-out in
// a way that makes another container.
func (s *Service) changedConfig(r rollout) bool {
	was := r.begun.Release
	return was != nil && was.Config != "" && was.Config != s.fingerprint()
}

// await looks at the world and gives a locator that is just restarting a
// moment.
func (d *drive) await(ctx context.Context) (World, error) {
	const moment = 5 * time.Second
	began := time.Now()
	for {
		w, err := d.look(ctx)
		if err != nil || !w.Down {
			return w, err
		}
		if waited := time.Since(began); waited > moment {
			return World{}, &LocatorDownError{For: waited.Round(time.Second), Why: w.Why}
		}
		select {
		case <-ctx.Done():
			return World{}, context.Cause(ctx)
		case <-time.After(polls(forLocator)):
		}
	}
}

// pull makes sure that the host has the image. Who rolls back at night to an
// image that was kept may have no login at the registry, and needs none.
func (d *drive) pull(ctx context.Context, image string) error {
	there, err := d.host.Has(ctx, image)
	if err != nil {
		return err
	}
	var login host.Login
	if !there {
		if login, err = d.login(ctx, image); err != nil {
			return err
		}
	}
	d.Events.Emit(events.Event{Kind: events.Note, Step: "pull", Text: image})
	return d.host.Pull(ctx, d.key, image, login, func(line string) {
		d.Events.Emit(events.Event{Kind: events.LogLine, Step: "pull", Text: line})
	})
}

// prune removes images that are not kept. The roll-out is done, so a failure is
// only told.
func (d *drive) prune(ctx context.Context) []string {
	removed, err := d.host.Prune(ctx, d.key, d.Config.Keep)
	if err != nil && ctx.Err() == nil {
		d.Events.Warn("old images could not be removed: " + err.Error())
	}
	var names []string
	for _, image := range removed {
		if len(image.Digests) > 0 {
			names = append(names, image.Digests[0])
		}
	}
	return names
}

// Resume carries on with what is under way, wherever it was left: a roll-out
// whose command was killed, one whose bake time is over, instances that drain.
func (s *Service) Resume(ctx context.Context, stay time.Duration, rush bool) (Outcome, error) {
	d := s.drive("resume", stay)
	d.rush = rush
	w, err := d.await(ctx)
	if err != nil {
		return Outcome{}, err
	}
	d.seq = w.newest()
	if len(w.Instances) == 0 && w.pending() == 0 {
		d.seq = 0
	}
	if w.History.rollout(d.seq).back.Seq > 0 {
		d.back = true
	}
	return d.finish(ctx)
}

// Promote ends the pause or the bake time of the roll-out and carries on; at
// another pauseAt it stops again. The error is a *NothingError when nothing is
// being rolled out.
func (s *Service) Promote(ctx context.Context, of Deployment) (Outcome, error) {
	d := s.drive("promote", of.Stay)
	d.rush = of.Rush
	if err := d.takeLock(ctx, d.LockWait); err != nil {
		return Outcome{}, err
	}
	defer d.unlock(ctx)
	w, err := d.await(ctx)
	if err != nil {
		return Outcome{}, err
	}
	at := survey(w, s.goal())
	if at.new == nil || at.back || at.old == nil || !at.new.takes() {
		return Outcome{}, &NothingError{Text: "nothing waits to be promoted"}
	}
	d.seq = at.new.Seq
	percent := at.step(max(at.new.slot.Weight, at.rollout.weighted.Percent)).Percent
	if of.PauseAt > 0 && of.PauseAt <= percent {
		return Outcome{}, &NothingError{Text: fmt.Sprintf("it is at %d %% already, a later pause cannot be at %d %%", percent, of.PauseAt)}
	}
	if of.PauseAt == 0 && at.rollout.pauseAt > percent {
		of.PauseAt = at.rollout.pauseAt // it was a bake time that ended
	}
	if err := d.write(ctx, Line{Event: Promoted, Seq: d.seq, Slot: at.new.Slot, Percent: percent, PauseAt: of.PauseAt}); err != nil {
		return Outcome{}, err
	}
	return d.finish(ctx)
}

// Rollback gives new sessions to the version before. While that one still runs
// it is done in a moment, and the sessions of the new one may end in peace
// unless now is set. Afterwards the version before is deployed again, at once
// and not step by step.
func (s *Service) Rollback(ctx context.Context, stay time.Duration, now bool) (Outcome, error) {
	d := s.drive("rollback", stay)
	d.back = true
	if err := d.takeLock(ctx, d.LockWait); err != nil {
		return Outcome{}, err
	}
	defer d.unlock(ctx)
	w, err := d.await(ctx)
	if err != nil {
		return Outcome{}, err
	}
	at := survey(w, s.goal())
	line := Line{Event: RolledBack, Text: "by hand", Now: now}
	switch old := at.older(seat.canReopen); {
	case at.pending > 0:
		line.Seq = at.pending
	case at.new == nil:
		return Outcome{}, &NothingError{Text: "nothing runs here"}
	case at.back && !now: // under way already
		d.seq = at.new.Seq
		return d.finish(ctx)
	case old != nil:
		line.Seq, line.Slot, line.Base = at.new.Seq, at.new.Slot, old.Seq
	case at.old != nil:
		return Outcome{}, &NothingError{Text: fmt.Sprintf("%s in slot %s cannot take new sessions: %s", label(at.old.Instance), at.old.Slot, at.stateOf(*at.old))}
	case !at.visited && !at.new.takes():
		line.Seq, line.Slot = at.new.Seq, at.new.Slot
	default:
		d.unlock(ctx)
		return s.redeploy(ctx, w, stay)
	}
	d.seq = line.Seq
	if err := d.write(ctx, line); err != nil {
		return Outcome{}, err
	}
	return d.finish(ctx)
}

// redeploy deploys the release that had all new sessions before this one.
func (s *Service) redeploy(ctx context.Context, w World, stay time.Duration) (Outcome, error) {
	now := w.seats()[0]
	for _, line := range slices.Backward(w.History) {
		if line.Event != Finished || line.Seq >= now.Seq {
			continue
		}
		before := w.History.rollout(line.Seq)
		if before.begun.Release == nil || before.begun.Release.Image == now.Image || before.back.Seq > 0 {
			continue
		}
		return s.Deploy(ctx, Deployment{Facts: *before.begun.Release, Steps: []Step{{Percent: 100}}, Stay: stay})
	}
	return Outcome{}, &NothingError{Text: fmt.Sprintf("the history knows no release before %s", label(now.Instance))}
}
