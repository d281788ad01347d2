package watchdog_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/watchdog"
)

// TestMain makes the test program its own watchdog, and its own owner: a
// process that can be killed.
func TestMain(m *testing.M) {
	if status, mine := watchdog.Dispatch(os.Args[1:]); mine {
		os.Exit(status)
	}
	if len(os.Args) > 2 && os.Args[1] == "owner" {
		os.Exit(own(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// own is a run's owner: it starts the watchdog and a test process, says so on
// stdout, and does what it is told on stdin.
func own(args []string) int {
	cfg := watchdog.Config{RunID: args[0], Log: args[1]}
	if deadline, err := time.Parse(time.RFC3339Nano, args[2]); err == nil {
		cfg.Deadline = deadline
	}
	w, err := watchdog.Start(context.Background(), cfg)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	p := w.Process()
	fmt.Println("watchdog", p.PID, p.Start)
	ready := make(chan command.Process)
	go func() {
		_ = command.Command{
			Shell:   "trap '' QUIT TERM; env -i sh -c 'while :; do sleep 1; done' & setsid sleep 600",
			Env:     append(os.Environ(), watchdog.RunIDVariable+"="+args[0]),
			OnStart: func(p command.Process) { w.Guard(p); ready <- p },
		}.Run(context.Background())
	}()
	p = <-ready
	fmt.Println("tests", p.PID, p.Start)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch word, rest, _ := strings.Cut(in.Text(), " "); word {
		case "done":
			w.Done()
			return 0
		case "hand-over":
			var to command.Process
			_, _ = fmt.Sscan(rest, &to.PID, &to.Start)
			if err := w.HandOver(to); err != nil {
				fmt.Println("error", err)
			}
			return 0
		}
	}
	return 0
}
