package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/registry"
)

// DefaultLease is how long a database that StartDatabase leaves running may
// live when nobody stops it.
const DefaultLease = 2 * time.Hour

// runIDFile keeps, in .pipeline/state, the id of the run that started the
// database: by it the watchdog is found even when the container is gone.
const runIDFile = "oracle.run-id"

// A Lease says for how long a database started on its own may live.
type Lease struct {
	Until    time.Duration // from now; 0 means DefaultLease
	OfParent bool          // it also ends when the parent of this process does
	Port     int           // port on the engine's host; 0 lets the engine choose
	NoWait   bool          // return when the container runs, for WaitDatabase to go on
}

// StartDatabase starts the project's database on its own and, unless told not
// to, waits until it has answered. It stays after this process, for as long as
// the lease says; its address is in .pipeline/state. After an error nothing is
// left behind. A database that the same owner has started before is shared.
func StartDatabase(ctx context.Context, cfg Config, set Settings, lease Lease) (err error) {
	if err := cfg.Require([]Stage{StageITest}); err != nil {
		return err
	}
	r, err := inTurn(ctx, cfg, set, lease)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.dir.Close()) }()
	if joined, err := r.join(ctx, lease); joined || err != nil {
		return err
	}
	if err := r.noDatabaseYet(ctx); err != nil {
		return err
	}
	eng, err := engine.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = eng.Close() }() // read-only from here on
	if err := r.sweep(ctx, r.events, eng); err != nil {
		return err
	}
	own, err := r.leased(lease)
	if err != nil {
		return err
	}
	heir := command.Process{PID: own.OwnerPID, Start: own.OwnerStart}
	if err := r.open(ctx, heir, registry.Database{}); err != nil {
		return err
	}
	dog, err := watchdog.Start(ctx, watchdog.Config{RunID: own.RunID, Deadline: own.Deadline, Engine: eng.Environ()})
	if err != nil {
		return err
	}
	if err := r.startLeased(ctx, own, lease); err != nil {
		if !is[*Interrupted](err) { // else the engine may still be creating it
			dog.Done()
		}
		return err
	}
	if err := dog.HandOver(heir); err != nil {
		return errors.Join(err, StopDatabase(context.WithoutCancel(ctx), cfg))
	}
	return nil
}

// standalone is a run of no stages: it has .pipeline and the console.
func standalone(cfg Config, set Settings) (*run, error) {
	dir, err := OpenWorkdir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, set: set, dir: dir, events: set.hiding()}
	r.outcome.RunID = newRunID(set.CI.Key)
	r.warnOfSecrets()
	return r, nil
}

// noDatabaseYet refuses a second database in the same folder: the files in
// state can tell of one only.
func (r *run) noDatabaseYet(ctx context.Context) error {
	c, err := oracle.Open(ctx, r.dir.State(""), oracle.Config{})
	switch {
	case errors.Is(err, oracle.ErrNoState):
		return nil
	case errors.Is(err, oracle.ErrGone), errors.Is(err, oracle.ErrNotOurs):
		return errors.Join(removeRun(ctx, r.dir.State("")), forget(ctx, r.dir.State("")))
	case err != nil:
		return err
	}
	return &UsageError{fmt.Sprintf("a database was started in this folder already (container %.12s); stop it first: pipeline oracle stop", c.ID())}
}

// leased says whose the database will be once this process has gone.
func (r *run) leased(lease Lease) (engine.Ownership, error) {
	until := lease.Until
	if until == 0 {
		until = DefaultLease
	}
	own := engine.Ownership{
		RunID: r.outcome.RunID, CIKey: r.set.CI.Key, Host: engine.Host(), Deadline: time.Now().Add(until),
	}
	owner, err := lease.owner()
	own.OwnerPID, own.OwnerStart = owner.PID, owner.Start
	return own, err
}

// startLeased starts the database and removes it again when it does not become
// ready.
func (r *run) startLeased(ctx context.Context, own engine.Ownership, lease Lease) error {
	cfg := r.oracleConfig(r.ofDatabase(), own.Labels())
	cfg.Port = lease.Port
	var err error
	if cfg.Init, err = r.cfg.initScripts(); err != nil {
		return err
	}
	if cfg.InitSys, err = r.cfg.sysScripts(); err != nil {
		return err
	}
	c, err := step(ctx, r.events, StepOracleStart, func(ctx context.Context, _ events.Sink, cfg oracle.Config) (*oracle.Container, error) {
		return oracle.Start(ctx, cfg)
	}, cfg)
	if err != nil {
		return err
	}
	if err = c.Save(r.dir.State(""), nil); err == nil {
		err = atomicfile.Write(r.dir.State(runIDFile), []byte(own.RunID+"\n"), 0o644)
	}
	if err == nil && !lease.NoWait {
		err = r.waitAndSave(ctx, c)
	}
	if err != nil {
		return errors.Join(err, stop(ctx, c), forgetState(r.dir.State("")))
	}
	r.events.Emit(events.Event{Kind: events.Note, Text: fmt.Sprintf(
		"the database runs until %s, or until: pipeline oracle stop", own.Deadline.Local().Format("15:04:05"))})
	return nil
}

// waitAndSave waits until the database has answered and writes down where.
func (r *run) waitAndSave(ctx context.Context, c *oracle.Container) error {
	first := c.ID()
	db, err := step(ctx, r.events, StepOracleWait, r.waitOracle, c)
	if err != nil {
		if c.ID() != first { // made in its place: whoever stops the database must find it
			err = errors.Join(err, c.Save(r.dir.State(""), nil))
		}
		r.diagnoseAlone(ctx, c, err)
		return err
	}
	if err := c.Save(r.dir.State(""), &db); err != nil {
		return &WorkdirError{"keep the database's address", err}
	}
	if err := r.answered(db); err != nil {
		return err
	}
	r.events.Emit(events.Event{Kind: events.Note, Text: fmt.Sprintf("%s as %s; user and password are in %s",
		db.JDBCURL(), db.Schemas[0].User, r.relative(filepath.Join(r.dir.State(""), oracle.PropertiesFile)))})
	return nil
}

// oracleConfig is the project's database as package oracle wants it.
func (r *run) oracleConfig(sink events.Sink, labels map[string]string) oracle.Config {
	cfg := oracle.Config{
		Image: r.cfg.Oracle.Image, Service: r.cfg.Oracle.Service, Schemas: r.cfg.Oracle.Schemas, Shards: r.cfg.Oracle.Shards,
		Timeout: r.cfg.Oracle.Timeout, Labels: labels, Events: sink,
	}
	if r.cfg.Oracle.Snapshot == "auto" {
		cfg.Snapshot = r.cfg.Name
	}
	return cfg
}

// WaitDatabase waits for the database that StartDatabase has left booting, or
// that a failed run has kept, for oracle.timeout from now.
func WaitDatabase(ctx context.Context, cfg Config, set Settings) (err error) {
	r, err := standalone(cfg, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.dir.Close()) }()
	c, err := oracle.Open(ctx, r.dir.State(""), oracle.Config{Timeout: cfg.Oracle.Timeout, Events: r.events.For(StepOracleWait)})
	if err != nil {
		return err
	}
	return r.waitAndSave(ctx, c)
}

// OpenDatabase finds the database that StartDatabase has left, for a look at
// its phase and its log.
func OpenDatabase(ctx context.Context, cfg Config) (*oracle.Container, error) {
	return oracle.Open(ctx, filepath.Join(cfg.Dir, WorkdirName, "state"), oracle.Config{})
}

// StopDatabase removes the database that StartDatabase has left, the files
// that tell of it, and its watchdog. It is fine when the database is gone
// already; without any it returns oracle.ErrNoState.
func StopDatabase(ctx context.Context, cfg Config) error {
	state := filepath.Join(cfg.Dir, WorkdirName, "state")
	c, err := oracle.Open(ctx, state, oracle.Config{})
	if errors.Is(err, oracle.ErrGone) {
		return errors.Join(removeRun(ctx, state), forget(ctx, state))
	}
	if err != nil {
		return err
	}
	if err := stop(ctx, c); err != nil {
		return err
	}
	return forget(ctx, state)
}

// removeRun removes what the run that started the database has left under
// another name than the state's: a container that was made in place of the first
// by a process that was killed before it could say so.
func removeRun(ctx context.Context, state string) error {
	runID, err := os.ReadFile(filepath.Join(state, runIDFile))
	if err != nil || len(bytes.TrimSpace(runID)) == 0 {
		return nil // nobody has noted a run
	}
	eng, err := engine.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = eng.Close() }() // nothing is pending on it
	_, err = eng.RemoveByLabel(ctx, map[string]string{engine.LabelRunID: string(bytes.TrimSpace(runID))})
	return err
}

// forget ends the watchdog of a database that is gone, and removes the files
// that tell of it.
func forget(ctx context.Context, state string) error {
	if runID, err := os.ReadFile(filepath.Join(state, runIDFile)); err == nil {
		watchdog.Dismiss(ctx, strings.TrimSpace(string(runID)))
	}
	return forgetState(state)
}

// forgetState removes the files that tell of a database.
func forgetState(state string) error {
	return errors.Join(oracle.Forget(state), removed(filepath.Join(state, runIDFile)))
}

// removed removes a file; it is fine when it is gone already.
func removed(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
