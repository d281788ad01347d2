package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processStart reads the start time in ticks since boot, which no later
// process with the same number shares.
func processStart(pid int) (start string, zombie bool, err error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false, err
	}
	state, ticks, err := parseStat(stat)
	if err != nil {
		return "", false, err
	}
	system, err := systemID()
	if err != nil {
		return "", false, err
	}
	return system + "." + ticks, state == "Z" || state == "X", nil
}

// parseStat reads fields 3 (state) and 22 (start). The name in field 2 may
// hold blanks and parentheses, so the count begins behind its last one.
func parseStat(stat []byte) (state, ticks string, err error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:]))
	if end < 0 || len(fields) < 20 {
		return "", "", fmt.Errorf("read process state: %d fields after the name, want 20", len(fields))
	}
	return fields[0], fields[19], nil
}

func processName(pid int) string {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// systemID names the boot and the process namespace: a process number means
// something only within both.
func systemID() (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", err
	}
	id, _, _ := strings.Cut(string(boot), "-")
	return id + "." + strings.Trim(space, "pid:[]"), nil
}

// sameSystem reports whether start was taken on this boot and in this process
// namespace; elsewhere means on this boot, but in another namespace.
func sameSystem(start string) (same, elsewhere bool) {
	system, err := systemID()
	if err != nil {
		return false, true
	}
	there, _, _ := cutLast(start, ".")
	if there == system {
		return true, false
	}
	bootHere, _, _ := strings.Cut(system, ".")
	bootThere, _, _ := strings.Cut(start, ".")
	return false, bootHere == bootThere
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func isNoProcess(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// processIDs lists what runs in this process namespace.
func processIDs() []int {
	names, _ := dirNames("/proc")
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func dirNames(path string) ([]string, error) {
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// environHas reports whether the process was started with this entry in its
// environment. Processes of other users cannot be read and answer false.
func environHas(pid int, entry string) bool {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false
	}
	return bytes.HasPrefix(environ, []byte(entry+"\x00")) || bytes.Contains(environ, []byte("\x00"+entry+"\x00"))
}

// groupMembers lists the processes of a group that have not ended.
func groupMembers(pgid int) []int {
	var members []int
	for _, pid := range processIDs() {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue
		}
		end := bytes.LastIndexByte(stat, ')')
		fields := strings.Fields(string(stat[end+1:]))
		if len(fields) > 2 && fields[2] == strconv.Itoa(pgid) && fields[0] != "Z" && fields[0] != "X" {
			members = append(members, pid)
		}
	}
	return members
}
