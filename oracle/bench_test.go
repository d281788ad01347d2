//go:build integration && bench

package oracle

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// TestBenchTheWait measures what the wait adds to the READY line, or to the
// moment from which on logins succeed.
func TestBenchTheWait(t *testing.T) {
	const later = 700 * time.Millisecond
	for _, c := range []struct {
		name, script string
		boots        int
		answersAfter time.Duration
		goal         float64
	}{
		{"wait-p95-answers-at-ready", "", 60, 0, 100},
		{"wait-p95-answers-later", "ready answer 12528 for " + later.String(), 30, later, 600},
	} {
		var took []time.Duration
		for range c.boots {
			took = append(took, readyToAnswer(t, c.script)-c.answersAfter)
		}
		slices.Sort(took)
		t.Logf("%s: %d boots, half of them within %s", c.name, c.boots, took[len(took)/2].Round(time.Millisecond))
		result(t, c.name, float64(took[len(took)*95/100].Microseconds())/1000, "ms", c.goal)
	}
}

// TestBenchTheRateOfLogins counts the connections to a database that stays
// closed for a while.
func TestBenchTheRateOfLogins(t *testing.T) {
	const closed = 6 * time.Second
	cfg, _ := play(t, "ready answer 12528 for "+closed.String())
	c := started(t, cfg)
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, r := range c.History().Refused {
		count += r.Count
	}
	result(t, "logins-a-second", float64(count)/closed.Seconds(), "logins/s", 2.1)
}

func readyToAnswer(t *testing.T, script string) time.Duration {
	t.Helper()
	var mu sync.Mutex
	var ready time.Time
	c, err := Start(t.Context(), Config{
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
		t.Fatal(err)
	}
	defer c.Stop(context.Background())
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return time.Since(ready)
}

func TestBenchCancelledProbes(t *testing.T) {
	result(t, "worst-cancel-of-1000", float64(probesThatAreCancelled(t).Microseconds())/1000, "ms", 100)
}
