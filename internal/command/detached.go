package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Detached is a program to start away from us: in a session of its own, in
// the root folder, with nothing on its standard streams.
type Detached struct {
	Path  string
	Args  []string // without the program's name
	Env   []string // the whole environment
	Files []*os.File
}

// Start starts the program; Files are its descriptors 3 and up. The caller
// must wait for what it returns, or end soon itself.
func (d Detached) Start() (*os.Process, error) {
	cmd := &exec.Cmd{
		Path: d.Path, Args: append([]string{filepath.Base(d.Path)}, d.Args...), Dir: "/",
		Env: append([]string{}, d.Env...), ExtraFiles: d.Files,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s in the background: %w", filepath.Base(d.Path), err)
	}
	return cmd.Process, nil
}

// KeepDescriptors makes sure that no program started from now on inherits a
// descriptor that this process itself has inherited, such as the pipe of a CI
// agent's log beside the standard streams.
func KeepDescriptors() {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
				unix.CloseOnExec(fd)
			}
		}
		return
	}
}
