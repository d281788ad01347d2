package oracle

import (
	"context"
	"fmt"
	"strings"
)

// Status says in a few words how the container is and how far its log has come,
// such as "running; the database is opening the database".
func (c *Container) Status(ctx context.Context) (string, error) {
	found, err := c.docker.inspect(ctx, c.now().id)
	if err != nil {
		return "", err
	}
	var log strings.Builder
	if err := c.Logs(ctx, &log, false); err != nil {
		return "", err
	}
	boot := bootLog{phase: Created}
	for line := range strings.Lines(log.String()) {
		boot.read(line)
	}
	if found.State != nil && !found.State.Running {
		return fmt.Sprintf("exited with status %d; the database was %s", found.State.ExitCode, boot.phase), nil
	}
	return fmt.Sprintf("running; the database is %s", boot.phase), nil
}

// Label is the value of a label that Config.Labels has put on the container;
// empty without it. ErrGone when the container has been removed.
func (c *Container) Label(ctx context.Context, name string) (string, error) {
	found, err := c.docker.inspect(ctx, c.now().id)
	if err != nil || found.Config == nil {
		return "", err
	}
	return found.Config.Labels[name], nil
}
