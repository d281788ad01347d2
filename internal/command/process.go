package command

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// A Process names one process for good: its number may be used again, its
// number and start together are not. Start is opaque; it says on which boot,
// in which process namespace and when.
type Process struct {
	PID   int
	Start string
}

// Self is the calling process.
func Self() (Process, error) { return Identify(os.Getpid()) }

// Identify looks up a running process.
func Identify(pid int) (Process, error) {
	start, _, err := processStart(pid)
	if err != nil {
		return Process{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	return Process{PID: pid, Start: start}, nil
}

// Gone reports whether the process has certainly ended. A zombie has ended. A
// process that lives in another process namespace cannot be seen from here
// and is not gone.
func (p Process) Gone() bool {
	if p.PID <= 0 || p.Start == "" {
		return false
	}
	if same, elsewhere := sameSystem(p.Start); !same {
		return !elsewhere
	}
	start, zombie, err := processStart(p.PID)
	if err != nil {
		return isNoProcess(err)
	}
	return zombie || start != p.Start
}

// Name is the name of the program that the process runs, such as java; empty
// when there is no such process.
func (p Process) Name() string { return processName(p.PID) }

// Signal sends a signal, unless the process is certainly gone.
func (p Process) Signal(sig syscall.Signal) {
	if p.PID > 1 && !p.Gone() {
		_ = syscall.Kill(p.PID, sig)
	}
}

// FindMarked lists the processes that were started with this entry, such as
// PIPELINE_RUN_ID=abc, in their environment. It never lists the caller, and
// sees only processes of the same user.
func FindMarked(entry string) []Process {
	var found []Process
	for _, pid := range processIDs() {
		if pid == os.Getpid() || pid <= 1 || !environHas(pid, entry) {
			continue
		}
		start, zombie, err := processStart(pid)
		if err == nil && !zombie {
			found = append(found, Process{PID: pid, Start: start})
		}
	}
	return found
}

// KillMarked kills all processes that carry the entry, also those they start
// meanwhile. It gives up after a moment, and returns how many it killed.
func KillMarked(entry string) int {
	seen := map[Process]bool{}
	waitUntil(time.Now().Add(goneWait), nil, func() bool {
		found := FindMarked(entry)
		for _, p := range found {
			seen[p] = true
			p.Signal(syscall.SIGKILL)
		}
		return len(found) == 0
	})
	return len(seen)
}

// KillGroup kills the process group that p leads or once led.
func KillGroup(p Process) {
	if len(groupMembers(p.PID)) == 0 {
		return
	}
	if start, _, err := processStart(p.PID); err == nil && start != p.Start {
		return // the number belongs to someone else now
	}
	_ = syscall.Kill(-p.PID, syscall.SIGKILL)
}
