package oracle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// Wait returns when the database has answered: the READY line in its log, a
// login as SYSTEM, the schema users created, two answers on one connection as
// the first of them, and the init scripts run. It helps itself where it can: a
// snapshot that does not boot is dropped, and an image's known flake answered
// with a second container, once each and with a warning. A first run with
// Config.Snapshot makes the snapshot here. A database that has answered is
// never replaced: another Wait only asks it again.
//
// Errors: *NotReadyError when the database never became ready, *InitError when a
// script failed, and the context's cause when ctx ended first.
func (c *Container) Wait(ctx context.Context) (Database, error) {
	if ctx.Err() != nil {
		return Database{}, fmt.Errorf("wait for the database: %w", context.Cause(ctx))
	}
	ctx, done, err := c.within(ctx)
	if err != nil {
		return Database{}, fmt.Errorf("wait for the database: %w", err)
	}
	defer done()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return Database{}, fmt.Errorf("wait for the database: %w", context.Cause(ctx))
	}
	if err := c.answer(ctx); err != nil {
		return Database{}, err
	}
	if in := c.now(); in.becomes && c.own && !in.answered {
		if err := c.pauseForSnapshot(ctx); err != nil {
			return Database{}, err
		}
	}
	db, err := c.Target()
	if err != nil {
		return Database{}, fmt.Errorf("wait for the database: %w", err)
	}
	c.mu.Lock()
	in := c.in
	c.db, in.answered = db, true
	c.mu.Unlock()
	in.log.answering()
	c.cfg.Events.Emit(events.Event{Kind: events.OraclePhase, Text: string(Answering), Seconds: time.Since(in.started).Seconds()})
	return db, nil
}

// Target is the database as Wait returns it, whether it has answered or not:
// its users may not exist yet, and its address may be the likeliest only. The
// address is missing, and an error says so, when the container had ended before
// it could be asked for one; Wait knows why it ended.
func (c *Container) Target() (Database, error) {
	in := c.now()
	host, port, err := in.addresses.best()
	return Database{
		Host: host, Port: port, Service: c.cfg.Service, Schemas: c.schemas,
		Image: c.cfg.Image, Digest: c.image.digest, StandIn: c.image.standIn, Container: in.id, Snapshot: in.snapshot,
	}, err
}

// answer returns when the instance, or the one that has to replace it, is
// ready.
func (c *Container) answer(ctx context.Context) error {
	for {
		err := c.ready(ctx, c.now())
		if err == nil || ctx.Err() != nil {
			return err
		}
		if err := c.secondChance(ctx, err); err != nil {
			return err
		}
	}
}

// ready waits for this instance.
func (c *Container) ready(ctx context.Context, in *instance) error {
	deadline := c.deadline(in)
	r := readiness{
		ready: in.log.ready, failed: in.log.failed, deadline: deadline,
		login: c.setUp(in), register: c.register, services: c.services,
		settings: c.cfg.settings, sink: c.cfg.Events, phase: in.log.phase, stuck: in.log.stuck, refused: c.history.refused,
	}
	err := r.run(ctx)
	if bad := in.log.swallowed(); len(bad) > 0 && ctx.Err() == nil {
		return bad[0]
	}
	if err != nil {
		return c.explain(ctx, in, err)
	}
	if in.restored || in.answered {
		return nil
	}
	return c.runInit(ctx, in, deadline)
}

// deadline is when it has taken too long: the timeout after the container's
// start. It counts from now for a container that another process has started,
// since nobody knows how long ago that was meant to be, and for a database that
// was ready before anybody waited for it: what is left then is only the login.
func (c *Container) deadline(in *instance) time.Time {
	late := time.Now().Add(c.cfg.Timeout)
	if in.found {
		return late
	}
	select {
	case <-in.log.ready:
		return late
	default:
		return in.started.Add(c.cfg.Timeout)
	}
}

// explain completes what the readiness found with what the log has told.
func (c *Container) explain(ctx context.Context, in *instance, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait for the database: %w", context.Cause(ctx))
	}
	if errors.Is(err, errBootFailed) {
		return in.log.why()
	}
	if e, ok := errors.AsType[*NotReadyError](err); ok {
		e.Service = c.cfg.Service
		e.Nearest = nearest(e.Service, e.Services)
		c.complete(in, e)
		return e
	}
	return err
}

// complete adds to an error of ours what log and clock tell.
func (c *Container) complete(in *instance, e *NotReadyError) {
	in.log.known(e)
	if e.Reason == Timeout && in.found {
		e.Waited = c.cfg.Timeout
	}
}

var errBootFailed = errors.New("the boot failed")

// readiness decides when the database may be used. It owns the rhythm and the
// verdicts; what it decides about comes in as functions, so that its hours pass
// at once in a test.
type readiness struct {
	ready, failed <-chan struct{} // from the log
	deadline      time.Time
	login         func(context.Context) error // one whole attempt; done when nil
	register      func(context.Context) error // makes the listener ask for services
	services      func(context.Context) []string
	phase         func() Phase
	stuck         func(time.Duration) bool // the log has ended for that long where it is known to hang
	refused       func(error)              // hears of every login that failed; may be nil
	settings      settings
	sink          events.Sink

	last     error // of the last login
	unlisted int   // in a row
	nudged   bool
}

func (r *readiness) run(ctx context.Context) error {
	heartbeat := time.NewTicker(r.settings.heartbeat)
	defer heartbeat.Stop()
	timeout := time.NewTimer(time.Until(r.deadline))
	defer timeout.Stop()
	began := time.Now()
	for waiting := true; waiting; {
		select {
		case <-r.ready:
			waiting = false
		case <-r.failed:
			return errBootFailed
		case <-heartbeat.C:
			if r.stuck(r.settings.silence) {
				return &NotReadyError{Reason: Hanging}
			}
			r.sink.Progress(fmt.Sprintf("%s: the database is %s", time.Since(began).Round(time.Second), r.phase()))
		case <-timeout.C:
			return &NotReadyError{Reason: Timeout}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	readyAt := time.Now()
	for {
		wait, err := r.attempt(ctx, readyAt)
		if err != nil || wait == 0 {
			return err
		}
		next := time.NewTimer(wait)
		for waiting := true; waiting; {
			select {
			case <-next.C:
				waiting = false
			case <-r.failed:
				return errBootFailed
			case <-heartbeat.C:
				r.sink.Progress(fmt.Sprintf("%s: ready by its log, but the login fails: %v", time.Since(began).Round(time.Second), r.last))
			case <-timeout.C:
				return &NotReadyError{Reason: Timeout, Phase: LoggingIn, Code: errorCode(r.last), Err: r.last}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}

// attempt tries once. It returns how long to wait before the next try, 0 when
// the database has answered, and an error when no try will help.
func (r *readiness) attempt(ctx context.Context, readyAt time.Time) (time.Duration, error) {
	started := time.Now()
	err := r.guarded(ctx)
	if err == nil {
		return 0, nil
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if r.last == nil || time.Now().Before(r.deadline) { // the deadline's own error says less than the one before
		r.last = err
	}
	if r.refused != nil {
		r.refused(err)
	}
	pace := r.settings.interval
	verdict := classify(err)
	if verdict != unlisted {
		r.unlisted = 0
	}
	switch verdict {
	case transient:
	case slowDown:
		pace *= 2
	case unlisted:
		if r.unlisted++; r.unlisted >= 3 {
			return 0, &NotReadyError{Reason: Refused, Phase: LoggingIn, Code: errorCode(err), Err: err}
		}
	case serviceUnknown:
		if time.Since(readyAt) >= r.settings.grace {
			return 0, r.wrongService(ctx, err)
		}
		r.nudge(ctx)
	case badPassword:
		return 0, &NotReadyError{Reason: WrongPassword, Phase: LoggingIn, Code: errorCode(err), Err: err}
	case fatal:
		return 0, &NotReadyError{Reason: Refused, Phase: LoggingIn, Code: errorCode(err), Err: err}
	}
	return max(pace-time.Since(started), time.Millisecond), nil
}

// guarded is a login that ends when the container does, or at the deadline.
func (r *readiness) guarded(ctx context.Context) error {
	ctx, cancel := context.WithDeadline(ctx, r.deadline)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- r.login(ctx) }()
	select {
	case err := <-done:
		return err
	case <-r.failed:
		cancel()
		return <-done
	}
}

// nudge asks the database, once, to tell the listener about itself: it does so
// by itself only every minute, and sometimes not at all.
func (r *readiness) nudge(ctx context.Context) {
	if r.nudged {
		return
	}
	r.nudged = true
	r.sink.Progress("the listener does not know the service yet: asking the database to register")
	if err := r.register(ctx); err != nil && ctx.Err() == nil {
		r.sink.Progress(err.Error())
	}
}

func (r *readiness) wrongService(ctx context.Context, err error) error {
	return &NotReadyError{Reason: WrongService, Phase: LoggingIn, Code: errorCode(err), Err: err, Services: r.services(ctx)}
}
