package oracle

import (
	"context"
	"errors"
	"fmt"
)

// secondChance replaces an instance whose failure says nothing about the next
// one: a snapshot that does not boot, or an image that is known to fail now and
// then. It does either once; nil means that the caller should wait again.
func (c *Container) secondChance(ctx context.Context, err error) error {
	failed, ok := errors.AsType[*NotReadyError](err)
	in := c.now()
	if !ok || !c.own || in.answered {
		return err
	}
	if in.snapshot != "" && failed.ofThisBoot() {
		c.cfg.Events.Warn(fmt.Sprintf("the snapshot %s does not boot: %v; it is dropped, and the database made anew", in.snapshot, failed))
		c.dropped = true
		if err := c.replace(ctx, ""); err != nil {
			return err
		}
		if err := c.docker.dropSnapshot(ctx, in.snapshot); err != nil {
			c.cfg.Events.Warn(err.Error())
		}
		return nil
	}
	flake := flakeOf(failed, in.log.lockedOut())
	if flake == "" || c.flaked {
		return err
	}
	c.cfg.Events.Warn(fmt.Sprintf("%s, which happens with this image now and then: %v; the container is made anew, once", flake, failed))
	c.flaked = true
	return c.replace(ctx, "")
}

// ofThisBoot tells whether the failure lies in the container and not around it.
func (e *NotReadyError) ofThisBoot() bool {
	switch e.Reason {
	case Removed, Lost, OutOfMemory, Killed:
		return false
	default:
		return true
	}
}

// flakeOf names the known flake that a failure is; "" for all others.
//
//   - The log ends after "Grant succeeded." and nothing happens any more
//     (apache/camel-quarkus issue 7773).
//   - The image creates its own user before its pluggable database is open:
//     ORA-01109 (gvenzl/oci-oracle-free issue 137).
//   - Setting SYSTEM's password meets a lock, and the image ends, or goes on
//     with another password: ORA-04021 (gvenzl/oci-oracle-free issue 35).
func flakeOf(e *NotReadyError, lockedOut bool) string {
	over := e.Reason == Exited || e.Reason == StartupFailed
	switch {
	case e.Reason == Hanging:
		return "the boot hangs after the image's grants"
	case over && e.Phase == Users && e.Code == databaseShut:
		return "the image could not create its user in a database that was not open yet"
	case lockedOut && (over && e.Phase == Passwords || e.Reason == WrongPassword):
		return "the image could not set its passwords for a lock"
	}
	return ""
}
