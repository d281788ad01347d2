package pipeline

import (
	"context"
	"sync"
	"time"
)

// A budget is the time that compile and test may take together.
type budget struct {
	limit time.Duration
	mu    sync.Mutex
	spent time.Duration
}

func newBudget(limit time.Duration) *budget { return &budget{limit: limit} }

// within runs do for as long as the budget lasts.
func (b *budget) within(ctx context.Context, do func(context.Context) error) error {
	b.mu.Lock()
	left := b.limit - b.spent
	b.mu.Unlock()
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, left, &BuildTimeout{Limit: b.limit})
	defer cancel()
	err := do(ctx)
	b.mu.Lock()
	b.spent += time.Since(started)
	b.mu.Unlock()
	if err != nil {
		return cause(ctx, err)
	}
	return nil
}
