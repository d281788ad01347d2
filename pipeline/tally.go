package pipeline

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// tallyPace is how often a tally is told at most.
const tallyPace = 500 * time.Millisecond

// A tally counts tests while they run, by the lines that Surefire, Failsafe,
// go test and gotestsum print. It is for people who watch; what counts in the
// end are the reports.
type tally struct {
	sink         events.Sink
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

func (t *tally) add(done, failed int64) { t.done, t.failed = t.done+done, t.failed+failed }

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
