package watchdog

import (
	"errors"
	"flag"
	"io"
	"strconv"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
)

// Name is the hidden first argument of a program that is its own watchdog.
const Name = "__watchdog"

// The stages of getting away from the owner.
const (
	stageLaunch = "launch"
	stageGuard  = "guard"
)

// The words on the two pipes between owner and watchdog.
const (
	wordUp    = "up"
	wordGroup = "group" // <pid> <start>: kill this process group as well
	wordWatch = "watch" // <pid> <start>: this is the owner now
	wordDone  = "done"
)

// A job is what a watchdog is told on its command line. No secrets.
type job struct {
	runID    string
	owner    command.Process
	deadline time.Time
	log      string
}

func (j job) args(stage string) []string {
	args := []string{
		Name, stage, "-run-id", j.runID,
		"-owner", strconv.Itoa(j.owner.PID), "-owner-start", j.owner.Start,
	}
	if !j.deadline.IsZero() {
		args = append(args, "-deadline", j.deadline.UTC().Format(time.RFC3339Nano))
	}
	if j.log != "" {
		args = append(args, "-log", j.log)
	}
	return args
}

func parseJob(args []string) (job, error) {
	var j job
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&j.runID, "run-id", "", "")
	flags.IntVar(&j.owner.PID, "owner", 0, "")
	flags.StringVar(&j.owner.Start, "owner-start", "", "")
	flags.StringVar(&j.log, "log", "", "")
	flags.Func("deadline", "", func(s string) (err error) {
		j.deadline, err = time.Parse(time.RFC3339Nano, s)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return job{}, err
	}
	if j.runID == "" {
		return job{}, errors.New("no run id is given")
	}
	return j, nil
}
