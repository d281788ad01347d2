//go:build integration

package oracle

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// BenchmarkReadyToAnswer measures what the wait adds to the READY line: with a
// database that answers at once, and with one that answers 700 ms later.
func BenchmarkReadyToAnswer(b *testing.B) {
	for name, c := range map[string]struct {
		script string
		later  time.Duration
	}{
		"at once": {"", 0}, "later": {"ready answer 12528 for 700ms", 700 * time.Millisecond},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				took = append(took, readyToAnswer(b, c.script)-c.later)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "p95-ms")
		})
	}
}

func readyToAnswer(b *testing.B, script string) time.Duration {
	b.Helper()
	var mu sync.Mutex
	var ready time.Time
	c, err := Start(b.Context(), Config{
		Image: standIn, Env: map[string]string{"STANDIN_SCRIPT": script},
		Events: func(e events.Event) {
			if e.Text == string(Ready) {
				mu.Lock()
				defer mu.Unlock()
				ready = time.Now()
			}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Stop(context.Background())
	if _, err := c.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return time.Since(ready)
}
