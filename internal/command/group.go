package command

import (
	"context"
	"slices"
	"syscall"
	"time"
)

const (
	quitGrace = 300 * time.Millisecond // for the thread dumps
	dumpGrace = 2 * time.Second        // the same, when time is up and nobody waits for our end
	dumpLimit = 5 * time.Second        // for Command.Dump, for all processes together
	goneWait  = 200 * time.Millisecond // for the kernel after KILL
	tidyGrace = 200 * time.Millisecond
	groupPoll = 20 * time.Millisecond
)

//nolint:gochecknoglobals // tests have more patience
var termGrace = 1200 * time.Millisecond // from TERM to KILL

// A group is all that a command has started: its process group, and what left
// the group but still carries the mark in its environment.
type group struct {
	leader int
	mark   string
	hurry  <-chan struct{}
}

// dump asks what each process is doing, and returns those that have told.
func (g group) dump(ask func(context.Context, Process) bool) (told []int) {
	if ask == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), dumpLimit)
	defer cancel()
	go func() {
		select {
		case <-g.hurry:
			cancel()
		case <-ctx.Done():
		}
	}()
	for _, p := range FindMarked(g.mark) {
		if ask(ctx, p) {
			told = append(told, p.PID)
		}
	}
	return told
}

// stop ends all of it; it returns within dumps + termGrace + goneWait. Those
// that have told what they do get no QUIT.
func (g group) stop(dumps time.Duration, told []int) {
	begin := time.Now()
	for _, pid := range groupMembers(g.leader) {
		if !slices.Contains(told, pid) {
			_ = syscall.Kill(pid, syscall.SIGQUIT)
		}
	}
	if g.endedBy(begin.Add(dumps)) {
		return
	}
	g.signal(syscall.SIGTERM)
	signalAll(FindMarked(g.mark), syscall.SIGTERM)
	if g.endedBy(begin.Add(dumps + termGrace)) {
		return
	}
	g.kill()
}

// tidy ends what a command left in its process group after it ended by
// itself, such as a server in the background of a shell script. What made
// itself a daemon stays.
func (g group) tidy() {
	if len(groupMembers(g.leader)) == 0 {
		return
	}
	g.signal(syscall.SIGTERM)
	deadline := time.Now().Add(tidyGrace)
	if !waitUntil(deadline, g.hurry, func() bool { return len(groupMembers(g.leader)) == 0 }) {
		g.signal(syscall.SIGKILL)
	}
}

func (g group) kill() {
	waitUntil(time.Now().Add(goneWait), nil, func() bool {
		g.signal(syscall.SIGKILL)
		signalAll(FindMarked(g.mark), syscall.SIGKILL)
		return g.ended()
	})
}

func (g group) signal(sig syscall.Signal) { _ = syscall.Kill(-g.leader, sig) }

func (g group) ended() bool {
	return len(groupMembers(g.leader)) == 0 && len(FindMarked(g.mark)) == 0
}

func (g group) endedBy(deadline time.Time) bool { return waitUntil(deadline, g.hurry, g.ended) }

func signalAll(processes []Process, sig syscall.Signal) {
	for _, p := range processes {
		p.Signal(sig)
	}
}

// waitUntil polls for done until the deadline, or until hurry is closed.
func waitUntil(deadline time.Time, hurry <-chan struct{}, done func() bool) bool {
	tick := time.NewTicker(groupPoll)
	defer tick.Stop()
	for {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		select {
		case <-hurry:
			return done()
		case <-tick.C:
		}
	}
}
