package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
	"github.com/haddock-ci/pipeline/registry"
)

// stopTimeout bounds the removal of the database: a hanging engine must not
// hang the build too.
const stopTimeout = 30 * time.Second

// deathNotice is how long the news of the database's death may be under way.
const deathNotice = 2 * time.Second

// oracleLog is the name of the database's log among those of the steps.
const oracleLog = "oracle"

// testAgainstDatabase is the stage itest: the database boots while the project
// compiles, the tests run when both are done (those that wait themselves: when
// the project is compiled), and the database is gone when this returns, whatever
// happened; unless it failed and was to be kept.
func (r *run) testAgainstDatabase(ctx context.Context, ready *Ready) (_ junit.Report, _ oracle.Database, err error) {
	budget := newBudget(r.cfg.Build.Timeout)
	database := &tenancy{run: r, ready: ready, started: make(chan struct{}), answered: make(chan struct{})}
	if r.cfg.Build.Waits {
		if database.gate, err = r.dir.closeGate(); err != nil {
			return junit.Report{}, oracle.Database{}, &StepError{Step: StepOracleStart, Err: err}
		}
		defer func() { err = errors.Join(err, database.gate.remove()) }()
	}
	// An interrupt removes the database at once, not after the tests' end.
	defer context.AfterFunc(ctx, func() { _ = database.end() })()
	var failed diagnosis.Failure
	defer func() {
		failed.Err = err
		err = errors.Join(err, database.leave(ctx, failed))
	}()

	var db oracle.Database
	both, bothCtx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		db, err = database.begin(bothCtx)
		return err
	})
	var report junit.Report
	both.Go(func() (err error) {
		if r.cfg.Build.Compile != "" {
			if _, err := step(bothCtx, r.events, StepCompile, r.compile, budget); err != nil {
				return err
			}
		}
		if !r.cfg.Build.Waits {
			return nil
		}
		report, err = r.testEarly(bothCtx, database, budget, &failed)
		return err
	})
	if err := both.Wait(); err != nil || r.cfg.Build.Waits {
		return report, db, err
	}
	report, err = r.testOn(ctx, database, testRun{budget: budget, db: db}, &failed)
	return report, db, err
}

// testOn runs the tests, for as long as the database lives.
func (r *run) testOn(ctx context.Context, database *tenancy, with testRun, failed *diagnosis.Failure) (junit.Report, error) {
	testCtx, cancel := database.whileAlive(ctx)
	defer cancel()
	failed.Began = time.Now()
	report, err := step(testCtx, r.events, StepTest, r.test, with)
	if err != nil && testCtx.Err() == nil {
		err = errors.Join(err, database.died(ctx))
	}
	failed.Tests = report
	return report, err
}

// testEarly runs tests that wait themselves until the database has answered,
// behind the gate: they begin when its address is known.
func (r *run) testEarly(ctx context.Context, database *tenancy, budget *budget, failed *diagnosis.Failure) (report junit.Report, err error) {
	target, ok := database.target(ctx)
	if !ok { // why is told by who has started it
		return report, nil
	}
	report, err = r.testOn(ctx, database, testRun{budget: budget, db: target, gate: database.gate.file.Name()}, failed)
	if report.Failed > 0 && !database.hasAnswered() {
		r.events.For(StepTest).Warn("tests ran before the database had answered: with build.waits, build.test calls `pipeline oracle wait` ahead of them")
	}
	return report, err
}

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
	told, err := container.Target()
	if err != nil {
		return oracle.Database{}, &StepError{Step: StepOracleStart, Err: err}
	}
	r.set.Secrets.Add(told.Secrets()...)
	close(t.started)
	db, err := step(ctx, r.events, StepOracleWait, r.waitOracle, container)
	if err != nil {
		return db, err
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
// them: tests that its death turned red may end before we hear of it.
func (t *tenancy) died(ctx context.Context) error {
	if !t.hasAnswered() {
		return nil
	}
	found, err := t.ready.engine.Inspect(ctx, t.container.ID())
	if err == nil && found.State.Running {
		return nil
	}
	select {
	case <-t.container.Failed():
		return &StepError{Step: StepTest, Err: t.container.Err()}
	case <-time.After(deathNotice):
		return err
	}
}

func stop(ctx context.Context, c *oracle.Container) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return c.Stop(ctx)
}

// startOracle creates and starts the database's container, and begins to keep
// its log.
func (r *run) startOracle(ctx context.Context, _ events.Sink, ready *Ready) (*oracle.Container, error) {
	log, err := r.dir.Log(oracleLog)
	if err != nil {
		return nil, err
	}
	ready.log = log
	cfg := r.oracleConfig(r.ofDatabase(), ready.labels)
	cfg.InitSys, cfg.Init, cfg.Log = ready.sysScripts, ready.initScripts, r.boot.logging(log)
	return oracle.Start(ctx, cfg)
}

func (r *run) waitOracle(ctx context.Context, _ events.Sink, c *oracle.Container) (oracle.Database, error) {
	r.boot.wait()
	db, err := c.Wait(ctx)
	if err != nil {
		return oracle.Database{}, err
	}
	r.set.Secrets.Add(db.Secrets()...)
	r.outcome.Database = asReleased(db)
	return db, nil
}

// asReleased is what a release says of the database that its tests ran against.
func asReleased(db oracle.Database) registry.Database {
	return registry.Database{Image: db.Image, Digest: db.Digest, StandIn: db.StandIn}
}

// ofDatabase is the sink for what the database's container tells.
func (r *run) ofDatabase() events.Sink {
	r.boot = &bootRelay{to: r.events}
	return r.boot.take
}

// A budget is the time that compile and test may take together.
type budget struct {
	limit time.Duration
	mu    sync.Mutex
	spent time.Duration
}

func newBudget(limit time.Duration) *budget { return &budget{limit: limit} }

// within runs do for as long as the budget lasts.
func (b *budget) within(ctx context.Context, do func(context.Context) error) error {
	b.mu.Lock()
	left := b.limit - b.spent
	b.mu.Unlock()
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, left, &BuildTimeout{Limit: b.limit})
	defer cancel()
	err := do(ctx)
	b.mu.Lock()
	b.spent += time.Since(started)
	b.mu.Unlock()
	if err != nil {
		return cause(ctx, err)
	}
	return nil
}
