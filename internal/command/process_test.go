package command_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

func TestAProcessIsGoneOnceItHasEnded(t *testing.T) {
	self, err := command.Self()
	if err != nil || self.PID != os.Getpid() || self.Gone() {
		t.Fatalf("self = %+v, %v, gone %v", self, err, self.Gone())
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := command.Identify(cmd.Process.Pid)
	if err != nil || p.Gone() {
		t.Errorf("running: %+v, %v, gone %v", p, err, p.Gone())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for !p.Gone() && time.Now().Before(deadline) { // a zombie counts as gone
		time.Sleep(time.Millisecond)
	}
	if !p.Gone() {
		t.Error("a killed process that nobody waited for is not gone")
	}
	_ = cmd.Wait()
	if !p.Gone() {
		t.Error("a process that was waited for is not gone")
	}
}

func TestOnlyCertaintyCountsAsGone(t *testing.T) {
	self, err := command.Self()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(self.Start, ".")
	for name, tc := range map[string]struct {
		p    command.Process
		gone bool
	}{
		"zero value":       {command.Process{}, false},
		"other start":      {command.Process{PID: self.PID, Start: self.Start + "1"}, true},
		"earlier boot":     {command.Process{PID: self.PID, Start: "00000000." + strings.Join(parts[1:], ".")}, true},
		"other namespace":  {command.Process{PID: 4000000, Start: parts[0] + ".1." + parts[len(parts)-1]}, false},
		"no such process":  {command.Process{PID: 4194300, Start: self.Start}, true},
		"without a number": {command.Process{Start: self.Start}, false},
	} {
		if got := tc.p.Gone(); got != tc.gone {
			t.Errorf("%s: gone = %v, want %v", name, got, tc.gone)
		}
	}
}

func TestMarkedProcessesAreFoundAndKilledAnywhere(t *testing.T) {
	mark := "PIPELINE_RUN_ID=" + rand.Text() // other runs of this test are not ours to kill
	cmd := exec.Command("sh", "-c", "setsid sleep 60 & setsid sleep 61 & wait")
	cmd.Env = append(os.Environ(), mark)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for len(command.FindMarked(mark)) < 3 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := command.KillMarked(mark); n < 3 {
		t.Errorf("killed %d, want 3", n)
	}
	_ = cmd.Wait()
	if left := command.FindMarked(mark); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if found := command.FindMarked(mark + "x"); len(found) != 0 {
		t.Errorf("found by a longer mark: %v", found)
	}
}

func TestAGroupIsKilledOnlyWhileItsNumberIsItsOwn(t *testing.T) {
	done := make(chan error, 1)
	leaders := make(chan command.Process, 1)
	go func() {
		done <- command.Command{Shell: "sleep 60", OnStart: func(p command.Process) { leaders <- p }}.Run(t.Context())
	}()
	leader := <-leaders
	command.KillGroup(command.Process{PID: leader.PID, Start: leader.Start + "9"})
	if leader.Gone() {
		t.Error("a group was killed under a number that belongs to someone else")
	}
	command.KillGroup(leader)
	if err := <-done; err == nil {
		t.Error("the group lives")
	}
}
