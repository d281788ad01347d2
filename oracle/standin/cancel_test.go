//go:build !race

package standin_test

import (
	"context"
	"testing"
	"time"
)

// go-ora itself races with its watchdog when a context ends, so this test is
// not for the race detector; TestBreakCancelsTheCall is.
func TestContextCancelsAQueryAndTheSessionLivesOn(t *testing.T) {
	pool := connect(t, start(t), nil)
	pool.SetMaxOpenConns(1)
	numbers(t, pool, 2000)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		var n int
		err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM numbers a, numbers b, numbers c WHERE a.n + b.n + c.n < 0").Scan(&n)
		cancel()
		wantCode(t, err, 1013)
		if err := pool.QueryRow("SELECT 7 FROM DUAL").Scan(&n); err != nil || n != 7 {
			t.Fatalf("after the cancel: got %d, error %v", n, err)
		}
	}
}
