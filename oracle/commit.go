package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"
	"github.com/sijms/go-ora/v2/network"

	"github.com/haddock-ci/pipeline/internal/events"
)

// pauseForSnapshot turns the instance, which has answered, into a snapshot, and
// goes on with an instance of it. When that does not succeed the database is
// made anew without one. The caller is within.
func (c *Container) pauseForSnapshot(ctx context.Context) error {
	whyNot, err := c.claim(ctx)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("make a snapshot of the database: %w", context.Cause(ctx))
	case err != nil:
		c.cfg.Events.Warn(fmt.Sprintf("no snapshot is made: %v", err))
		return nil
	case whyNot != "":
		c.cfg.Events.Progress(whyNot)
		return nil
	}
	began := time.Now()
	c.cfg.Events.Emit(events.Event{Kind: events.Note, Text: "making a snapshot of the database for later runs; only this run waits for it"})
	name, err := c.commit(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("make a snapshot of the database: %w", context.Cause(ctx))
	}
	if err != nil {
		c.cfg.Events.Warn(fmt.Sprintf("no snapshot was made: %v; the database is made anew", err))
		c.dropped = true
	}
	if err := c.replace(ctx, name); err != nil {
		return err
	}
	if err := c.answer(ctx); err != nil {
		return err
	}
	if c.now().snapshot != "" {
		c.cfg.Events.Emit(events.Event{Kind: events.Note, Text: fmt.Sprintf("made the snapshot %s in %s", name, time.Since(began).Round(100*time.Millisecond))})
	}
	return nil
}

// commit makes the snapshot and returns its name. The instance is stopped then,
// and nobody knows its passwords.
func (c *Container) commit(ctx context.Context) (string, error) {
	in := c.now()
	if err := c.forgetPasswords(ctx, in); err != nil {
		return "", err
	}
	if err := c.shutDown(ctx, in); err != nil {
		return "", err
	}
	changes, err := c.changesFor(ctx, in)
	if err != nil {
		return "", err
	}
	name := c.snapshotName()
	bounded, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	_, err = c.docker.api.ContainerCommit(bounded, in.id, client.ContainerCommitOptions{
		Reference: name, Comment: "database of " + c.cfg.Snapshot + " after its init scripts", Changes: changes,
	})
	if err != nil {
		return "", fmt.Errorf("commit the database's container: %w", err)
	}
	if err := c.docker.pruneSnapshots(ctx, c.cfg.Snapshot); err != nil {
		c.cfg.Events.Warn(err.Error())
	}
	return name, nil
}

// shutDown stops the instance as its image does it best.
func (c *Container) shutDown(ctx context.Context, in *instance) error {
	in.log.expectEnd()
	bounded, cancel := context.WithTimeout(ctx, stopGrace+cleanupTimeout)
	defer cancel()
	grace := int(stopGrace.Seconds())
	if _, err := c.docker.api.ContainerStop(bounded, in.id, client.ContainerStopOptions{Timeout: &grace}); err != nil {
		return fmt.Errorf("shut the database down: %w", err)
	}
	found, err := c.docker.inspect(ctx, in.id)
	if err != nil {
		return err
	}
	// 143 is the status of a shell script that has dealt with SIGTERM.
	if status := found.State.ExitCode; status != 0 && status != 143 {
		return fmt.Errorf("shut the database down: its container ended with status %d", status)
	}
	return nil
}

// changesFor are the instructions that take out of the snapshot what belongs to
// this run only: the engine would keep the container's labels and environment,
// and cannot delete them, only empty them.
func (c *Container) changesFor(ctx context.Context, in *instance) ([]string, error) {
	found, err := c.docker.inspect(ctx, in.id)
	if err != nil {
		return nil, err
	}
	image, err := c.docker.api.ImageInspect(ctx, c.image.id)
	if err != nil {
		return nil, fmt.Errorf("look up image %s: %w", c.cfg.Image, err)
	}
	if found.Config == nil || image.Config == nil {
		return nil, errors.New("the engine does not tell the container's configuration")
	}
	var changes []string
	for _, entry := range found.Config.Env {
		if !slices.Contains(image.Config.Env, entry) {
			name, _, _ := strings.Cut(entry, "=")
			changes = append(changes, "ENV "+name+"="+quoted(valueOf(image.Config.Env, name)))
		}
	}
	labels := maps.Clone(found.Config.Labels)
	for name := range labels {
		labels[name] = image.Config.Labels[name]
	}
	labels[projectLabel], labels[keyLabel] = c.cfg.Snapshot, c.key
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		changes = append(changes, "LABEL "+quoted(name)+"="+quoted(labels[name]))
	}
	return changes, nil
}

func valueOf(env []string, name string) string {
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// quoted is a text as an instruction of a Dockerfile takes it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", ` `).Replace(text) + `"`
}

// pluggableAdmin administers a pluggable database. Images give it the password of
// SYSTEM, those of gvenzl in further pluggable databases only.
const pluggableAdmin = "PDBADMIN"

// forgetPasswords gives every user that we know a password that nobody knows:
// those of this run stand in the container's configuration, of which some
// engines keep a copy in the image.
func (c *Container) forgetPasswords(ctx context.Context, in *instance) error {
	users := []string{pluggableAdmin}
	for _, s := range c.schemas {
		users = append(users, s.User)
	}
	err := c.as(ctx, "SYSTEM", in.system, func(ctx context.Context, system *sql.Conn) error {
		for _, user := range users {
			statement := "ALTER USER " + user + ` IDENTIFIED BY "` + randomPassword().Reveal() + `" ACCOUNT LOCK`
			_, err := system.ExecContext(ctx, statement)
			if err != nil && (user != pluggableAdmin || errorCode(err) != userUnknown) {
				return fmt.Errorf("lock user %s: %w", user, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.setPasswords(ctx, in, randomPassword())
}

// setPasswords gives SYS and SYSTEM a password, as the image's own resetPassword
// does; but that takes it as an argument, which everybody on the engine's host
// can read.
func (c *Container) setPasswords(ctx context.Context, in *instance, password Password) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errNoAnswer)
	defer cancel()
	identified := ` IDENTIFIED BY "` + password.Reveal() + "\";\n"
	output, status, err := c.docker.exec(ctx, in.id, []string{"sqlplus", "-S", "-L", "/", "as", "sysdba"}, strings.NewReader(
		"WHENEVER SQLERROR EXIT FAILURE\n"+
			"ALTER SESSION SET DDL_LOCK_TIMEOUT = 30;\n"+
			"ALTER USER SYS"+identified+"ALTER USER SYSTEM"+identified+"EXIT SUCCESS\n"))
	if err != nil {
		return fmt.Errorf("set the passwords of SYS and SYSTEM: %w", err)
	}
	// Its other lines may hold the statement.
	var found sqlErrors
	for line := range strings.SplitSeq(output, "\n") {
		found.read(line)
	}
	switch {
	case len(found.list) > 0 && lineCode(found.list[0].Message) != 0:
		return fmt.Errorf("set the passwords of SYS and SYSTEM: %w", tidy(network.NewOracleError(lineCode(found.list[0].Message))))
	case status != 0:
		return fmt.Errorf("set the passwords of SYS and SYSTEM: sqlplus ended with status %d", status)
	}
	return nil
}
