package haddock

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

var update = flag.Bool("update", false, "write the golden files anew")

func goal() Goal {
	return Goal{Steps: steps(), StartTimeout: 20 * time.Second, Smoke: true, Analysis: AnalysisConfig{MinRequests: 20, MaxErrorPercent: 5}}
}

// begin writes what a deploy writes before it changes anything.
func (s *sim) begin(seq, pauseAt int) Goal {
	s.apply(record(Line{Event: Begun, Seq: seq, Release: &Facts{Image: fmt.Sprint("x@", seq)}, Steps: steps(), PauseAt: pauseAt}))
	return goal()
}

// settledOn checks the end: one instance, all new sessions, nothing left over.
func (s *sim) settledOn(seq int) {
	s.t.Helper()
	for _, slot := range s.slots {
		home := s.in(slot.Name)
		switch {
		case home == nil && slot.Admin != locator.Maint:
			s.fail("slot %s takes traffic without an instance", slot.Name)
		case home == nil:
		case home.Seq != seq:
			s.fail("instance %d is still there, want %d alone", home.Seq, seq)
		case slot.Admin != locator.Ready || slot.Weight != 100 || slot.strict:
			s.fail("instance %d is not open: %+v", seq, slot)
		}
	}
	if s.homes[seq] == nil {
		s.fail("instance %d is gone", seq)
	}
}

// scenes are the ways that a roll-out goes; each is played from its start.
func scenes() map[string]func(*sim) Goal {
	return map[string]func(*sim) Goal{
		"first": func(s *sim) Goal { return s.begin(1, 0) },
		"deploy": func(s *sim) Goal {
			s.serving()
			return s.begin(2, 0)
		},
		"rollback": func(s *sim) Goal {
			s.serving()
			g := s.begin(2, 10)
			s.run(g, -1)
			s.trace = nil
			s.apply(record(Line{Event: RolledBack, Seq: 2, Base: 1}))
			return goal()
		},
		"rollback while draining": func(s *sim) Goal {
			s.serving()
			s.until = Finished
			s.run(s.begin(2, 0), -1)
			s.trace = nil
			s.apply(record(Line{Event: RolledBack, Seq: 2, Base: 1}))
			return goal()
		},
		"abort": func(s *sim) Goal {
			s.serving()
			s.run(s.begin(2, 10), -1)
			s.trace = nil
			s.sick[2] = true
			s.pass(time.Second)
			return goal()
		},
		"never healthy": func(s *sim) Goal {
			s.serving()
			s.sick[2] = true
			return s.begin(2, 0)
		},
	}
}

func endOf(scene string) int {
	if scene == "deploy" {
		return 2
	}
	return 1
}

func TestNextGoesOnFromEveryCrashPoint(t *testing.T) {
	for name, play := range scenes() {
		t.Run(name, func(t *testing.T) {
			var golden strings.Builder
			for verbs := 0; ; verbs++ {
				s := newSim(t, 3)
				g := play(s)
				_, died := s.run(g, verbs)
				if !died {
					break
				}
				next := Next(s.world(), g)
				fmt.Fprintf(&golden, "%3d  after %-24s  %-8s %v\n", verbs, lastVerb(s), next.Kind, next.Ops)
				s.run(g, -1)
				if name == "first" && endOf(name) == 1 || s.homes[2] == nil || endOf(name) == 2 {
					s.settledOn(endOf(name))
				} else {
					s.fail("not at its end")
				}
			}
			compareGolden(t, filepath.Join("testdata", "next", strings.ReplaceAll(name, " ", "_")+".golden"), golden.String())
		})
	}
}

func lastVerb(s *sim) string {
	for _, line := range slices.Backward(s.trace) {
		verb, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{
			"create", "start", "stop", "remove", "keep", "ready", "drain", "maint", "weights", "forget",
			"strict", "unstrict", "shutdown", "smoke", "hook", "record",
		}, verb) && !strings.Contains(line, "container") && !strings.Contains(line, " ask ") {
			return line
		}
	}
	return "nothing"
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs, look at it with -update:\n%s", path, got)
	}
}

// Whatever is killed, restarted and taken back: the end is reached, and on the
// way no promise is broken (the sim fails when one is).
func TestNextReachesAnEndThroughAnyMishap(t *testing.T) {
	for seed := range uint64(300) {
		s := newSim(t, 3)
		s.trace = append(s.trace, fmt.Sprint("seed ", seed))
		mishaps(s, rand.New(rand.NewPCG(seed, 1)))
		if t.Failed() {
			return
		}
	}
}

func mishaps(s *sim, chance *rand.Rand) {
	s.serving()
	s.save()
	pause := []int{0, 10, 30}[chance.IntN(3)]
	g := s.begin(2, pause)
	want := 2
	for range 1 + chance.IntN(4) {
		s.run(g, chance.IntN(40))
		switch chance.IntN(7) {
		case 0:
			s.restart(true)
		case 1:
			s.restart(false)
		case 2:
			s.reload()
		case 3:
			if s.homes[2] != nil && s.homes[1] != nil && s.homes[1].Running && want == 2 && s.slot("s1").Admin != locator.Maint {
				s.apply(record(Line{Event: RolledBack, Seq: 2, Base: 1, Now: chance.IntN(2) == 0}))
				want = 1
			}
		case 4:
			if s.homes[2] != nil && s.history.rollout(2).weighted.Percent < 100 {
				s.sick[2] = true
				want = 1
			}
		default:
			s.pass(time.Duration(chance.IntN(5)) * time.Second)
		}
	}
	for range 5 {
		last, _ := s.run(g, -1)
		if last.Kind != Pause {
			break
		}
		r := s.history.rollout(2)
		s.apply(record(Line{Event: Promoted, Seq: 2, Percent: r.weighted.Percent}))
	}
	s.settledOn(want)
}
