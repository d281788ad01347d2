package oracle

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/moby/moby/client"
)

// killedStatus is the exit status of what was killed, or of a shell whose
// program was.
const killedStatus = 137

// newsTime is how long the news that memory ran out may be under way. The
// engine hears of it and of the container's end by two ways, and only marks the
// container when the first news comes first. It is lost when the control group
// is gone before containerd's shim looks (pkg/oom/v1 of containerd 1.6).
const newsTime = time.Second

// whyKilled asks the engine's events why a container that has run since then,
// in the engine's time, was killed: OutOfMemory, Exited when somebody told the
// engine to kill it or the engine does not say, Killed when nobody did.
func (d *docker) whyKilled(ctx context.Context, id, since string) Reason {
	ctx, cancel := context.WithTimeout(ctx, newsTime)
	defer cancel()
	events := d.api.Events(ctx, client.EventsListOptions{
		Since:   since,
		Filters: client.Filters{}.Add("container", id).Add("event", "oom", "kill"),
	})
	if ctx.Err() != nil { // no answer came at all
		return Exited
	}
	for {
		select {
		case event := <-events.Messages:
			switch {
			case event.Action == "oom":
				return OutOfMemory
			case slices.Contains([]string{"9", "KILL", "SIGKILL"}, event.Actor.Attributes["signal"]):
				return Exited
			}
		case err := <-events.Err:
			if errors.Is(err, context.DeadlineExceeded) {
				return Killed
			}
			return Exited
		}
	}
}
