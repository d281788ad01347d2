package diagnosis

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
)

// testsFile is what the database's log says, by test.
const testsFile = "tests.txt"

// clock is how the diagnosis shows times: this machine's.
const clock = "2006-01-02 15:04:05.000"

// reportSlack is by how much a report's times may be wrong: many tools write
// whole seconds.
const reportSlack = time.Second

// namedTests is how many tests one line names: of parallel ones there may be
// many.
const namedTests = 3

// A joinedLog is what the database's log says, by test.
type joinedLog struct {
	text      []byte
	highlight string // during OrderTest.pay: ORA-00060: deadlock detected
	err       error  // of reading the tests' reports
}

// joinLog puts the lines of the database's log beside the tests that ran at
// their moments: "<day> <time> during A.b or C.d: <line>", which Said reads
// back.
func (of Failure) joinLog(lines []oracle.LogLine) joinedLog {
	var spans []junit.Span
	var err error
	if !of.Began.IsZero() {
		spans, err = junit.Timeline(of.Dir, of.Reports, of.Began)
	}
	joined := joinedLog{err: err}
	var b bytes.Buffer
	best := 0
	for _, line := range lines {
		when, weight := of.when(line, spans)
		text := strings.TrimSpace(line.Text)
		fmt.Fprintf(&b, "%s %s: %s\n", line.At.Local().Format(clock), when, text)
		if weight > best && codeOf(text) != "" {
			best, joined.highlight = weight, when+": "+text
		}
	}
	joined.text = b.Bytes()
	return joined
}

// Said is what the diagnosis in the folder has found in the database's log, by
// the failed test that ran at that moment.
func Said(folder string, failures []junit.Case) map[string][]string {
	text, err := os.ReadFile(filepath.Join(folder, testsFile))
	if err != nil {
		return nil
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		at, rest, _ := strings.Cut(strings.TrimSpace(line), " during ")
		rest = strings.TrimPrefix(rest, "or near ")
		for _, c := range failures {
			names, message, ok := strings.Cut(rest, ": ")
			if ok && slices.Contains(strings.Split(names, " or "), c.ID()) {
				_, moment, _ := strings.Cut(at, " ")
				found[c.ID()] = append(found[c.ID()], moment+" "+message)
			}
		}
	}
	return found
}

// How sure it is that a line belongs to a test; the surest line is shown to
// people first.
const (
	byFailure = 3 // the test's failure names the same error
	byTime    = 2
	byNothing = 1 // it came during the tests
)

// when says during which test the line came.
func (of Failure) when(line oracle.LogLine, spans []junit.Span) (text string, weight int) {
	if of.Began.IsZero() || line.At.Before(of.Began) {
		return "while the database was " + string(line.Phase), 0
	}
	if test := of.failedWith(codeOf(line.Text), line.At, spans); test != "" {
		return "during " + test, byFailure
	}
	if tests := testsAt(line.At, spans, 0); len(tests) > 0 {
		return "during " + listed(tests), byTime
	}
	if tests := testsAt(line.At, spans, reportSlack); len(tests) > 0 {
		return "during or near " + listed(tests), byTime
	}
	return "during the tests", byNothing
}

// failedWith is the failed test whose failure names the error; of several, the
// one that ran at that moment. Empty when it is not clear.
func (of Failure) failedWith(code string, at time.Time, spans []junit.Span) string {
	if code == "" {
		return ""
	}
	var named []string
	for _, c := range of.Tests.Failures {
		if codeOf(c.ORA) == code || codeOf(c.Message+c.Text) == code {
			named = append(named, c.ID())
		}
	}
	if len(named) == 1 {
		return named[0]
	}
	for _, test := range testsAt(at, spans, reportSlack) {
		if slices.Contains(named, test) {
			return test
		}
	}
	return ""
}

// testsAt are the tests that ran at that moment, the shortest first: it is the
// likeliest to be the only one.
func testsAt(at time.Time, spans []junit.Span, slack time.Duration) []string {
	var found []junit.Span
	for _, s := range spans {
		if !at.Before(s.Start.Add(-slack)) && !at.After(s.End.Add(slack)) {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b junit.Span) int { return cmp.Compare(a.End.Sub(a.Start), b.End.Sub(b.Start)) })
	var names []string
	for _, s := range found {
		if !slices.Contains(names, s.Test) {
			names = append(names, s.Test)
		}
	}
	return names
}

func listed(tests []string) string {
	if len(tests) <= namedTests {
		return strings.Join(tests, " or ")
	}
	return fmt.Sprintf("%s or %d others", strings.Join(tests[:namedTests], " or "), len(tests)-namedTests)
}

var oracleCode = regexp.MustCompile(`\b(?:ORA|TNS)-\d{5}\b`)

func codeOf(text string) string { return oracleCode.FindString(text) }
