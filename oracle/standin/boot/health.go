package boot

import "sync"

// health knows what healthcheck.sh answers: which parts of the boot are still
// to be done.
type health struct {
	mu      sync.Mutex
	pending map[Phase]int // phase that ends the part, to healthcheck.sh's status
}

func (h *health) start(again bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pending = map[Phase]int{Reset: 2, Startup: 5}
	if !again {
		h.pending[PDB], h.pending[Setup] = 3, 4
	}
}

func (h *health) pass(p Phase) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pending, p)
}

// status is 2 to 5 for the part that is being done, 0 for none.
func (h *health) status() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pending == nil {
		return 2
	}
	for p := range phaseCount {
		if status := h.pending[p]; status != 0 {
			return status
		}
	}
	return 0
}
