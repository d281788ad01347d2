package oracle

import (
	"context"
	"strconv"
	"time"

	"github.com/moby/moby/client"
)

// killedStatus is the exit status of what was killed, by the kernel for want of
// memory or by anybody else.
const killedStatus = 137

// newsTime is how long the news that memory ran out may be under way. The
// engine hears of it and of the container's end by two ways, and only marks the
// container when the first news comes first; the event is there in any case.
const newsTime = time.Second

// ranOutOfMemory asks the engine's events whether memory ran out in the
// container since it was started.
func (d *docker) ranOutOfMemory(ctx context.Context, id string, since time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, newsTime)
	defer cancel()
	news := d.api.Events(ctx, client.EventsListOptions{
		Since:   strconv.FormatInt(since.Add(-time.Minute).Unix(), 10),
		Filters: client.Filters{}.Add("container", id).Add("event", "oom"),
	})
	select {
	case _, there := <-news.Messages:
		return there
	case <-ctx.Done():
		return false
	}
}
