package watchdog

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
)

const (
	// ownerPoll is how often the owner is looked for. Its end is usually known
	// earlier, by the end of the control pipe.
	ownerPoll = 200 * time.Millisecond
	// diedPoll is the same once the pipe has ended: the kernel closes it a
	// moment before the process counts as gone.
	diedPoll = 10 * time.Millisecond
	// lastWords is how long a pipe may outlive its owner.
	lastWords = time.Second
	// window is how long the run's things are listed again after a death: the
	// engine may still be creating what it was asked for.
	window = 10 * time.Second
	// patience is how long an engine that does not answer is asked again.
	patience   = 2 * time.Minute
	cleanPoll  = 250 * time.Millisecond
	cleanLimit = 20 * time.Second // for one round
)

// A sentry is a watchdog on guard.
type sentry struct {
	job
	groups    []command.Process
	hungUp    bool // the control pipe has ended
	released  bool // the first owner may end: another, or only the deadline, counts
	goneSince time.Time
}

// guard stays until the owner says that it is done, or is gone.
func guard(j job, up, control *os.File) error {
	// Not all: a SIGKILL meant for us, and a dismissal, must come through.
	signal.Ignore(syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	dismissed := make(chan os.Signal, 1)
	signal.Notify(dismissed, syscall.SIGUSR1)
	self, err := command.Self()
	if err != nil {
		return err
	}
	words := make(chan string)
	go listen(control, words)
	if _, err := fmt.Fprintf(up, "%s %d %s\n", wordUp, self.PID, self.Start); err != nil {
		return err
	}
	if err := up.Close(); err != nil {
		return err
	}
	s := sentry{job: j}
	if reason := s.watch(words, dismissed); reason != "" {
		s.clean(reason)
	}
	return nil
}

// listen passes on the owner's words; the channel is closed at their end.
func listen(control io.Reader, words chan<- string) {
	defer close(words)
	for lines := bufio.NewScanner(control); lines.Scan(); {
		words <- lines.Text()
	}
}

// watch returns why it is time to clean, or nothing when all is well.
func (s *sentry) watch(words <-chan string, dismissed <-chan os.Signal) (reason string) {
	tick := time.NewTicker(ownerPoll)
	defer tick.Stop()
	for {
		select {
		case <-dismissed:
			return ""
		case word, ok := <-words:
			if !ok {
				words = nil
				s.hungUp = true
				if !s.released {
					tick.Reset(diedPoll)
				}
			}
			if s.hear(word) {
				return ""
			}
		case <-tick.C:
		}
		if reason := s.overdue(time.Now()); reason != "" {
			return reason
		}
	}
}

// hear acts on one word of the owner and reports whether it was the last.
func (s *sentry) hear(line string) (done bool) {
	var p command.Process
	word, rest, _ := strings.Cut(line, " ")
	_, _ = fmt.Sscan(rest, &p.PID, &p.Start) // a word that is cut off leaves a process that is never gone
	switch word {
	case wordDone:
		return true
	case wordGroup:
		if p.PID > 1 && p.Start != "" {
			s.groups = append(s.groups, p)
		}
	case wordWatch:
		s.owner, s.released = p, true
	}
	return false
}

// overdue says why it is time to clean.
func (s *sentry) overdue(now time.Time) string {
	// Its last words may still be in the pipe, until that has ended.
	if s.owner.Gone() && (s.hungUp || s.silentFor(lastWords, now)) {
		return fmt.Sprintf("process %d, which needed it, is gone", s.owner.PID)
	}
	if !s.deadline.IsZero() && now.After(s.deadline) {
		return "its deadline has passed"
	}
	return ""
}

// silentFor reports whether the owner has been gone for that long although
// the pipe has not ended, because someone has inherited it.
func (s *sentry) silentFor(d time.Duration, now time.Time) bool {
	if s.goneSince.IsZero() {
		s.goneSince = now
	}
	return now.Sub(s.goneSince) > d
}

// clean ends the run's processes and removes what it has created, again and
// again until nothing more can come.
func (s *sentry) clean(reason string) {
	begin := time.Now()
	s.logf("run %s: %s", s.runID, reason)
	var eng *engine.Engine
	answered := false
	tick := time.NewTicker(cleanPoll)
	defer tick.Stop()
	for {
		s.killProcesses()
		eng, answered = s.removeAll(eng, answered)
		if age := time.Since(begin); age > patience || (answered && age > window) {
			break
		}
		<-tick.C
	}
	if eng != nil {
		_ = eng.Close()
	}
	if !answered {
		s.logf("run %s: gave up: the docker engine did not answer for %v", s.runID, patience)
	}
}

func (s *sentry) killProcesses() {
	for _, leader := range s.groups {
		command.KillGroup(leader)
	}
	if s.released { // who uses a database that outlives its starter was not started by us
		return
	}
	if n := command.KillMarked(RunIDVariable + "=" + s.runID); n > 0 {
		s.logf("run %s: killed %d processes", s.runID, n)
	}
}

// removeAll is one round. It reports whether the engine has ever answered.
func (s *sentry) removeAll(eng *engine.Engine, answered bool) (*engine.Engine, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanLimit)
	defer cancel()
	if eng == nil {
		var err error
		if eng, err = engine.Connect(ctx); err != nil {
			s.logf("run %s: %v", s.runID, err)
			return nil, answered
		}
	}
	removed, err := eng.RemoveByLabel(ctx, map[string]string{engine.LabelRunID: s.runID})
	if !removed.Empty() {
		s.logf("run %s: removed %s", s.runID, removed)
	}
	if err != nil {
		s.logf("run %s: %v", s.runID, err)
		return eng, answered
	}
	return eng, true
}

// logf appends a line to the log, if there is one and its folder still exists.
func (s *sentry) logf(format string, args ...any) {
	if s.log == "" {
		return
	}
	f, err := os.OpenFile(s.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = fmt.Fprintf(f, "%s %s\n", time.Now().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}
