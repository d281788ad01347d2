package watchdog

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/haddock-ci/pipeline/internal/command"
)

// dispatches remembers that this program can be its own watchdog. Without it,
// a program that does not know the hidden argument would start itself for ever.
var dispatches atomic.Bool //nolint:gochecknoglobals // a fact about the program, set once in main

// Dispatch must be the first thing in main (and in TestMain of tests that start
// a watchdog). When args, os.Args without the program's name, are a watchdog's,
// it does the watchdog's work and returns its exit status and true.
func Dispatch(args []string) (status int, mine bool) {
	dispatches.Store(true)
	if len(args) == 0 || args[0] != Name {
		return 0, false
	}
	return Main(args[1:]), true
}

// Main is the watchdog process itself; args are those behind its name.
// Descriptor 3 takes the news that it is up, 4 brings the owner's words.
func Main(args []string) int {
	up, control := os.NewFile(3, "up"), os.NewFile(4, "control")
	if len(args) == 0 || up == nil || control == nil {
		return 2
	}
	command.KeepDescriptors()
	j, err := parseJob(args[1:])
	if err == nil {
		switch args[0] {
		case stageLaunch:
			err = relaunch(j, up, control)
		case stageGuard:
			err = guard(j, up, control)
		default:
			err = fmt.Errorf("unknown stage %s", args[0])
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(up, err) // nobody else listens
		return 1
	}
	return 0
}

// relaunch starts the watchdog proper and ends, which leaves it to init.
func relaunch(j job, up, control *os.File) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := os.Stat(program); err != nil {
		program = "/proc/self/exe"
	}
	_, err = command.Detached{
		Path: program, Args: j.args(stageGuard), Env: os.Environ(), Files: []*os.File{up, control},
	}.Start()
	return err
}
