package watchdog_test

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/watchdog"
)

// An owner is a process with a watchdog, and with a test process that ignores
// QUIT and TERM, has a child with an empty environment and one in another
// session.
type owner struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	stdout   *bufio.Reader
	runID    string
	log      string
	watchdog command.Process
	tests    command.Process
}

// startOwner starts an owner in a process group of its own.
func startOwner(t *testing.T, deadline string) *owner {
	t.Helper()
	o := &owner{runID: "watchdog-test-" + strings.ToLower(rand.Text()[:10]), log: filepath.Join(t.TempDir(), "watchdog.log")}
	o.cmd = exec.Command(os.Args[0], "owner", o.runID, o.log, deadline)
	o.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if o.stdin, err = o.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := o.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	o.stdout = bufio.NewReader(stdout)
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = o.cmd.Process.Kill()
		_ = o.cmd.Wait()
		watchdog.Dismiss(t.Context(), o.runID)
		command.KillMarked(watchdog.RunIDVariable + "=" + o.runID)
		if o.tests.PID > 0 {
			command.KillGroup(o.tests)
		}
	})
	o.watchdog, o.tests = o.read(t, "watchdog"), o.read(t, "tests")
	return o
}

func (o *owner) read(t *testing.T, word string) command.Process {
	t.Helper()
	line, err := o.stdout.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var p command.Process
	if _, err := fmt.Sscanf(line, word+" %d %s", &p.PID, &p.Start); err != nil {
		t.Fatalf("owner said %q, want %s", line, word)
	}
	return p
}

func (o *owner) tell(t *testing.T, words string) {
	t.Helper()
	if _, err := io.WriteString(o.stdin, words+"\n"); err != nil {
		t.Fatal(err)
	}
}

func TestADoneRunLeavesNoWatchdog(t *testing.T) {
	o := startOwner(t, "")
	o.tell(t, "done")
	wantGone(t, "watchdog", o.watchdog)
	if _, err := os.Stat(o.log); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it wrote a log although it had nothing to do: %v", err)
	}
}

func TestTheWatchdogIsNoDescendantAndHoldsNothingOfItsOwner(t *testing.T) {
	o := startOwner(t, "")
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(o.watchdog.PID) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after) // state, parent, group, session
	for p := fields[1]; p != "0" && p != "1"; p = parentOf(t, p) {
		if p == strconv.Itoa(o.cmd.Process.Pid) || p == strconv.Itoa(os.Getpid()) {
			t.Errorf("the watchdog descends from %s", p)
		}
	}
	if self := strconv.Itoa(o.watchdog.PID); fields[2] != self || fields[3] != self {
		t.Errorf("group and session = %s, %s, want its own, %s", fields[2], fields[3], self)
	}
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(o.watchdog.PID) + "/environ")
	if err != nil || strings.Contains(string(environ), watchdog.RunIDVariable+"=") {
		t.Errorf("environment %q, %v, want no mark of the run", environ, err)
	}
	for fd := range 3 {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", o.watchdog.PID, fd))
		if err != nil || target != "/dev/null" {
			t.Errorf("descriptor %d is %s, %v, want /dev/null", fd, target, err)
		}
	}
	if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", o.watchdog.PID)); err != nil || dir != "/" {
		t.Errorf("working folder = %s, %v, want /", dir, err)
	}
}

func TestADescriptorInheritedByTheOwnerIsNotKept(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	id := "watchdog-test-" + strings.ToLower(rand.Text()[:10])
	// A shell hands descriptor 9 on, as an agent might.
	cmd := exec.Command("sh", "-c", `exec 9>&3; exec "$0" owner "$1" "" ""`, os.Args[0], id)
	cmd.ExtraFiles = []*os.File{w}
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() { watchdog.Dismiss(t.Context(), id) })
	lines := bufio.NewReader(stdout)
	for _, word := range []string{"watchdog ", "tests "} {
		if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, word) {
			t.Fatalf("owner said %q, %v", line, err)
		}
	}
	_ = cmd.Process.Kill() // its test processes hold the descriptor by right, and end now
	_ = stdin.Close()
	_ = cmd.Wait()
	if err := r.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		t.Errorf("the descriptor is still held: %v", err)
	}
}

func TestAKilledOwnersProcessesAreKilled(t *testing.T) {
	o := startOwner(t, "")
	marked := awaitMarked(t, o.runID, 2)
	if err := syscall.Kill(-o.cmd.Process.Pid, syscall.SIGKILL); err != nil { // as an agent does: the whole group
		t.Fatal(err)
	}
	_ = o.cmd.Wait()
	wantGone(t, "test process", o.tests)
	for _, p := range marked {
		wantGone(t, "a child of the tests", p)
	}
	deadline := time.Now().Add(30 * time.Second)
	for groupLives(o.tests.PID) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if groupLives(o.tests.PID) {
		t.Error("the child with an empty environment lives")
	}
}

func TestStdoutOfAKilledOwnerEnds(t *testing.T) {
	o := startOwner(t, "")
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := io.ReadAll(o.stdout); ended <- err }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("someone still holds the owner's stdout")
	}
}

func TestSignalsDoNotEndTheWatchdogOfALivingOwner(t *testing.T) {
	o := startOwner(t, "")
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		o.watchdog.Signal(sig)
	}
	// It still works: only a living watchdog kills the tests.
	if err := o.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, "test process", o.tests)
}

func TestTheDeadlineEndsTheTestsOfALivingOwner(t *testing.T) {
	o := startOwner(t, time.Now().Add(300*time.Millisecond).Format(time.RFC3339Nano))
	wantGone(t, "test process", o.tests)
	log := readLog(t, o.log)
	if !strings.Contains(log, "run "+o.runID+": its deadline has passed") {
		t.Errorf("log = %q", log)
	}
}

func TestAHandedOverWatchdogWatchesTheOtherProcess(t *testing.T) {
	parent := exec.Command("sleep", "600")
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Wait() }()
	p, err := command.Identify(parent.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	o := startOwner(t, "")
	o.tell(t, fmt.Sprintf("hand-over %d %s", p.PID, p.Start))
	if err := o.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if o.watchdog.Gone() {
		t.Fatal("the watchdog ended with its first owner")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(readLog(t, o.log), fmt.Sprintf("process %d, which needed it, is gone", p.PID)) {
		if time.Now().After(deadline) {
			t.Fatalf("log = %q", readLog(t, o.log))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAWatchdogWithoutAnOwnerIsDismissed(t *testing.T) {
	o := startOwner(t, "")
	o.tell(t, "hand-over 0 -")
	if err := o.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !watchdog.Dismiss(t.Context(), o.runID) {
		t.Error("no watchdog was found")
	}
	wantGone(t, "watchdog", o.watchdog)
	if watchdog.Dismiss(t.Context(), o.runID) {
		t.Error("a second one was found")
	}
	if _, err := os.Stat(o.log); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it cleaned up although it was dismissed: %v", err)
	}
}

func TestStartFailsInAProgramThatIsNotAWatchdog(t *testing.T) {
	for name, cfg := range map[string]watchdog.Config{
		"no run id":     {},
		"no program":    {RunID: "x", Program: "/none"},
		"other program": {RunID: "x", Program: "/bin/false"},
	} {
		if _, err := watchdog.Start(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "start watchdog: ") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// patience is for a machine that is busy; what is awaited takes a moment.
const patience = 30 * time.Second

func wantGone(t *testing.T, what string, p command.Process) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !p.Gone() {
		if time.Now().After(deadline) {
			t.Fatalf("%s %d lives after %v", what, p.PID, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func awaitMarked(t *testing.T, runID string, n int) []command.Process {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		found := command.FindMarked(watchdog.RunIDVariable + "=" + runID)
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d processes of the run, want %d", len(found), n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// groupLives looks for a member of the group that is no zombie.
func groupLives(pgid int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, _ := os.ReadFile(path)
		_, after, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(after); len(f) > 2 && f[2] == strconv.Itoa(pgid) && f[0] != "Z" {
			return true
		}
	}
	return false
}

func parentOf(t *testing.T, pid string) string {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(after)[1]
}

func readLog(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}
