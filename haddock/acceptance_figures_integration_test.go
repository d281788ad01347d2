//go:build integration && bench

package haddock_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/registry"
)

// What haddock may cost, beside the waiting for health and for the engine.
const (
	mostAdded  = 2 * time.Second
	mostStatus = 200 * time.Millisecond
	mostMemory = 40 // MB
)

func TestHaddockCostsLittle(t *testing.T) {
	s := newScene(t, setting{rollout: "[100]", ttl: time.Minute})
	var added, asked []time.Duration
	var memory int64
	for _, version := range []string{"v1", "v2", "v3"} {
		engine := s.engineAlone(s.release("alone-" + version))
		run := s.start("deploy", "--env", "test", "--no-wait", "--release", s.release(version))
		var healthy time.Time
		s.until("the first check succeeds", func() bool {
			_, slot, ok := s.of(version)
			healthy = time.Now()
			return ok && slot.Fresh
		})
		if status := run.wait(); status != 0 {
			t.Fatalf("exit status %d\n%s", status, run.out)
		}
		one, _, _ := s.of(version)
		health := healthy.Sub(one.StartedAt)
		t.Logf("%s: %v in all, health %v, the engine alone %v", version, run.took, health, engine)
		added = append(added, run.took-health-engine)
		memory = max(memory, run.most.Load())
		s.user().asks() // keeps the instance from being removed by the next deploy
	}
	for range 9 {
		run := s.start("status", "--env", "test")
		if status := run.wait(); status != 0 {
			t.Fatalf("exit status %d\n%s", status, run.out)
		}
		asked = append(asked, run.took)
	}
	figure(t, "deploy-added", median(added).Seconds(), mostAdded.Seconds(), "s")
	figure(t, "deploy-memory", float64(memory)/(1<<20), mostMemory, "MB")
	figure(t, "status", median(asked).Seconds()*1000, float64(mostStatus.Milliseconds()), "ms")
}

// engineAlone is how long the engine takes to pull a release and to start it.
func (s *scene) engineAlone(file string) time.Duration {
	s.t.Helper()
	release, err := registry.ReadRelease(file)
	if err != nil {
		s.t.Fatal(err)
	}
	key, ctx := host.Key{Service: s.key.Service, Env: "alone"}, s.t.Context()
	began := time.Now()
	if err := s.host.Pull(ctx, key, release.Image(), host.Login{}, nil); err != nil {
		s.t.Fatal(err)
	}
	one, err := s.host.Create(ctx, host.Spec{
		Identity: host.Identity{Key: key, Slot: "s1", Seq: 1, Version: release.Version, Image: release.Image()},
		Network:  s.env.Network.Name, Address: strings.TrimSuffix(s.env.Network.Subnet, "0/24") + "200", Port: s.cfg.Service.Port,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.host.Start(ctx, one.ID); err != nil {
		s.t.Error(err)
	}
	took := time.Since(began)
	if err := s.host.Remove(ctx, one.ID); err != nil {
		s.t.Error(err)
	}
	if _, err := s.host.Prune(ctx, key, 0); err != nil {
		s.t.Error(err)
	}
	return took
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// figure prints what was measured, as make bench-deploy shows it.
func figure(t *testing.T, name string, value, most float64, unit string) {
	t.Helper()
	verdict := "ok"
	if value > most {
		verdict = "short"
		t.Errorf("%s is %.3g %s, want at most %g", name, value, unit, most)
	}
	fmt.Printf("RESULT %s %.3g %s goal <=%g %s\n", name, value, unit, most, verdict)
}
