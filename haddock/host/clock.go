package host

import (
	"context"
	"fmt"
	"time"
)

// Ahead is how far the engine's clock is ahead of this machine's. All operators
// share that one: what one of them writes down, another one counts from. Less
// than a second, or than the answer took, is none.
func (h *Host) Ahead(ctx context.Context) (time.Duration, error) {
	if h.engines != nil && h.engines.local {
		return 0, nil
	}
	began := time.Now()
	info, err := h.eng.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("compare the clocks: %w", err)
	}
	took := time.Since(began)
	ahead := info.Time.Sub(began.Add(took / 2))
	if info.Time.IsZero() || ahead.Abs() < max(time.Second, took) {
		return 0, nil
	}
	return ahead, nil
}
