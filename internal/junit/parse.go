// Package junit reads the test reports that Surefire, Failsafe and gotestsum
// write, and writes our own. It reads a stream: a report of any size needs
// memory for its failures only, and what a test printed is not kept.
package junit

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
)

// What is kept of failures, so that a report may be of any size.
const (
	maxFailures = 200      // of one report each: failed and flaky
	maxMessage  = 1 << 10  // bytes
	maxText     = 16 << 10 // bytes
	maxSlowest  = 10
)

// Totals count test cases.
type Totals struct {
	Total   int
	Failed  int // failures and errors
	Skipped int
	Flaky   int // passed, but not at the first attempt
	Time    time.Duration
}

// A Report is what one or more files say.
type Report struct {
	Totals
	Failures []Case // the first of them; Totals.Failed counts all
	Flakes   []Case // likewise
	Slowest  []Case // the slowest first, at most ten, without text
	Files    int    // read
	Stale    int    // matched, but older than what was asked for

	File, StaleFile string // the first of those that were read, and of the stale ones
}

// A Case is one test that failed, or passed at a later attempt.
type Case struct {
	Class   string
	Name    string
	Type    string // such as java.lang.AssertionError
	Message string // cut
	Text    string // stack trace or output, cut
	ORA     string // "ORA-00942: table or view does not exist", when the failure holds one
	Time    time.Duration
	File    string // the report it stands in, set by Collect
}

// Parse reads one report, its root a testsuites or a testsuite. An error says
// in which line it was met; what was read before it is returned too.
func Parse(r io.Reader) (Report, error) {
	p := &parser{decoder: xml.NewDecoder(newTrimmer(unicode.UTF8.NewDecoder().Reader(r)))}
	p.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	err := p.run()
	p.report.Files = 1
	return p.report, err
}

type parser struct {
	decoder *xml.Decoder
	report  Report
	suites  []suite // that are open
	rooted  bool
}

// suite is remembered to catch one that failed as a whole, without a test case
// to say so.
type suite struct {
	name   string
	failed int
	cases  int // total when it began
}

func (p *parser) run() error {
	for {
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) && p.rooted {
			return nil
		}
		if err == nil {
			err = p.token(token)
		}
		if err != nil {
			return p.at(err)
		}
	}
}

func (p *parser) at(err error) error {
	line, _ := p.decoder.InputPos()
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("line 1: is empty")
	}
	return fmt.Errorf("line %d: %w", line, err)
}

func (p *parser) token(token xml.Token) error {
	switch element := token.(type) {
	case xml.StartElement:
		name := element.Name.Local
		if !p.rooted && name != "testsuites" && name != "testsuite" {
			return fmt.Errorf("is no JUnit report: starts with <%s>", name)
		}
		p.rooted = true
		switch name {
		case "testsuites", "testsuite":
			p.suites = append(p.suites, suite{
				name: attribute(element, "name"), cases: p.report.Total,
				failed: count(element, "failures") + count(element, "errors"),
			})
		case "testcase":
			return p.testCase(element)
		default:
			return p.decoder.Skip()
		}
	case xml.EndElement:
		last := p.suites[len(p.suites)-1]
		p.suites = p.suites[:len(p.suites)-1]
		if last.failed > 0 && last.cases == p.report.Total {
			p.add(Case{Name: last.name, Message: "the suite failed and names no test"}, outcome{failed: true})
		}
	}
	return nil
}

// outcome is what the elements within a test case say about it.
type outcome struct{ failed, skipped, flaky bool }

func (p *parser) testCase(start xml.StartElement) error {
	c := Case{Class: attribute(start, "classname"), Name: attribute(start, "name"), Time: seconds(attribute(start, "time"))}
	if c.Class == "" && len(p.suites) > 0 {
		c.Class = p.suites[len(p.suites)-1].name
	}
	var o outcome
	for {
		token, err := p.decoder.Token()
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.EndElement:
			p.add(c, o)
			return nil
		case xml.StartElement:
			err = p.within(element, &c, &o)
		}
		if err != nil {
			return err
		}
	}
}

// within reads one element of a test case. The first failure is kept; a rerun
// that failed as well adds nothing.
func (p *parser) within(element xml.StartElement, c *Case, o *outcome) error {
	known := o.failed
	switch element.Name.Local {
	case "failure", "error":
		o.failed = true
	case "flakyFailure", "flakyError", "rerunFailure", "rerunError":
		o.flaky, known = true, known || c.Text != "" || c.Message != ""
	case "skipped":
		o.skipped = true
		return p.decoder.Skip()
	default:
		return p.decoder.Skip()
	}
	if known {
		return p.decoder.Skip()
	}
	text, err := p.text()
	if err != nil {
		return err
	}
	message := attribute(element, "message")
	c.Type, c.ORA = attribute(element, "type"), oracleError(message, text)
	c.Message, c.Text = cut(strings.TrimSpace(message), maxMessage), cut(strings.TrimSpace(text), maxText)
	return nil
}

// text reads the text of the open element up to its end.
func (p *parser) text() (string, error) {
	var b strings.Builder
	for depth := 1; ; {
		token, err := p.decoder.Token()
		if err != nil {
			return "", err
		}
		switch element := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				return b.String(), nil
			}
		case xml.CharData:
			if b.Len() < maxRun {
				b.Write(element)
			}
		}
	}
}

func (p *parser) add(c Case, o outcome) {
	t := &p.report.Totals
	t.Total++
	t.Time += c.Time
	p.report.slow(c)
	switch {
	case o.failed:
		t.Failed++
		if len(p.report.Failures) < maxFailures {
			p.report.Failures = append(p.report.Failures, c)
		}
	case o.skipped:
		t.Skipped++
	case o.flaky:
		t.Flaky++
		if len(p.report.Flakes) < maxFailures {
			p.report.Flakes = append(p.report.Flakes, c)
		}
	}
}

// slow keeps the case when it is one of the slowest.
func (r *Report) slow(c Case) {
	at, _ := slices.BinarySearchFunc(r.Slowest, c, func(a, b Case) int { return cmp.Compare(b.Time, a.Time) })
	if at == maxSlowest {
		return
	}
	c.Message, c.Text, c.ORA = "", "", ""
	r.Slowest = slices.Insert(r.Slowest, at, c)
	r.Slowest = r.Slowest[:min(len(r.Slowest), maxSlowest)]
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func count(element xml.StartElement, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(attribute(element, name)))
	if err != nil {
		return 0
	}
	return n
}

// seconds reads 1,234.5 as Surefire writes it; what is no number is no time.
func seconds(text string) time.Duration {
	f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", ""), 64)
	if err != nil || !(f >= 0 && f < 1e8) {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// cut shortens text to at most size bytes, at a character's border.
func cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	const mark = "..."
	return strings.ToValidUTF8(text[:size-len(mark)], "") + mark
}
