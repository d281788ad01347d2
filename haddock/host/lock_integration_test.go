//go:build integration

package host_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
)

// asHolder tells the test binary to take a lock, say so and wait.
const asHolder = "HOSTTEST_HOLD"

func TestMain(m *testing.M) {
	if name := os.Getenv(asHolder); name != "" {
		os.Exit(hold(name))
	}
	if args := os.Getenv(asWriter); args != "" {
		panic(write(args))
	}
	os.Exit(m.Run())
}

// hold takes the lock of a service and keeps it until stdin ends; it is not
// given back, as by a process that was killed.
func hold(service string) int {
	ctx := context.Background()
	h, err := host.Connect(ctx, host.Target{})
	if err != nil {
		println(err.Error())
		return 1
	}
	_, err = h.Lock(ctx, host.Key{Service: service, Env: "test"}, self(os.Getenv(asHolder)), 0)
	if held, ok := errors.AsType[*host.HeldError](err); ok {
		os.Stdout.WriteString("held by " + held.Owner.By + "\n")
		return 0
	}
	if err != nil {
		println(err.Error())
		return 1
	}
	os.Stdout.WriteString("locked\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func self(by string) host.Owner {
	owner, err := host.Self(by, "deploy 1.4.0")
	if err != nil {
		panic(err)
	}
	return owner
}

// startHolder runs this test as another process that asks for the lock, and
// returns what it says. The process lives until stop.
func startHolder(t *testing.T, key host.Key) (said string, stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asHolder+"="+key.Service)
	cmd.Stderr = os.Stderr
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
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = stdin.Close()
	})
	t.Cleanup(stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process: %v", err)
	}
	return strings.TrimSpace(line), stop
}

func TestOneOfTenGetsTheLock(t *testing.T) {
	h, key := connect(t), newKey(t)
	// All ten find out that there is no image. Somebody else may hold a lock, and
	// then it stays.
	_, _ = enginetest.Client(t).ImageRemove(t.Context(), "haddock-lock:1", image.RemoveOptions{})
	var got, held atomic.Int32
	var winner atomic.Pointer[host.Lock]
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			lock, err := h.Lock(t.Context(), key, self("anna"), 0)
			other, isHeld := errors.AsType[*host.HeldError](err)
			switch {
			case err == nil:
				got.Add(1)
				winner.Store(lock)
			case isHeld && other.Owner.By == "anna" && other.Owner.Process.PID == os.Getpid() && time.Since(other.Since) < time.Minute:
				held.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got.Load() != 1 || held.Load() != 9 {
		t.Fatalf("%d got it, %d were told that it is held, want 1 and 9", got.Load(), held.Load())
	}
	lock := winner.Load()
	if err := errors.Join(lock.Check(t.Context()), lock.Release(t.Context()), lock.Release(t.Context())); err != nil {
		t.Error(err)
	}
	if err := lock.Check(t.Context()); err == nil {
		t.Error("a lock that was given back is still held")
	}
	if _, ok, err := h.Holder(t.Context(), key); ok || err != nil {
		t.Errorf("after the release: held %v, %v", ok, err)
	}
}

func TestOneOfTenProcessesGetsTheLockAndItsDeathFreesIt(t *testing.T) {
	h, key := connect(t), newKey(t)
	said, stops := make([]string, 10), make([]func(), 10)
	var all sync.WaitGroup
	for i := range said {
		all.Go(func() { said[i], stops[i] = startHolder(t, key) })
	}
	all.Wait()
	winner := slices.Index(said, "locked")
	losers := 0
	for _, text := range said {
		if text == "held by "+key.Service {
			losers++
		}
	}
	if winner < 0 || losers != 9 {
		t.Fatalf("the processes say %q", said)
	}
	_, err := h.Lock(t.Context(), key, self("anna"), 0)
	held, ok := errors.AsType[*host.HeldError](err)
	if !ok || !strings.Contains(err.Error(), key.Service+".test is locked by "+key.Service+" on ") || held.Owner.Doing != "deploy 1.4.0" {
		t.Fatalf("while it lives: %v", err)
	}
	stops[winner]()
	// Three at once want to inherit; one may.
	var got atomic.Int32
	for range 3 {
		all.Go(func() {
			_, err := h.Lock(t.Context(), key, self("ben"), 0)
			if err == nil {
				got.Add(1)
			} else if _, ok := errors.AsType[*host.HeldError](err); !ok {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if owner, ok, err := h.Holder(t.Context(), key); got.Load() != 1 || !ok || owner.By != "ben" || err != nil {
		t.Errorf("after its death %d took it over; holder %v, %v, %v", got.Load(), owner, ok, err)
	}
}

func TestALockOfAnotherHostIsNotTakenOver(t *testing.T) {
	h, key := connect(t), newKey(t)
	elsewhere := self("carl")
	elsewhere.Host += "-elsewhere"
	elsewhere.Process = command.Process{PID: 1 << 22, Start: "never"}
	if _, err := h.Lock(t.Context(), key, elsewhere, 0); err != nil {
		t.Fatal(err)
	}
	_, err := h.Lock(t.Context(), key, self("anna"), 0)
	if held, ok := errors.AsType[*host.HeldError](err); !ok || held.Owner.Host != elsewhere.Host {
		t.Fatalf("err = %v, want it held", err)
	}
	owner, ok, err := h.BreakLock(t.Context(), key)
	if err != nil || !ok || owner.By != "carl" {
		t.Errorf("broke the lock of %v, %v, %v", owner, ok, err)
	}
	if _, err := h.Lock(t.Context(), key, self("anna"), 0); err != nil {
		t.Error(err)
	}
}

func TestLockWaitEndsWithTheLockTheTimeOrTheContext(t *testing.T) {
	h, key := connect(t), newKey(t)
	first, err := h.Lock(t.Context(), key, self("anna"), 0)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_, err = h.Lock(t.Context(), key, self("ben"), 300*time.Millisecond)
	if _, held := errors.AsType[*host.HeldError](err); !held || time.Since(begin) < 300*time.Millisecond || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	if _, err = h.Lock(ctx, key, self("ben"), time.Minute); !errors.Is(err, why) {
		t.Errorf("err = %v, want %v", err, why)
	}
	got := make(chan error, 1)
	go func() {
		_, err := h.Lock(t.Context(), key, self("ben"), time.Minute)
		got <- err
	}()
	if err := first.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestALockIsNoInstance(t *testing.T) {
	h, key := connect(t), newKey(t)
	if _, err := h.Lock(t.Context(), key, self("anna"), 0); err != nil {
		t.Fatal(err)
	}
	if list, err := h.Instances(t.Context(), key); err != nil || len(list) != 0 {
		t.Errorf("instances: %+v, %v", list, err)
	}
}
