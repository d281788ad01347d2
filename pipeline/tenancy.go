package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/oracle"
)

// stopTimeout bounds the removal of the database: a hanging engine must not
// hang the build too.
const stopTimeout = 30 * time.Second

// deathNotice is how long the news of the database's death may be under way.
const deathNotice = 5 * time.Second

// A tenancy is the time for which the run has a database.
type tenancy struct {
	run       *run
	ready     *Ready
	gate      *gate         // for tests that wait themselves; nil for others
	started   chan struct{} // closed when the container has an address
	answered  chan struct{} // closed when the database has answered
	mu        sync.Mutex
	container *oracle.Container
	ended     bool
}

// begin starts the database and waits until it has answered.
func (t *tenancy) begin(ctx context.Context) (oracle.Database, error) {
	r := t.run
	container, err := step(ctx, r.events, StepOracleStart, r.startOracle, t.ready)
	if err != nil {
		return oracle.Database{}, errors.Join(err, t.settle(err))
	}
	if !t.take(container) {
		return oracle.Database{}, errors.Join(&StepError{Step: StepOracleStart, Err: context.Cause(ctx)}, stop(ctx, container))
	}
	told, noAddress := container.Target()
	r.set.Secrets.Add(told.Secrets()...)
	if noAddress == nil {
		close(t.started)
	}
	db, err := step(ctx, r.events, StepOracleWait, r.waitOracle, container)
	if err != nil {
		return db, err
	}
	if noAddress != nil { // it had ended at once, and was made anew
		told = db
		close(t.started)
	}
	close(t.answered)
	if t.gate == nil {
		return db, nil
	}
	if !slices.Equal(told.Env(), db.Env()) {
		return db, &StepError{Step: StepOracleWait, Err: &movedError{told, db}}
	}
	return db, t.gate.open()
}

// target is the database as it will be; ok is false when ctx ended before it
// had an address.
func (t *tenancy) target(ctx context.Context) (db oracle.Database, ok bool) {
	select {
	case <-t.started:
	case <-ctx.Done():
		return db, false
	}
	db, err := t.container.Target()
	return db, err == nil
}

func (t *tenancy) hasAnswered() bool {
	select {
	case <-t.answered:
		return true
	default:
		return false
	}
}

// settle waits for the end of a container that the engine was still creating
// when the start was interrupted. After a signal nobody has the time: then it is
// the watchdog's.
func (t *tenancy) settle(err error) error {
	if is[*Interrupted](err) {
		t.run.leaked = true
		return nil
	}
	unsettled, ok := errors.AsType[*oracle.UnsettledError](err)
	if !ok {
		return nil
	}
	err = <-unsettled.Settled
	t.run.leaked = err != nil
	return err
}

// take keeps the container for end; it reports false when end has already been.
func (t *tenancy) take(c *oracle.Container) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return false
	}
	t.container = c
	return true
}

// end removes the database, once; later calls wait for the first and return
// nil.
func (t *tenancy) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || t.container == nil {
		t.ended = true
		return nil
	}
	t.ended = true
	_, err := step(context.Background(), t.run.events, StepOracleStop,
		func(ctx context.Context, _ events.Sink, c *oracle.Container) (struct{}, error) {
			return struct{}{}, stop(ctx, c)
		}, t.container)
	t.run.leaked = err != nil
	return err
}

// whileAlive returns a context that ends when the database dies: tests that go
// on without one only waste time and hide the cause. The caller calls cancel.
func (t *tenancy) whileAlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-t.answered: // until then, who waits for it sees it die
		case <-ctx.Done():
			return
		}
		select {
		case <-t.container.Failed():
			cancel(t.container.Err())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// died tells, after failed tests, whether the database was still there for
// them: tests that its death turned red may end before we hear of it, and before
// the engine does.
func (t *tenancy) died(ctx context.Context) error {
	if !t.hasAnswered() {
		return nil
	}
	ping, cancel := context.WithTimeout(ctx, deathNotice)
	defer cancel()
	found, err := t.ready.engine.Inspect(ctx, t.container.ID())
	if err == nil && found.State.Running && t.container.Ping(ping) == nil {
		return nil
	}
	select {
	case <-t.container.Failed():
		return &StepError{Step: StepTest, Err: t.container.Err()}
	case <-time.After(deathNotice):
	case <-ctx.Done():
	}
	return err
}

func stop(ctx context.Context, c *oracle.Container) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return c.Stop(ctx)
}
