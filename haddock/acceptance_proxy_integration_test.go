//go:build integration

package haddock_test

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// draining rolls v2 out until v1 drains, under load.
func draining(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, setting{ttl: 6 * time.Second, more: "drain: {wait: 1s}"})
	s.deploy("v1")
	return s
}

func TestAReloadWhileSessionsDrainGoesUnnoticed(t *testing.T) {
	t.Parallel()
	s := draining(t)
	load := s.load(200)
	s.deploy("v2")
	if _, slot, ok := s.of("v1"); !ok || slot.Admin != locator.Drain || slot.Sessions == 0 {
		t.Fatalf("v1 does not drain:\n%s", s.world())
	}
	s.proxy.Reload()
	if _, slot, ok := s.of("v1"); !ok || slot.Admin != locator.Drain || slot.Sessions == 0 {
		t.Errorf("v1 does not drain after the reload:\n%s", s.world())
	}
	s.settle("v2")
	if report := s.clean(load); len(report.Versions()) != 2 {
		t.Errorf("too little was tried:\n%s", report)
	}
}

func TestACrashOfHAProxyWhileSessionsDrainBreaksNone(t *testing.T) {
	t.Parallel()
	s := draining(t)
	load := s.load(200)
	s.deploy("v2")
	run := s.start("resume", "--env", "test") // it must live through it
	s.proxy.Kill()
	s.proxy.Restart()
	back := time.Now()
	if status := run.wait(); status != 0 {
		t.Errorf("resume: exit status %d\n%s", status, run.out)
	}
	s.settle("v2")
	report := load.Stop()
	began := back.Sub(report.Began)
	for _, moved := range report.Moved {
		if moved.After(back) {
			t.Errorf("a session moved %v after HAProxy was back", moved.Sub(back))
		}
	}
	for _, second := range report.Seconds {
		if at := time.Duration(second.At) * time.Second; at > began+time.Second && second.Failures > 0 {
			t.Errorf("%d requests failed %v after HAProxy was back", second.Failures, at-began)
		}
	}
	if report.Lost+report.Doubled > 0 {
		t.Errorf("users have noticed:\n%s", report)
	}
	t.Logf("%d of %d requests failed while HAProxy was away", report.Failures, report.Requests)
}
