//go:build integration

package haddock_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/shop/shop"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

func TestRollbacksThatAreKilledGoUnnoticed(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{more: "drain: {wait: 1s}"})
	s.deploy("v1")
	load := s.load(100)
	for version, args := range map[string][]string{
		"v2": {"--pause-at", "10"}, // taken back while it has a part of the new sessions
		"v3": nil,                  // taken back while v1 drains
	} {
		from := time.Now()
		s.deploy(version, args...)
		s.until(version+" has visitors", func() bool { return load.NewSince(from)[version] > 0 })
		run := s.start("rollback", "--env", "test")
		time.Sleep(rand.N(300 * time.Millisecond))
		run.kill()
		s.start("rollback", "--env", "test").wait() // done already, perhaps
		_, slot, _ := s.of("v1")
		if slot.Admin != locator.Ready || slot.Weight == 0 {
			t.Errorf("v1 has no new sessions again:\n%s", s.world())
		}
		s.settle("v1")
	}
	if report := s.clean(load); len(report.Versions()) != 3 {
		t.Errorf("too little was tried:\n%s", report)
	}
}

func TestTwoOperatorsAtOnceDoNoHarm(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.deploy("v1")
	load := s.load(100)
	releases := map[string]string{"v2": s.release("v2"), "v3": s.release("v3")}
	runs := map[string]*running{}
	for version, release := range releases {
		runs[version] = s.start("deploy", "--env", "test", "--release", release)
	}
	var done []string
	for version, run := range runs {
		switch status := run.wait(); status {
		case 0:
			done = append(done, version)
		case 3:
			if out := run.out.String(); !strings.Contains(out, "lock") && !strings.Contains(out, "under way") {
				t.Errorf("%s is not told who is in its way:\n%s", version, out)
			}
		default:
			t.Errorf("%s: exit status %d\n%s", version, status, run.out)
		}
	}
	if len(done) != 1 {
		t.Fatalf("%v are deployed, want one of v2 and v3", done)
	}
	s.settle(done[0])
	s.clean(load)
}

func TestWhenEverySlotIsTakenItIsSaidByWhom(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{slots: 2, more: "drain: {wait: 1s}"})
	s.deploy("v1")
	v2, v3 := s.release("v2"), s.release("v3")
	busy := s.user()
	if run := s.while(busy, "deploy", "--env", "test", "--release", v2); run.wait() != 0 {
		t.Fatalf("v2: %s", run.out)
	}
	run := s.while(busy, "deploy", "--env", "test", "--release", v3)
	if status := run.wait(); status != 3 || !strings.Contains(run.out.String(), "v1") || !strings.Contains(run.out.String(), "haddock resume") {
		t.Errorf("exit status %d\n%s", status, run.out)
	}
	if got := busy.asks(); got.Version != "v1" {
		t.Errorf("who was on v1 is on %s", got.Version)
	}
	s.settle("v2")
}

// while runs haddock and keeps the user's session alive until it has ended.
func (s *scene) while(busy user, args ...string) *running {
	s.t.Helper()
	run := s.start(args...)
	for !run.ended() {
		busy.asks()
		time.Sleep(100 * time.Millisecond)
	}
	return run
}

// A user is a browser that comes when it is told to.
type user struct {
	s    *scene
	http *http.Client
}

func (s *scene) user() user {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return user{s, &http.Client{Jar: jar, Timeout: 5 * time.Second}}
}

func (u user) asks() shop.Answer {
	u.s.t.Helper()
	res, err := u.http.Get(u.s.url + "/count")
	if err != nil {
		u.s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got shop.Answer
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		u.s.t.Fatalf("%s: %v", res.Status, err)
	}
	return got
}

func TestWhoComesBackAfterHisSessionIsOverComesToTheNewVersion(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{more: "drain: {wait: 1s}", rollout: "[100]"})
	s.deploy("v1")
	s.until("the locator knows every session", func() bool { return s.state().Uptime > s.cfg.TableExpire(s.env)+time.Second })
	release, idle, busy := s.release("v2"), s.user(), s.user()
	idle.asks()
	left := time.Now()
	first := busy.asks()
	run := s.start("deploy", "--env", "test", "--release", release)
	last := first
	for !run.ended() || time.Since(left) < s.cfg.TableExpire(s.env)+time.Second {
		if last = busy.asks(); last.Instance != first.Instance || last.Session != first.Session {
			t.Fatalf("who stayed was moved: %+v after %+v", last, first)
		}
		time.Sleep(200 * time.Millisecond)
	}
	if status := run.wait(); status != 0 {
		t.Fatalf("exit status %d\n%s", status, run.out)
	}
	if got := idle.asks(); got.Version != "v2" || got.Count != 1 {
		t.Errorf("who came back got %+v, want a new session on v2", got)
	}
	if got := busy.asks(); got.Version != "v1" || got.Count != last.Count+1 {
		t.Errorf("who stayed got %+v after %+v", got, last)
	}
	s.settle("v2")
}
