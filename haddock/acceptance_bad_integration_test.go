//go:build integration

package haddock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/loadtest"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// aborted deploys a version that must be taken back, and gives what haddock
// said and what users noticed.
func (s *scene) aborted(version string, args ...string) (out string, report loadtest.Report) {
	s.t.Helper()
	load := s.load(200)
	r := s.start("deploy", "--env", "test", "--release", s.release(version, args...))
	if status := r.wait(); status != 1 {
		s.t.Errorf("exit status %d, want 1", status)
	}
	s.settle("v1")
	from := time.Now()
	s.until("new sessions begin", func() bool { return load.NewSince(from)["v1"] >= 50 })
	if begun := load.NewSince(from); begun[version] > 0 {
		s.t.Errorf("%d sessions began on %s after it was taken back", begun[version], version)
	}
	if _, slot, _ := s.of("v1"); slot.Admin != locator.Ready || slot.Weight != 100 || !slot.Up {
		s.t.Errorf("v1 is not as it was: %+v", slot)
	}
	s.t.Logf("haddock said:\n%s", r.out)
	return r.out.String(), load.Stop()
}

func TestACanaryWithErrorsIsTakenBackWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{rollout: "[{percent: 10, bake: 30s}, 100]"})
	s.deploy("v1")
	_, report := s.aborted("v2", "-fail", "30")
	var first, last time.Time
	for _, session := range report.Opened {
		if session.Version == "v2" {
			if first.IsZero() {
				first = session.At
			}
			last = session.At
		}
	}
	if took := last.Sub(first); first.IsZero() || took > 5*time.Second {
		t.Errorf("v2 had new sessions for %v, want less than 5s", took)
	}
	if report.Failures == 0 || report.Failures > report.Requests/20 || len(report.Moved)+report.Lost+report.Doubled > 0 {
		t.Errorf("users have noticed:\n%s", report)
	}
	t.Logf("new sessions for %v; %d of %d requests failed", last.Sub(first), report.Failures, report.Requests)
}

func TestAnInstanceThatIsNeverHealthyGetsNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.deploy("v1")
	out, report := s.aborted("v2", "-unhealthy")
	if !report.Clean() || report.ByVersion["v2"] > 0 {
		t.Errorf("users have noticed:\n%s", report)
	}
	if !strings.Contains(out, "503") || !strings.Contains(out, "shop v2, instance") {
		t.Error("haddock does not tell the last check and the container's log")
	}
}

func TestACrashLoopIsTakenBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{rollout: "[{percent: 10, bake: 30s}, 100]"})
	s.deploy("v1")
	out, report := s.aborted("v2", "-crash-after", "6s")
	if lost := len(report.Moved); lost > report.Sessions/20 || report.Lost+report.Doubled > 0 {
		t.Errorf("users have noticed:\n%s", report)
	}
	if !strings.Contains(out, "crashed as it was told to") {
		t.Error("haddock does not tell the container's log")
	}
}
