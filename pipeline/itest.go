package pipeline

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
	"github.com/haddock-ci/pipeline/registry"
)

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
	// An interrupt removes the database at once, not after the tests' end. All
	// steps know of it first: none may take the database's end for its failure.
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)); _ = database.end() })()
	var failed diagnosis.Failure
	defer func() {
		failed.Err = err
		err = errors.Join(err, database.leave(ctx, failed))
	}()

	var db oracle.Database
	both, bothCtx := errgroup.WithContext(work)
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
	report, err = r.testOn(work, database, testRun{budget: budget, db: db}, &failed)
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
