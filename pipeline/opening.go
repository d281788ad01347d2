package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/registry"
)

// openingFile is the opening's name in .pipeline/state. It outlives the
// database.
const openingFile = "opening.json"

// openingSchema is the version of opening.json that this code writes and reads.
const openingSchema = 1

// turnPoll is how often a start that waits for another one looks again.
const turnPoll = 100 * time.Millisecond

// An opening is what a build that keeps its own order began its tests with: when
// it started the database, and the project's files at that moment. Reports
// written since then, with the same files, are about this tree.
type opening struct {
	Schema   int               `json:"schema"`
	RunID    string            `json:"runId"` // the database's
	Began    time.Time         `json:"began"`
	Owner    *command.Process  `json:"owner,omitempty"` // the process that the database belongs to
	Tree     git.Tree          `json:"tree"`
	Config   map[string]string `json:"config"` // hash by section of pipeline.yaml
	Database registry.Database `json:"database"`
}

// open writes down that a build begins its tests now. A build that had several
// databases began with the first, as long as the files are still the same.
func (r *run) open(ctx context.Context, owner command.Process, database registry.Database) error {
	now, err := r.cfg.Snapshot(ctx, nil)
	if err != nil {
		return err
	}
	o := opening{
		Schema: openingSchema, RunID: r.outcome.RunID, Began: time.Now(), Tree: now.Tree, Config: now.Config, Database: database,
	}
	if owner.PID != 0 {
		o.Owner = &owner
		before, err := r.readOpening()
		if err == nil && before.Owner != nil && *before.Owner == owner && before.Tree.Hash == o.Tree.Hash {
			o.Began = before.Began
		}
	}
	return r.writeOpening(o)
}

// answered adds to the opening which database has answered.
func (r *run) answered(db oracle.Database) error {
	o, err := r.readOpening()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	o.Database = asReleased(db)
	return r.writeOpening(o)
}

func (r *run) writeOpening(o opening) error {
	text, err := json.Marshal(o)
	if err == nil {
		err = atomicfile.Write(r.dir.State(openingFile), append(text, '\n'), 0o644)
	}
	if err != nil {
		return &WorkdirError{"keep when the tests began", err}
	}
	return nil
}

func (r *run) readOpening() (opening, error) {
	text, err := os.ReadFile(r.dir.State(openingFile))
	if err != nil {
		return opening{}, err
	}
	var o opening
	if err := json.Unmarshal(text, &o); err != nil || o.Schema != openingSchema {
		return opening{}, &UsageError{fmt.Sprintf("%s is damaged; start the database again: pipeline oracle start", r.relative(r.dir.State(openingFile)))}
	}
	return o, nil
}

// join takes part in a database that the same owner has started before: the
// modules of one Maven build share it, as they share that of a pipeline run. A
// database whose owner has gone is removed. It reports false when there is none
// to take part in.
func (r *run) join(ctx context.Context, lease Lease) (bool, error) {
	o, err := r.readOpening()
	if errors.Is(err, fs.ErrNotExist) || is[*UsageError](err) { // a damaged one is written anew
		return false, nil
	}
	if err != nil || o.Owner == nil || r.runningID() != o.RunID {
		return false, err
	}
	if o.Owner.Gone() {
		err := StopDatabase(ctx, r.cfg)
		if errors.Is(err, oracle.ErrNoState) {
			err = nil
		}
		return false, err
	}
	owner, err := lease.owner()
	if err != nil || owner != *o.Owner {
		return false, err
	}
	c, err := oracle.Open(ctx, r.dir.State(""), oracle.Config{Events: r.events.For(StepOracleWait)})
	if errors.Is(err, oracle.ErrNoState) || errors.Is(err, oracle.ErrGone) || errors.Is(err, oracle.ErrNotOurs) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	r.outcome.RunID = o.RunID
	if err := r.open(ctx, owner, o.Database); err != nil {
		return true, err
	}
	r.events.Emit(events.Event{Kind: events.Note, Text: fmt.Sprintf("process %d has started a database already; this is it", owner.PID)})
	if lease.NoWait {
		return true, nil
	}
	return true, r.waitAndSave(ctx, c)
}

// runningID is the id of the run that started the database which the files in
// state tell of; empty without one.
func (r *run) runningID() string {
	text, err := os.ReadFile(filepath.Join(r.dir.State(""), runIDFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// owner is the process whose end ends the lease; zero when there is none.
func (l Lease) owner() (command.Process, error) {
	if !l.OfParent {
		return command.Process{}, nil
	}
	parent, err := command.Identify(os.Getppid())
	if err != nil {
		return parent, fmt.Errorf("find the parent process: %w", err)
	}
	return parent, nil
}

// inTurn is standalone for a lease. Modules that one parallel Maven tests at
// the same time ask for the database at the same moment, so that one waits here
// until the other has it.
func inTurn(ctx context.Context, cfg Config, set Settings, lease Lease) (*run, error) {
	for deadline := time.Now().Add(cfg.Oracle.Timeout); ; {
		r, err := standalone(cfg, set)
		if !lease.OfParent || !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			return r, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(turnPoll):
		}
	}
}
