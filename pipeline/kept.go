package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
)

// KeptFor is how long a failed run with Settings.KeepDatabase leaves its
// database.
const KeptFor = 30 * time.Minute

// mayKeep refuses, before anything has happened, a run that could not keep its
// database: the files in state can tell of one only.
func (s Settings) mayKeep(ctx context.Context, dir *Workdir) error {
	if !s.KeepDatabase {
		return nil
	}
	if !slices.Contains(s.Stages, StageITest) {
		return &UsageError{"--keep-db: without the stage itest there is no database"}
	}
	return (&run{dir: dir}).noDatabaseYet(ctx)
}

// leave is the end of a tenancy. After a failure that may lie with the database
// it writes down what can be found out, and leaves the database behind when
// that was asked for. An interrupt only removes it, at once.
func (t *tenancy) leave(ctx context.Context, of diagnosis.Failure) error {
	if of.Err == nil {
		return t.end()
	}
	if ctx.Err() == nil && ofDatabase(of.Err) {
		t.lookBack(ctx, of)
	}
	err := t.end() // of a database that is kept it is the end already
	if !is[*Interrupted](of.Err) {
		err = errors.Join(context.Cause(ctx), err) // somebody did not want to wait for this
	}
	return err
}

// lookBack is what leave does after a failure.
func (t *tenancy) lookBack(ctx context.Context, of diagnosis.Failure) {
	t.mu.Lock()
	of.Container, of.Engine = t.container, t.ready.engine
	t.mu.Unlock()
	t.run.diagnose(ctx, of)
	if !t.run.set.KeepDatabase {
		return
	}
	if err := t.keep(ctx, of.Err); err != nil && ctx.Err() == nil {
		t.run.events.Warn(fmt.Sprintf("the database is not kept: %v", err))
	}
}

// ofDatabase tells whether the failure may have to do with the database.
func ofDatabase(err error) bool {
	failed, ok := errors.AsType[*StepError](err)
	return ok && failed.Step != StepCompile
}

// keep hands the database over to a watchdog of its own, which removes it after
// KeptFor, and to the state, by which other commands find it.
func (t *tenancy) keep(ctx context.Context, why error) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || t.container == nil {
		return errors.New("there is none")
	}
	r, c := t.run, t.container
	found, err := t.ready.engine.Inspect(ctx, c.ID())
	if err != nil {
		return err
	}
	if !found.State.Running {
		return errors.New("it has ended")
	}
	until := time.Now().Add(KeptFor)
	dog, err := watchdog.Start(ctx, watchdog.Config{RunID: r.outcome.RunID, Deadline: until, Engine: t.ready.engine.Environ()})
	if err != nil {
		return err
	}
	db, err := c.Target()
	answered := !is[*oracle.NotReadyError](why)
	if err == nil {
		err = r.keepState(c, db, answered)
	}
	if err == nil {
		err = context.Cause(ctx) // who interrupts wants nothing to stay
	}
	if err == nil {
		err = dog.HandOver(command.Process{})
	}
	if err != nil {
		dog.Done()
		return errors.Join(err, forgetState(r.dir.State("")))
	}
	r.watchdog.Done() // it would remove the database with us
	c.Close()
	t.ended = true
	r.events.Emit(events.Event{Kind: events.Note, Text: r.howToUse(db, until, answered)})
	return nil
}

// keepState writes down where the database is, as StartDatabase does.
func (r *run) keepState(c *oracle.Container, db oracle.Database, answered bool) error {
	known := &db
	if !answered {
		known = nil
	}
	if err := c.Save(r.dir.State(""), known); err != nil {
		return &WorkdirError{"keep the database's address", err}
	}
	if err := atomicfile.Write(r.dir.State(runIDFile), []byte(r.outcome.RunID+"\n"), 0o644); err != nil {
		return &WorkdirError{"keep the database's address", err}
	}
	return nil
}

// howToUse tells people about a kept database, without its passwords.
func (r *run) howToUse(db oracle.Database, until time.Time, answered bool) string {
	kept := fmt.Sprintf("the database is kept until %s, or until: pipeline oracle stop", until.Local().Format("15:04:05"))
	if !answered {
		return kept + "\n  it has not answered; look at it: pipeline oracle status, pipeline oracle logs\n  JDBC    " + db.JDBCURL()
	}
	env := r.relative(filepath.Join(r.dir.State(""), oracle.EnvFile))
	users := make([]string, 0, len(db.Schemas))
	for _, s := range db.Schemas {
		users = append(users, s.User)
	}
	lines := []string{
		kept,
		fmt.Sprintf("  JDBC    %s   as %s", db.JDBCURL(), strings.Join(users, ", ")),
		"  go-ora  " + db.PublicURL(db.Schemas[0]),
		fmt.Sprintf("  passwords: set -a; . %s; then $ORACLE_PASSWORD, or all in $ORACLE_URL", env),
	}
	if len(users) > 1 {
		lines = append(lines, "  each has its own: $ORACLE_"+strings.Join(users, "_URL, $ORACLE_")+"_URL")
	}
	return strings.Join(lines, "\n")
}
