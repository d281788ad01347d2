package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

const (
	// claimPrefix starts the name of the container that is about to become a
	// snapshot; the snapshot's key ends it.
	claimPrefix = "pipeline-snapshot-"
	// claimLimit is how old the container of a claim may be: one that is older was
	// left by a run that was killed on another host. Should it not have been, the
	// same snapshot is made twice.
	claimLimit = time.Hour
)

// claim makes this run the one that makes the snapshot, or says why it leaves
// that to others. It is made when the database has answered, not before, so that
// one that nobody waits for is in nobody's way. The engine gives a name to one
// container only, and the claim goes with the container.
func (c *Container) claim(ctx context.Context) (whyNot string, err error) {
	if key, err := c.snapshotKey(); err != nil || key != c.key {
		return "the init scripts have changed since the start: no snapshot is made", err
	}
	own, err := c.docker.inspect(ctx, c.now().id)
	if err != nil {
		return "", err
	}
	if whyNot, err := c.docker.claim(ctx, own.ID, claimPrefix+c.key[:32]); err != nil || whyNot != "" {
		return whyNot, err
	}
	// Only now: another run may have made it and removed its container since.
	found, err := c.docker.hasSnapshot(ctx, c.snapshotName(), c.key)
	if err == nil && !found {
		return "", nil
	}
	return "another run has made the snapshot", errors.Join(err, c.docker.rename(ctx, own.ID, strings.TrimPrefix(own.Name, "/")))
}

// claim gives the container the name, unless another one that lives has it.
func (d *docker) claim(ctx context.Context, id, name string) (whyNot string, err error) {
	taken := d.rename(ctx, id, name)
	if taken == nil {
		return "", nil
	}
	holder, err := d.inspect(ctx, name)
	switch {
	case err == nil && holder.ID == id, err == nil && outlived(holder.Created, time.Now()):
		return "", nil
	case err == nil:
		return fmt.Sprintf("container %.12s of another run makes the snapshot", holder.ID), nil
	case errors.Is(err, ErrGone) && errdefs.IsConflict(taken): // just now
		return "another run has made the snapshot", nil
	}
	return "", taken
}

// outlived tells whether a claim's container has been created too long ago.
func outlived(created string, now time.Time) bool {
	at, err := time.Parse(time.RFC3339Nano, created)
	return err == nil && now.Sub(at) >= claimLimit
}

func (d *docker) rename(ctx context.Context, id, name string) error {
	if _, err := d.api.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: name}); err != nil {
		return fmt.Errorf("rename container: %w", err)
	}
	return nil
}
