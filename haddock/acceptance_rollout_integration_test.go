//go:build integration

package haddock_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// steps are what haddock says when it begins each step of a roll-out.
func steps() []string {
	return []string{
		"[pull]", "[create]", "[start]", "[warm]", "[smoke]", "10 % of new sessions", "at 10 % until", "100 % of new sessions", "[close]", "[stop]",
	}
}

func TestTenDeploysThatAreKilledAtRandomStepsGoUnnoticed(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{slots: 8})
	s.deploy("v0")
	load := s.load(300)
	order := rand.Perm(len(steps()))
	missed := 0 // deploys that were over before the step was seen
	for i, n := range order {
		version, step := fmt.Sprintf("v%d", i+1), steps()[n]
		release := s.release(version)
		run := s.start("deploy", "--env", "test", "--release", release)
		for !strings.Contains(run.out.String(), step) && !run.ended() {
			time.Sleep(time.Millisecond)
		}
		if run.ended() { // a step that is only told when there is time for it
			if status := run.wait(); status != 0 {
				t.Fatalf("%s: exit status %d\n%s", version, status, run.out)
			}
			missed++
			continue
		}
		time.Sleep(rand.N(50 * time.Millisecond)) // the step is begun, or done and not noted, or over
		run.kill()
		t.Logf("%s killed after %s:\n%s", version, step, s.world())
		s.haddock("resume", "--env", "test", "--wait", "0s")
		if _, slot, ok := s.of(version); !ok || slot.Weight == 0 { // it died before it had begun
			s.haddock("deploy", "--env", "test", "--wait", "0s", "--release", release)
		}
	}
	s.settle(fmt.Sprintf("v%d", len(order)))
	report := s.clean(load)
	if missed > 2 {
		t.Errorf("%d of %d deploys were over before they could be killed", missed, len(order))
	}
	if report.Requests < 300*30 || len(report.Versions()) != len(order)+1 {
		t.Errorf("too little was tried:\n%s", report)
	}
}

func TestATenthOfTheNewSessionsComesToTheNewVersion(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.deploy("v1")
	load := s.load(300)
	s.deploy("v2", "--pause-at", "10")
	from := time.Now()
	s.until("many sessions have begun", func() bool { return total(load.NewSince(from)) >= 600 })
	begun := load.NewSince(from)
	n := total(begun)
	if low, high := binomial99(n, 0.1); begun["v2"] < low || begun["v2"] > high {
		t.Errorf("%d of %d new sessions on v2, want %d to %d", begun["v2"], n, low, high)
	}
	t.Logf("%d of %d new sessions on v2", begun["v2"], n)
	s.haddock("promote", "--env", "test")
	from = time.Now()
	s.until("v2 has all new sessions", func() bool { return load.NewSince(from)["v2"] >= 100 })
	if begun := load.NewSince(from); begun["v1"] > 0 {
		t.Errorf("%d sessions began on v1 after 100 %%", begun["v1"])
	}
	s.settle("v2")
	s.clean(load)
}

func total(begun map[string]int) int {
	sum := 0
	for _, n := range begun {
		sum += n
	}
	return sum
}

// binomial99 is the range in which 99 of 100 draws of n lie, as many below it
// as above.
func binomial99(n int, p float64) (low, high int) {
	below, chance := 0.0, math.Pow(1-p, float64(n))
	low = -1
	for k := range n + 1 {
		below += chance
		if low < 0 && below > 0.005 {
			low = k
		}
		if below >= 0.995 {
			return low, k
		}
		chance *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return low, n
}

func TestBinomial99IsTheTextbooks(t *testing.T) {
	if low, high := binomial99(100, 0.1); low != 3 || high != 18 {
		t.Errorf("of 100 by 0.1: %d to %d, want 3 to 18", low, high)
	}
}

func TestAtRestTheTableKnowsAsManySessionsAsTheApplication(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{ttl: 8 * time.Second})
	s.deploy("v1")
	release := s.release("v2")
	users := s.visit(150)
	s.haddock("deploy", "--env", "test", "--pause-at", "10", "--release", release)
	for _, one := range users { // an idle session would be over in the application before it is in the table
		if got := one.asks(); got.Version != "v1" {
			t.Errorf("who was on v1 is on %s", got.Version)
		}
	}
	s.visit(50)
	v1, old, _ := s.of("v1")
	v2, fresh, _ := s.of("v2")
	if lived := s.live(v1); lived != old.Sessions || lived < 150 {
		t.Errorf("v1 has %d sessions, the table %d, want 150 or more", lived, old.Sessions)
	}
	if lived := s.live(v2); lived != fresh.Sessions || lived == 0 {
		t.Errorf("v2 has %d sessions, the table %d", lived, fresh.Sessions)
	}
	t.Logf("sessions by the table: %d and %d", old.Sessions, fresh.Sessions)
	s.haddock("promote", "--env", "test")
	s.settle("v2")
}

// visit brings so many users, one request each.
func (s *scene) visit(n int) []user {
	s.t.Helper()
	users := make([]user, n)
	for i := range users {
		users[i] = s.user()
		users[i].asks()
	}
	return users
}
