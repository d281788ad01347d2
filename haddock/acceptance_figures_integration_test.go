//go:build integration

package haddock_test

import (
	"slices"
	"testing"
	"time"
)

// What haddock may cost, beside the waiting for health and sessions.
const (
	mostAdded  = 2 * time.Second
	mostStatus = 200 * time.Millisecond
	mostMemory = 40 << 20
)

func TestHaddockCostsLittle(t *testing.T) {
	s := newScene(t, setting{})
	release := s.release("v1")
	run := s.start("deploy", "--env", "test", "--release", release)
	var healthy time.Time
	s.until("the first check succeeds", func() bool {
		_, slot, ok := s.of("v1")
		healthy = time.Now()
		return ok && slot.Fresh
	})
	if status := run.wait(); status != 0 {
		t.Fatalf("exit status %d\n%s", status, run.out)
	}
	one, _, _ := s.of("v1")
	added := run.took - healthy.Sub(one.StartedAt)
	if added > mostAdded {
		t.Errorf("haddock added %v to a deploy, want less than %v\n%s", added, mostAdded, run.out)
	}
	memory := run.most.Load()
	if memory == 0 || memory > mostMemory {
		t.Errorf("haddock took %d MB, want less than %d", memory>>20, mostMemory>>20)
	}
	var asked []time.Duration
	for range 9 {
		run := s.start("status", "--env", "test")
		if status := run.wait(); status != 0 {
			t.Fatalf("exit status %d\n%s", status, run.out)
		}
		asked = append(asked, run.took)
	}
	slices.Sort(asked)
	if median := asked[len(asked)/2]; median > mostStatus {
		t.Errorf("status took %v, want less than %v", median, mostStatus)
	}
	t.Logf("added %v, status %v, memory %d MB", added, asked[len(asked)/2], memory>>20)
}
