package junit

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

const surefire = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="shop.OrderIT" time="1,234.5" tests="6" errors="1" skipped="1" failures="1">
  <properties><property name="a" value="b"/></properties>
  <testcase name="passes" classname="shop.OrderIT" time="1,000.25"/>
  <testcase name="fails" classname="shop.OrderIT" time="0.5">
    <failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected
	at shop.OrderIT.fails(OrderIT.java:12)]]></failure>
    <system-out><![CDATA[noise <failure>]]></system-out>
  </testcase>
  <testcase name="breaks" classname="shop.OrderIT" time="0.5">
    <error message="could not execute" type="org.hibernate.SQLGrammarException">org.hibernate.SQLGrammarException: could not execute
Caused by: java.sql.SQLSyntaxErrorException: ORA-06512: at "X", line 3
ORA-00942: table or view does not exist
	at oracle.jdbc</error>
    <rerunFailure message="again" type="x">second trace</rerunFailure>
  </testcase>
  <testcase name="waits" classname="shop.OrderIT"><skipped message="later"/></testcase>
  <testcase name="wobbles" classname="shop.OrderIT" time="0.25">
    <flakyFailure message="once" type="x"><stackTrace>trace</stackTrace><system-out>o</system-out></flakyFailure>
    <flakyError message="twice" type="y"/>
  </testcase>
  <testcase name="again" classname="shop.OrderIT"><rerunFailure message="first" type="x"/></testcase>
</testsuite>`

const gotestsum = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="2.5">
	<testsuite tests="3" failures="1" time="2.500000" name="example.com/orders" timestamp="2026-11-22T10:00:00Z">
		<properties><property name="go.version" value="go1.26.8"></property></properties>
		<testcase classname="example.com/orders" name="TestCreate" time="0.010000">
			<failure message="Failed" type="">=== RUN   TestCreate&#xA;    orders_test.go:42: insert: ORA-00904: &#34;TOTALL&#34;: invalid identifier&#xA;--- FAIL: TestCreate (0.01s)&#xA;</failure>
		</testcase>
		<testcase classname="example.com/orders" name="TestList" time="0.020000"></testcase>
		<testcase classname="example.com/orders" name="TestSkip" time="0.000000"><skipped message="=== RUN   TestSkip"></skipped></testcase>
	</testsuite>
</testsuites>`

func parse(t *testing.T, text string) Report {
	t.Helper()
	r, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSurefireReportIsCounted(t *testing.T) {
	r := parse(t, surefire)
	want := Totals{Total: 6, Failed: 2, Skipped: 1, Flaky: 2, Time: 1001*time.Second + 500*time.Millisecond}
	if r.Totals != want {
		t.Errorf("totals = %+v, want %+v", r.Totals, want)
	}
	if len(r.Failures) != 2 || len(r.Flakes) != 2 {
		t.Fatalf("failures = %+v, flakes = %+v", r.Failures, r.Flakes)
	}
	first, second := r.Failures[0], r.Failures[1]
	if first.Message != "expected: <1> but was: <2>" || !strings.HasSuffix(first.Text, "OrderIT.java:12)") || first.ORA != "" {
		t.Errorf("first failure = %+v", first)
	}
	if second.ORA != "ORA-00942: table or view does not exist" || second.Message != "could not execute" {
		t.Errorf("second failure = %+v", second)
	}
	if r.Flakes[0].Message != "once" || r.Flakes[0].Text != "traceo" || r.Flakes[1].Message != "first" {
		t.Errorf("flakes = %+v", r.Flakes)
	}
	if got, want := r.Cause(), "shop.OrderIT.breaks: could not execute: ORA-00942: table or view does not exist (and 1 more of 6 tests failed)"; got != want {
		t.Errorf("cause = %s, want %s", got, want)
	}
}

func TestGotestsumReportIsCounted(t *testing.T) {
	r := parse(t, gotestsum)
	if want := (Totals{Total: 3, Failed: 1, Skipped: 1, Time: 30 * time.Millisecond}); r.Totals != want {
		t.Errorf("totals = %+v, want %+v", r.Totals, want)
	}
	if got, want := r.Cause(), `example.com/orders.TestCreate: ORA-00904: "TOTALL": invalid identifier`; got != want {
		t.Errorf("cause = %s, want %s", got, want)
	}
}

func TestOddReportsAreUnderstood(t *testing.T) {
	tests := map[string]struct {
		text  string
		want  Totals
		cause string
	}{
		"no test":      {`<testsuite/>`, Totals{}, ""},
		"nested":       {`<testsuites><testsuite><testsuite name="s"><testcase name="a"/></testsuite></testsuite></testsuites>`, Totals{Total: 1}, ""},
		"suite failed": {`<testsuites><testsuite name="s" errors="1"/></testsuites>`, Totals{Total: 1, Failed: 1}, "s: the suite failed and names no test"},
		"colour in the text": {
			text:  "<testsuite><testcase name='a'><failure>\x1b[31mred &#27;[0m &#x1b; &#65;</failure></testcase></testsuite>",
			want:  Totals{Total: 1, Failed: 1},
			cause: "a: ?[31mred ?[0m ? A",
		},
		"no UTF-8": {"<testsuite><testcase name='a'><failure>\xff</failure></testcase></testsuite>", Totals{Total: 1, Failed: 1}, "a: \uFFFD"},
		"Latin-1 by its head": {
			"<?xml version='1.0' encoding='ISO-8859-1'?><testsuite><testcase name='a'/></testsuite>", Totals{Total: 1}, "",
		},
		"byte order mark": {"\uFEFF<testsuite><testcase name='a'/></testsuite>", Totals{Total: 1}, ""},
		"bad times":       {`<testsuite><testcase name="a" time="NaN"/><testcase time="-1"/><testcase time="1e300"/></testsuite>`, Totals{Total: 3}, ""},
		"empty text":      {`<testsuite><testcase name="a"><error/></testcase></testsuite>`, Totals{Total: 1, Failed: 1}, "a: no reason given"},
		"reason last": {
			text:  `<testsuite><testcase name="a"><error/></testcase><testcase name="b"><error message="m"/></testcase></testsuite>`,
			want:  Totals{Total: 2, Failed: 2},
			cause: "b: m (and 1 more of 2 tests failed)",
		},
		"type alone": {`<testsuite name="s"><testcase name="a"><error type="E"/></testcase></testsuite>`, Totals{Total: 1, Failed: 1}, "s.a: E"},
		"]] in CDATA": {
			`<testsuite><testcase name="a"><error><![CDATA[a]]b]]]></error></testcase></testsuite>`, Totals{Total: 1, Failed: 1}, "a: a]]b]",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := parse(t, tt.text)
			if r.Totals != tt.want || r.Cause() != tt.cause {
				t.Errorf("got %+v, %q, want %+v, %q", r.Totals, r.Cause(), tt.want, tt.cause)
			}
		})
	}
}

func TestMalformedReportsAreToldWithTheirLine(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":           {"", "line 1: is empty"},
		"blank":           {" \n", "line 1: is empty"},
		"another root":    {"<html/>", "line 1: is no JUnit report: starts with <html>"},
		"cut off":         {surefire[:len(surefire)/2], "unexpected EOF"},
		"cut off markup":  {"<testsuite>\n<![CDA", "line 2: "},
		"cut off entity":  {"<testsuite>\n&am", "line 2: "},
		"crossed":         {"<testsuite>\n<testcase></testsuite>", "line 2: element <testcase> closed by </testsuite>"},
		"unknown entity":  {"<testsuite>\n&nbsp;</testsuite>", "line 2: invalid character entity &nbsp;"},
		"lone ampersand":  {"<testsuite>\n<testcase name='a & b'/></testsuite>", "line 2: "},
		"after long text": {"<testsuite><system-out>" + strings.Repeat("x\n", maxRun) + "</system-out><", fmt.Sprintf("line %d: ", maxRun+1)},
		"text alone":      {"all tests passed", "line 1: is empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestFailuresAreCutAndCounted(t *testing.T) {
	one := "<testcase name='a'><failure message='" + strings.Repeat("ü", maxMessage) + "'>" + strings.Repeat("é", maxText) + "</failure></testcase>"
	more := strings.Repeat("<testcase name='b'><error/></testcase>", maxFailures+4)
	r := parse(t, "<testsuite>"+one+more+"</testsuite>")
	if r.Failed != maxFailures+5 || len(r.Failures) != maxFailures {
		t.Errorf("failed = %d, kept %d", r.Failed, len(r.Failures))
	}
	c := r.Failures[0]
	if len(c.Message) > maxMessage || len(c.Text) > maxText || !strings.HasSuffix(c.Message, "ü...") || !strings.HasSuffix(c.Text, "é...") {
		t.Errorf("message of %d bytes, text of %d", len(c.Message), len(c.Text))
	}
	if got := len(r.Cause()); got > 300 {
		t.Errorf("cause has %d bytes", got)
	}
}

// large is a report of 50 MB, most of it in single texts.
type large struct {
	parts []io.Reader
	peak  uint64
	n     int
}

func (l *large) Read(p []byte) (int, error) {
	if l.n++; l.n%64 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l.peak = max(l.peak, m.HeapInuse)
	}
	return io.MultiReader(l.parts...).Read(p)
}

type zeroes struct{ fill byte }

func (z zeroes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = z.fill
	}
	return len(p), nil
}

func TestLargeReportNeedsLittleMemory(t *testing.T) {
	const size = 12 << 20
	text := func(open, end string) io.Reader {
		return io.MultiReader(strings.NewReader(open), io.LimitReader(zeroes{'x'}, size), strings.NewReader(end))
	}
	l := &large{parts: []io.Reader{io.MultiReader(
		strings.NewReader("<testsuite><testcase name='a'>"),
		text("<system-out><![CDATA[", "]]></system-out>"), text("<system-err>", "</system-err>"),
		text("<failure message='", "'>ORA-00001: unique</failure>"), text("<!--", "-->"),
		strings.NewReader("</testcase></testsuite>"),
	)}}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := Parse(l)
	if err != nil || r.Failed != 1 || r.Failures[0].ORA != "ORA-00001: unique" {
		t.Fatalf("%+v, %v", r.Totals, err)
	}
	if grown := int64(l.peak) - int64(before.HeapInuse); grown > 16<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(surefire))
	f.Add([]byte(gotestsum))
	f.Add([]byte("<testsuite><![CDATA[]]]></testsuite>&#x1b;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(strings.NewReader(string(data)))
		if r.Failed+r.Skipped+r.Flaky > r.Total || len(r.Failures) > r.Failed {
			t.Errorf("totals do not add up: %+v", r)
		}
		if err == nil && r.Cause() == "" && r.Failed > 0 {
			t.Errorf("red without a cause: %+v", r)
		}
		var out strings.Builder
		if err := Write(&out, Suite{Steps: []Step{{Name: string(data), Failure: string(data), Details: string(data)}}}); err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(strings.NewReader(out.String())); err != nil || again.Total != 1 {
			t.Errorf("our own report: %+v, %v", again, err)
		}
	})
}
