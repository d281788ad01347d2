package command

import (
	"fmt"
	"os"
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
