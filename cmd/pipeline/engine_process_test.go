//go:build integration

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a story waits for what must happen in the end; a busy
// machine is slow.
const patience = 40 * time.Second

// status N program...: runs the program and wants exactly this exit status.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status number program...")
	}
	wantStatus(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func wantStatus(ts *testscript.TestScript, want string, err error) {
	got := "0"
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		got = exit.String()
	case errors.As(err, &exit):
		got = strconv.Itoa(exit.ExitCode())
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %s, want %s", got, want)
	}
}

// A process is a program in the background.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr safeBuffer
	done           chan struct{}
	err            error
}

// safeBuffer may be read while it is written.
type safeBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start NAME program...: starts the program in the background.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start name program...")
	}
	path, err := lookPath(ts, args[1])
	ts.Check(err)
	p := &process{cmd: exec.Command(path, args[2:]...), done: make(chan struct{})}
	p.cmd.Args[0], p.cmd.Dir, p.cmd.Env = args[1], ts.MkAbs("."), environOf(ts)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	ts.Check(p.cmd.Start())
	storyOf(ts).running[args[0]] = p
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	ts.Defer(func() { _ = p.cmd.Process.Kill(); <-p.done })
}

// environOf is the story's environment; testscript does not hand it out.
func environOf(ts *testscript.TestScript) []string {
	ts.Check(ts.Exec("sh", "-c", `env -0 >"$TMPDIR/environment"`))
	text := ts.ReadFile(filepath.Join(ts.Getenv("TMPDIR"), "environment"))
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
}

func lookPath(ts *testscript.TestScript, program string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", program, exec.ErrNotFound)
}

func runningNamed(ts *testscript.TestScript, name string) *process {
	p := storyOf(ts).running[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

// signal NAME SIGNAL: sends a signal to a program in the background.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL,
	}
	if neg || len(args) != 2 || signals[args[1]] == 0 {
		ts.Fatalf("usage: signal name HUP|INT|QUIT|TERM|KILL")
	}
	ts.Check(runningNamed(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

// ends NAME STATUS [LIMIT]: waits for the end of a program in the background,
// whose output then is stdout and stderr.
func cmdEnds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ends name status [limit]")
	}
	p := runningNamed(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(limit(ts, args[2:], patience)):
		ts.Fatalf("%s still runs\n%s%s", args[0], &p.stdout, &p.stderr)
	}
	fmt.Fprint(ts.Stdout(), &p.stdout)
	fmt.Fprint(ts.Stderr(), &p.stderr)
	wantStatus(ts, args[1], p.err)
}

// limit is the time that a story gives, which a machine keeps that is not busy:
// make bench-stop holds it to that. One that runs other suites beside this one
// may take two and a half times as long: two seconds after Bamboo's first signal
// become the five after which its next one comes.
func limit(ts *testscript.TestScript, args []string, otherwise time.Duration) time.Duration {
	if len(args) == 0 {
		return otherwise
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	if os.Getenv("STORY_LIMITS") == "exact" {
		return d
	}
	return d * 5 / 2
}

// await FILE [TEXT]: waits until the file is there, and holds the text.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: await file [text]")
	}
	there := func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && (len(args) == 1 || strings.Contains(string(text), args[1]))
	}
	if !within(patience, there) {
		for name, p := range storyOf(ts).running {
			ts.Logf("%s said\n%s%s", name, &p.stdout, &p.stderr)
		}
		ts.Fatalf("no %s", strings.Join(args, " with "))
	}
}

// no-database LIMIT: all containers of the story's builds are gone, or go
// within the limit.
func cmdNoDatabase(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	var left []string
	gone := func() bool {
		found, err := s.containers()
		ts.Check(err)
		left = nil
		for _, c := range found {
			left = append(left, c.ID[:12]+" "+c.Status)
		}
		return len(found) == 0
	}
	if neg {
		if gone() {
			ts.Fatalf("there is no database")
		}
		return
	}
	if !within(limit(ts, args, 0), gone) {
		ts.Fatalf("left behind: containers %v", left)
	}
}

// nothing-left [LIMIT]: no container, no process and no watchdog of the story's
// builds is left, or goes within the limit; and no half-written file.
func cmdNothingLeft(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: nothing-left [limit]")
	}
	cmdNoDatabase(ts, false, args)
	s := storyOf(ts)
	var left map[int]string
	if !within(limit(ts, args, 0), func() bool { left = s.processes(); return len(left) == 0 }) {
		ts.Fatalf("left behind: processes %v", left)
	}
	err := filepath.WalkDir(ts.MkAbs("."), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.Contains(filepath.Base(path), ".tmp-") {
			return fmt.Errorf("half-written: %s", path)
		}
		return nil
	})
	ts.Check(err)
}

// processes are those that carry the story's mark, and watchdogs of its runs:
// their command lines by number.
func (s *story) processes() map[int]string {
	found := map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		env, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		pid, numberErr := strconv.Atoi(entry.Name())
		if err != nil || numberErr != nil || pid == os.Getpid() {
			continue
		}
		text := "\x00" + string(env)
		if strings.Contains(text, "\x00STORY="+s.key) || strings.Contains(text, "\x00PIPELINE_WATCHDOG="+s.key) {
			line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
			found[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return found
}

// as-nobody STATUS program...: runs the program as a user who owns nothing,
// with an engine's socket that lets nobody in.
func cmdAsNobody(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: as-nobody status program...")
	}
	dir, err := os.MkdirTemp("", "pipeline-nobody-") // the story's own folder may not be entered by others
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "docker.sock"))
	ts.Check(err)
	defer listener.Close()
	ts.Check(os.Chmod(filepath.Join(dir, "docker.sock"), 0))
	path, err := lookPath(ts, args[1])
	ts.Check(err)
	ts.Check(ts.Exec("cp", path, "pipeline.yaml", dir))
	cmd := exec.Command(filepath.Join(dir, args[1]), args[2:]...)
	cmd.Dir, cmd.Env = dir, append(environOf(ts), "DOCKER_HOST=unix://"+filepath.Join(dir, "docker.sock"), "HOME="+dir, "GOCOVERDIR=")
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		ts.Check(os.Chown(dir, nobody, nobody))
	}
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	wantStatus(ts, args[0], cmd.Run())
}

// mounted STATUS OPTIONS program...: runs the program while .pipeline is a file
// system in memory with these mount options, in a mount namespace of its own
// that ends with it. It leaves the names of the files there in mounted.txt.
func cmdMounted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: mounted status options program...")
	}
	ts.Check(os.MkdirAll(ts.MkAbs(".pipeline"), 0o755))
	script := `mount -t tmpfs -o "$1" story .pipeline; shift; s=0; "$@" || s=$?; find .pipeline >mounted.txt; exit $s`
	cmd := exec.Command("sh", append([]string{"-euc", script, "sh"}, args[1:]...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environOf(ts)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	}
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	wantStatus(ts, args[0], cmd.Run())
}

// kill-containers: the story's databases die, as by the kernel's hand.
func cmdKillContainers(ts *testscript.TestScript, neg bool, _ []string) {
	if neg {
		ts.Fatalf("usage: kill-containers")
	}
	found, err := storyOf(ts).containers()
	ts.Check(err)
	for _, c := range found {
		ts.Check(ts.Exec("docker", "kill", c.ID))
	}
}

// kill-everything: all processes of the story end at once, watchdogs too, as
// when a CI agent takes the whole machine away.
func cmdKillEverything(ts *testscript.TestScript, neg bool, _ []string) {
	if neg {
		ts.Fatalf("usage: kill-everything")
	}
	s := storyOf(ts)
	ended := within(patience, func() bool {
		for _, pid := range slices.Sorted(maps.Keys(s.processes())) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		return len(s.processes()) == 0
	})
	if !ended {
		ts.Fatalf("still there: %v", s.processes())
	}
}
