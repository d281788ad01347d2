package loadtest

import (
	"math"
	"time"
)

// A histogram counts durations in steps of a twentieth of each.
type histogram struct {
	counts  map[int]int // by step
	sum     int
	longest time.Duration
}

const stepSize = 1.05

func (h *histogram) add(d time.Duration) {
	if h.counts == nil {
		h.counts = map[int]int{}
	}
	h.counts[int(math.Log(float64(max(d, 1)))/math.Log(stepSize))]++
	h.sum++
	h.longest = max(h.longest, d)
}

// within is the duration that so many in a hundred do not exceed, up to a
// twentieth.
func (h *histogram) within(percent int) time.Duration {
	most, below := 0, 0
	for step := range h.counts {
		most = max(most, step)
	}
	for step := 0; step <= most; step++ {
		if below += h.counts[step]; below*100 >= h.sum*percent && below > 0 {
			return min(h.longest, time.Duration(math.Pow(stepSize, float64(step+1))))
		}
	}
	return h.longest
}
