//go:build integration && chaos

package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/haddock/loadtest"
)

const (
	chaosRounds = 40
	chaosRate   = 150
)

// TestKilledCommandsBreakNoSession starts commands of every kind at random,
// kills most of them with -9 at a random moment, and reloads HAProxy now and
// then: no user notices, and in the end one resume leaves one version.
func TestKilledCommandsBreakNoSession(t *testing.T) {
	s := &story{t: t, shop: compileShop(t), subnet: freeNet() + ".0.0/24", running: map[string]*exec.Cmd{}}
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/chaos/rounds.txtar"}, RequireExplicitExec: true, Setup: s.setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"release": s.cmdRelease, "start": s.cmdStart, "rounds": s.cmdRounds},
	})
}

// rounds: the test itself.
func (s *story) cmdRounds(ts *testscript.TestScript, _ bool, _ []string) {
	load := loadtest.Start(s.t.Context(), loadtest.Config{
		URL: "http://" + s.proxy.Config.Bind[0] + "/count", Rate: chaosRate, Stay: time.Second, TTL: 4 * time.Second,
	})
	defer load.Stop()
	for round := range chaosRounds {
		if rand.IntN(2) == 0 { // else the next command meets what was left
			_ = ts.Exec("haddock", "resume", "--wait", "4s")
		}
		args := s.anyCommand(ts, round)
		s.cmdStart(ts, false, append([]string{"it", "haddock"}, args...))
		cmd := s.running["it"]
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Duration(rand.Int64N(int64(5 * time.Second)))):
			_ = cmd.Process.Kill()
			<-ended
		}
		if round%7 == 6 {
			s.proxy.Reload()
		}
		s.t.Logf("%d: haddock %v: %v", round, args, cmd.ProcessState)
	}
	for range 20 { // what drains has its time, what was paused is promoted
		_ = ts.Exec("haddock", "promote", "--wait", "20s")
		ts.Check(ts.Exec("haddock", "resume", "--wait", "20s"))
		if list, err := s.host.Instances(s.t.Context(), s.key); err == nil && len(list) == 1 {
			break
		}
	}
	ts.Check(ts.Exec("haddock", "status"))
	s.t.Log(ts.ReadFile("stdout"))
	report := load.Stop()
	s.t.Logf("%s", report)
	if !report.Clean() || len(report.Versions()) < 3 {
		ts.Fatalf("users have noticed, or too little was tried")
	}
}

func (s *story) anyCommand(ts *testscript.TestScript, round int) []string {
	switch kind := rand.IntN(9); kind {
	case 0, 1, 2, 3:
		version := fmt.Sprintf("c%d", round)
		s.cmdRelease(ts, false, []string{version})
		return []string{"deploy", "--release", version + ".json", "--pause-at", fmt.Sprint([]int{0, 0, 10, 30}[kind])}
	case 4, 5:
		return []string{"promote"}
	case 6:
		return []string{"rollback"}
	default:
		return []string{"resume"}
	}
}
