package registry

import (
	"fmt"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// pushProgress adds up what the engine says of the layers and tells the sum
// every second; what is no number it passes on.
type pushProgress struct {
	sink   events.Sink
	layers map[string][2]int64
	told   time.Time
}

func (p *pushProgress) line(text string) {
	layer, status, _ := strings.Cut(text, ": ")
	var done, all int64
	if _, err := fmt.Sscanf(status, "Pushing %d/%d", &done, &all); err != nil {
		p.sink.Emit(events.Event{Kind: events.LogLine, Text: text})
		return
	}
	p.layers[layer] = [2]int64{min(done, all), all}
	if time.Since(p.told) < time.Second {
		return
	}
	p.told = time.Now()
	done, all = 0, 0
	for _, l := range p.layers {
		done, all = done+l[0], all+l[1]
	}
	const megabyte = 1e6
	p.sink.Count(fmt.Sprintf("pushing %.1f of %.1f MB", float64(done)/megabyte, float64(all)/megabyte),
		events.Count{Done: done, Total: all, Unit: events.UnitBytes})
}
