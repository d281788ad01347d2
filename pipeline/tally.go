package pipeline

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
)

// tallyPace is how often a tally is told at most.
const tallyPace = 500 * time.Millisecond

// lookPace is how often the reports are looked at, at most, where the tests
// print nothing that can be counted; and a look may take a twentieth of the
// time, at most.
const lookPace = 5 * time.Second

// A tally counts tests while they run, by the lines that Surefire, Failsafe,
// go test and gotestsum print, else by the reports that are there already. It
// is for people who watch; what counts in the end are the reports.
type tally struct {
	sink         events.Sink
	mu           sync.Mutex
	lines        bool // the tests print what can be counted
	done, failed int64
	now          string // the class or package that runs
	told         time.Time
}

var (
	mavenRunning = regexp.MustCompile(`^(?:\[INFO\] )?Running ([\w.$]+)$`)
	mavenRun     = regexp.MustCompile(`^(?:\[\w+\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: \d+, Time elapsed: .*?(?: -- | - )in ([\w.$]+)`)
	goTest       = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+) \([\d.]+s\)$`)
	gotestsum    = regexp.MustCompile(`^(PASS|FAIL|SKIP) (\S+\.Test\S*) \([\d.]+s\)$`)
	testdox      = regexp.MustCompile(`^\s+([✓✔✖∅]) .+ \([\d.]+s\)$`)
)

// hear counts the tests in what a command prints, and passes everything on.
func (t *tally) hear(next events.Sink) events.Sink {
	return func(e events.Event) {
		if e.Kind == events.LogLine {
			t.line(e.Text)
		}
		next(e)
	}
}

// line takes one line of the tests' output.
func (t *tally) line(text string) {
	text = strings.TrimRight(text, "\r ")
	t.mu.Lock()
	defer t.mu.Unlock()
	switch found := mavenRun.FindStringSubmatch(text); {
	case found != nil:
		t.add(number(found[1]), number(found[2])+number(found[3]))
	case t.goLine(text):
	default:
		found = mavenRunning.FindStringSubmatch(text)
		if found == nil {
			return
		}
		t.now = found[1]
	}
	t.tell(time.Now())
}

func (t *tally) goLine(text string) bool {
	for _, pattern := range []*regexp.Regexp{goTest, gotestsum, testdox} {
		found := pattern.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		var failed int64
		if found[1] == "FAIL" || found[1] == "✖" {
			failed = 1
		}
		t.add(1, failed)
		return true
	}
	return false
}

func (t *tally) add(done, failed int64) {
	t.lines, t.done, t.failed = true, t.done+done, t.failed+failed
}

// follow counts the tests in the reports that are written from the moment on,
// until stop is called, or as soon as the tests print what can be counted.
func (t *tally) follow(dir string, globs []string, since time.Time) (stop func()) {
	done := make(chan struct{})
	go func() {
		for pace := lookPace; ; {
			select {
			case <-done:
				return
			case <-time.After(pace):
			}
			began := time.Now()
			if !t.look(dir, globs, since) {
				return
			}
			pace = max(lookPace, 20*time.Since(began))
		}
	}()
	return func() {
		close(done)
		t.mu.Lock()
		t.lines = true // a look that is under way has come too late
		t.mu.Unlock()
	}
}

// look reads the reports; it reports false when they are of no use any more. A
// report that is half-written counts as far as it goes.
func (t *tally) look(dir string, globs []string, since time.Time) bool {
	t.mu.Lock()
	lines := t.lines
	t.mu.Unlock()
	if lines {
		return false
	}
	report, _ := junit.Collect(dir, globs, since) // a fault is told at the end, if it is still one
	t.mu.Lock()
	defer t.mu.Unlock()
	if total := int64(report.Total); !t.lines && total > t.done {
		t.done, t.failed = total, int64(report.Failed)
		t.tell(time.Now())
	}
	return true
}

func (t *tally) tell(now time.Time) {
	if now.Sub(t.told) < tallyPace {
		return
	}
	t.told = now
	text := fmt.Sprintf("%d tests", t.done)
	if t.failed > 0 {
		text += fmt.Sprintf(", %d failed", t.failed)
	}
	if t.now != "" {
		text += ", " + t.now
	}
	t.sink.Count(text, events.Count{Done: t.done, Failed: t.failed, Unit: events.UnitTests})
}

// number reads what the pattern has found to be one.
func number(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64) // too many digits are the largest number
	return n
}
