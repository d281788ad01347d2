package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

var errInterrupt = errors.New("interrupt signal received")

func TestOutputIsPassedOnInWholeLines(t *testing.T) {
	var stdout, stderr bytes.Buffer
	var seen []string
	err := command.Command{
		Shell:  `printf 'one\ntw'; printf 'o\nno end'; echo oops >&2`,
		Stdout: &stdout, Stderr: &stderr,
		OnLine: func(s command.Stream, line string) { seen = append(seen, fmt.Sprint(s, line)) },
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := stdout.String(), "one\ntwo\nno end\n"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
	if got, want := stderr.String(), "oops\n"; got != want {
		t.Errorf("stderr = %q, want %q", got, want)
	}
	if len(seen) != 4 {
		t.Errorf("lines = %q, want 4", seen)
	}
}

func TestOneWriterForBothStreamsNeverMixesLines(t *testing.T) {
	var both bytes.Buffer
	loop := `i=0; while [ $i -lt 500 ]; do printf xxxxxxxx; echo xxxxxxxx; i=$((i+1)); done`
	shell := "(" + loop + ") & (" + strings.ReplaceAll(loop, "x", "y") + ") >&2; wait"
	if err := (command.Command{Shell: shell, Stdout: &both, Stderr: &both}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for line := range strings.Lines(both.String()) {
		count[line]++
	}
	want := map[string]int{strings.Repeat("x", 16) + "\n": 500, strings.Repeat("y", 16) + "\n": 500}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("lines = %v, want %v", count, want)
	}
}

func TestAFailedCommandSaysHowItEndedAndItsLastLines(t *testing.T) {
	err := command.Command{Shell: "echo a; echo b; echo c >&2; exit 37", TailLines: 2}.Run(t.Context())
	var exit *command.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("err = %v, want an ExitError", err)
	}
	if exit.Code != 37 || exit.Signal != 0 || len(exit.Tail) != 2 {
		t.Errorf("code, signal, tail = %d, %v, %q", exit.Code, exit.Signal, exit.Tail)
	}
	if got := err.Error(); !strings.HasPrefix(got, "echo a; echo b; echo c >&2; exit 37: exit status 37: ") {
		t.Errorf("error = %q", got)
	}
	err = command.Command{Shell: "kill -9 $$"}.Run(t.Context())
	if !errors.As(err, &exit) || exit.Code != 137 || exit.Signal != syscall.SIGKILL {
		t.Errorf("err = %v (%+v), want ended by KILL", err, exit)
	}
}

func TestSecretsAreMaskedBeforeAnyoneSeesThem(t *testing.T) {
	var out bytes.Buffer
	var line string
	err := command.Command{
		Shell: "echo the password is tiger; exit 1", Stdout: &out,
		Mask:   func(s string) string { return strings.ReplaceAll(s, "tiger", "[secret]") },
		OnLine: func(_ command.Stream, s string) { line = s },
	}.Run(t.Context())
	exit, ok := errors.AsType[*command.ExitError](err)
	if !ok {
		t.Fatalf("err = %v, want an ExitError", err)
	}
	want := "the password is [secret]"
	if out.String() != want+"\n" || line != want || !reflect.DeepEqual(exit.Tail, []string{want}) {
		t.Errorf("out %q, line %q, tail %q, want %q", out.String(), line, exit.Tail, want)
	}
}

func TestTailKeepsTheLastLinesOfMany(t *testing.T) {
	err := command.Command{Shell: "i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; false", TailLines: 3}.Run(t.Context())
	var exit *command.ExitError
	if !errors.As(err, &exit) || !reflect.DeepEqual(exit.Tail, []string{"line 97", "line 98", "line 99"}) {
		t.Errorf("err = %v, tail %q", err, exit.Tail)
	}
}

func TestMissingProgramIsNamedWithItsPath(t *testing.T) {
	env := []string{"PATH=/usr/bin:/bin:/opt/none"}
	for name, c := range map[string]command.Command{
		"program": {Args: []string{"mvn-none", "verify"}, Env: env},
		"shell":   {Shell: "mvn-none verify", Env: env},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.Run(t.Context())
			want := "program mvn-none is not in any folder of PATH (/usr/bin:/bin:/opt/none)"
			if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) || !command.IsNotFound(err) {
				t.Errorf("err = %v, want %s", err, want)
			}
		})
	}
	for name, c := range map[string]command.Command{
		"no such file": {Args: []string{"./mvnw"}, Dir: t.TempDir()},
		"no such dir":  {Args: []string{"true"}, Dir: "/none"},
		"nothing":      {},
	} {
		if err := c.Run(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheProgramIsSearchedInTheCommandsOwnPath(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "own-tool")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho mine $1 in $(pwd)\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := command.Command{Args: []string{"own-tool", "x"}, Env: []string{"PATH=" + dir + ":/bin:/usr/bin"}, Dir: dir}
	out, err := c.Output(t.Context())
	if err != nil || !strings.HasPrefix(string(out), "mine x in ") {
		t.Errorf("output = %q, %v", out, err)
	}
	c.Args = []string{"./own-tool", "y"} // relative to its folder, not to ours
	if out, err := c.Output(t.Context()); err != nil || !strings.HasPrefix(string(out), "mine y in ") {
		t.Errorf("output = %q, %v", out, err)
	}
}

func TestStdinAndEnvironment(t *testing.T) {
	c := command.Command{Shell: `cat; echo "$GREETING"`, Stdin: strings.NewReader("in\n"), Env: []string{"PATH=/bin:/usr/bin", "GREETING=hello"}}
	out, err := c.Output(t.Context())
	if got := string(out); err != nil || got != "in\nhello\n" {
		t.Errorf("output = %q, %v", got, err)
	}
}

func TestACommandThatIgnoresAllSignalsIsKilled(t *testing.T) {
	for name, shell := range map[string]string{
		"itself":       `trap '' QUIT TERM INT HUP; echo ready $$; while :; do sleep 1; done`,
		"grandchild":   `sh -c 'trap "" QUIT TERM; echo ready $$; while :; do sleep 1; done'; echo after`,
		"left group":   `trap '' QUIT TERM; setsid sh -c 'trap "" QUIT TERM; echo ready $$; while :; do sleep 1; done'`,
		"left at once": `setsid sh -c 'trap "" QUIT TERM; echo ready $$; while :; do sleep 1; done' & trap '' QUIT TERM; while :; do sleep 1; done`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			took, pid, err := stopWhenReady(t, command.Command{Shell: shell}, nil)
			var stopped *command.StoppedError
			if !errors.As(err, &stopped) || !errors.Is(err, errInterrupt) {
				t.Errorf("err = %v, want a StoppedError with the cause", err)
			}
			if took > 10*time.Second { // two, on a machine that does nothing else
				t.Errorf("took %v", took)
			}
			wantGone(t, pid)
		})
	}
}

func TestAWellBehavedCommandIsGoneAtOnce(t *testing.T) {
	command.WaitLongAfterTerm(t)
	took, pid, _ := stopWhenReady(t, command.Command{Shell: `echo ready $$; while :; do sleep 0.05; done`}, nil)
	if took > 30*time.Second {
		t.Errorf("took %v: it was killed", took)
	}
	wantGone(t, pid)
}

func TestQuitComesBeforeTerm(t *testing.T) {
	command.WaitLongAfterTerm(t)
	var out bytes.Buffer
	shell := `trap 'echo thread dump' QUIT; trap 'echo got term; exit 0' TERM; echo ready $$; while :; do sleep 0.05; done`
	_, _, err := stopWhenReady(t, command.Command{Shell: shell, Stdout: &out}, nil)
	if _, ok := errors.AsType[*command.StoppedError](err); !ok {
		t.Fatalf("err = %v, want a StoppedError", err)
	}
	if got := out.String(); !strings.Contains(got, "thread dump\ngot term\n") {
		t.Errorf("log = %q, want the thread dump, then the end", got)
	}
}

// A late context has not been cancelled, its time is up.
type late struct{ context.Context }

func (c late) Err() error {
	if c.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestWhenTimeIsUpProcessesAreAskedBeforeTheyGetQuit(t *testing.T) {
	command.WaitLongAfterTerm(t)
	for _, answer := range []bool{true, false} {
		var asked []string
		dump := func(_ context.Context, p command.Process) bool { asked = append(asked, p.Name()); return answer }
		shell := `trap 'echo thread dump' QUIT; trap 'echo got term; exit 0' TERM; echo ready $$; while :; do :; done`
		var out bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := command.Command{Shell: shell, Stdout: &out, Dump: dump, OnLine: func(_ command.Stream, _ string) { cancel() }}.Run(late{ctx})
		if _, ok := errors.AsType[*command.StoppedError](err); !ok {
			t.Fatalf("err = %v, want a StoppedError", err)
		}
		if got := out.String(); strings.Contains(got, "thread dump\n") == answer || !strings.Contains(got, "got term\n") {
			t.Errorf("log = %q; a QUIT: want %v", got, !answer)
		}
		if !reflect.DeepEqual(asked, []string{"sh"}) {
			t.Errorf("asked %q, want the shell alone", asked)
		}
	}
}

func TestHurrySkipsTheWaitForDumps(t *testing.T) {
	hurry := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended error
	dump := func(ctx context.Context, _ command.Process) bool {
		close(hurry)
		<-ctx.Done()
		ended = ctx.Err()
		return false
	}
	c := command.Command{Shell: "echo ready; while :; do :; done", Hurry: hurry, Dump: dump, OnLine: func(_ command.Stream, _ string) { cancel() }}
	err := c.Run(late{ctx})
	if _, ok := errors.AsType[*command.StoppedError](err); !ok || !errors.Is(ended, context.Canceled) {
		t.Errorf("%v; the wait for dumps ended with %v, want it cancelled", err, ended)
	}
}

func TestHurrySkipsTheWaits(t *testing.T) {
	command.WaitLongAfterTerm(t)
	hurry := make(chan struct{})
	close(hurry)
	shell := `trap '' QUIT TERM; echo ready $$; while :; do sleep 1; done`
	took, pid, _ := stopWhenReady(t, command.Command{Shell: shell}, hurry)
	if took > 30*time.Second {
		t.Errorf("took %v, want no waits", took)
	}
	wantGone(t, pid)
}

func TestAChildThatKeepsThePipeOpenDoesNotHoldUs(t *testing.T) {
	begin := time.Now()
	var out bytes.Buffer
	err := command.Command{Shell: `setsid sleep 60 & echo $!; echo last`, Stdout: &out}.Run(t.Context())
	if err != nil || !strings.Contains(out.String(), "last\n") {
		t.Errorf("output = %q, %v", out.String(), err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	var pid int
	if _, err := fmt.Sscan(out.String(), &pid); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestASlowReaderStillGetsEveryLine(t *testing.T) {
	slow := &slowWriter{}
	err := command.Command{Shell: `i=0; while [ $i -lt 800 ]; do echo "a line that the reader takes its time for $i"; i=$((i+1)); done`, Stdout: slow}.Run(t.Context())
	if err != nil || slow.lines != 800 {
		t.Errorf("%d lines, %v, want 800", slow.lines, err)
	}
}

func TestBackgroundProcessesOfTheGroupEndWithTheCommand(t *testing.T) {
	out, err := command.Command{Shell: `sleep 60 & echo $!`}.Output(t.Context())
	var pid int
	if _, scanErr := fmt.Sscan(string(out), &pid); err != nil || scanErr != nil {
		t.Fatal(err, scanErr)
	}
	wantGone(t, pid)
}

func TestATimeoutIsToldFromAnInterrupt(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("build.timeout of 50ms reached"))
	defer cancel()
	err := command.Command{Shell: "sleep 60"}.Run(ctx)
	if err == nil || err.Error() != "sleep 60: stopped: build.timeout of 50ms reached" {
		t.Errorf("err = %v", err)
	}
	if err := (command.Command{Shell: "touch /never"}).Run(ctx); err == nil {
		t.Error("a command started although its context had ended")
	}
}

func TestOnStartNamesTheGroupsLeader(t *testing.T) {
	var leader command.Process
	c := command.Command{Shell: "echo $$; sleep 0.2", OnStart: func(p command.Process) { leader = p }}
	out, err := c.Output(t.Context())
	if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(leader.PID) || !leader.Gone() {
		t.Errorf("leader = %+v, output %q, %v", leader, out, err)
	}
}

// stopWhenReady runs the command, interrupts it once it has said "ready" and
// its number, and says how long the end took.
func stopWhenReady(t *testing.T, c command.Command, hurry chan struct{}) (took time.Duration, pid int, err error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var once sync.Once
	var begin time.Time
	c.Hurry = hurry
	c.OnLine = func(_ command.Stream, line string) {
		if _, scanErr := fmt.Sscanf(line, "ready %d", &pid); scanErr == nil {
			once.Do(func() { begin = time.Now(); cancel(errInterrupt) })
		}
	}
	err = c.Run(ctx)
	return time.Since(begin), pid, err
}

func wantGone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		p, err := command.Identify(pid)
		if err != nil || p.Gone() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

type slowWriter struct{ lines int }

func (w *slowWriter) Write(p []byte) (int, error) {
	w.lines += bytes.Count(p, []byte("\n"))
	time.Sleep(time.Millisecond)
	return len(p), nil
}
