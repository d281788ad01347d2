package command

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const zombieState = 5 // SZOMB of <sys/proc.h>

var errNoProcess = errors.New("no such process")

func processStart(pid int) (start string, zombie bool, err error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid {
		return "", false, errNoProcess
	}
	system, err := systemID()
	if err != nil {
		return "", false, err
	}
	t := info.Proc.P_starttime
	return fmt.Sprintf("%s.%d%06d", system, t.Sec, t.Usec), info.Proc.P_stat == zombieState, nil
}

func processName(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(info.Proc.P_comm[:])
}

// systemID names the boot.
func systemID() (string, error) {
	boot, err := unix.SysctlRaw("kern.bootsessionuuid")
	if err != nil {
		return "", fmt.Errorf("read boot session: %w", err)
	}
	id, _, _ := strings.Cut(string(bytes.TrimRight(boot, "\x00")), "-")
	return id, nil
}

func sameSystem(start string) (same, elsewhere bool) {
	system, err := systemID()
	if err != nil {
		return false, true
	}
	there, _, _ := strings.Cut(start, ".")
	return there == system, false
}

func isNoProcess(err error) bool { return errors.Is(err, errNoProcess) }

// processIDs lists this user's processes.
func processIDs() []int {
	list, _ := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
	pids := make([]int, 0, len(list))
	for _, p := range list {
		pids = append(pids, int(p.Proc.P_pid))
	}
	return pids
}

// environHas reports whether the process was started with this entry in its
// environment. macOS hides the environment of its own programs.
func environHas(pid int, entry string) bool {
	args, err := unix.SysctlRaw("kern.procargs2", pid)
	return err == nil && bytes.Contains(args, []byte("\x00"+entry+"\x00"))
}

// groupMembers lists the processes of a group that have not ended.
func groupMembers(pgid int) []int {
	list, _ := unix.SysctlKinfoProcSlice("kern.proc.pgrp", pgid)
	var members []int
	for _, p := range list {
		if p.Proc.P_stat != zombieState {
			members = append(members, int(p.Proc.P_pid))
		}
	}
	return members
}
