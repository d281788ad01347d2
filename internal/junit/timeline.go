package junit

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
)

// maxSpans bounds a timeline; a build has fewer tests.
const maxSpans = 100_000

// A Span is the time in which a test ran, as far as its report tells: most
// tools write down when a suite began and how long each of its tests took.
type Span struct {
	Test       string // as Case.ID
	Start, End time.Time
}

// Timeline tells when each test ran whose report is one that Collect would
// read. A suite without a time of its own is taken to have ended when its file
// was written. Reports that cannot be read whole count as far as they can.
func Timeline(dir string, globs []string, since time.Time) ([]Span, error) {
	files, err := find(dir, globs)
	if err != nil {
		return nil, err
	}
	var spans []Span
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || !written(info.ModTime(), since) {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		spans = append(spans, spansOf(f, info.ModTime())...)
		_ = f.Close() // only read from
		if len(spans) > maxSpans {
			return spans[:maxSpans], nil
		}
	}
	return spans, nil
}

// A timedSuite is a suite with its tests, whose times count from its start.
type timedSuite struct {
	name  string
	start time.Time // zero: not told
	took  time.Duration
	tests []Span // times since the zero time
}

// spansOf reads one report, written at that moment.
func spansOf(r io.Reader, written time.Time) []Span {
	suites := timedSuites(r)
	var spans []Span
	end := written // of the suites that do not tell: one after the other up to here
	for _, s := range slices.Backward(suites) {
		if s.start.IsZero() {
			s.start = end.Add(-s.took)
			end = s.start
		}
		for _, t := range s.tests {
			spans = append(spans, Span{t.Test, s.start.Add(t.Start.Sub(time.Time{})), s.start.Add(t.End.Sub(time.Time{}))})
		}
	}
	return spans
}

func timedSuites(r io.Reader) []timedSuite {
	decoder := xml.NewDecoder(newTrimmer(unicode.UTF8.NewDecoder().Reader(r)))
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var suites []timedSuite
	var at time.Time
	for count := 0; count < maxSpans; {
		token, err := decoder.Token()
		if err != nil {
			break // its end, or where it is damaged
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "testsuite":
			at = time.Time{}
			suites = append(suites, timedSuite{
				name: attribute(start, "name"), start: stamp(attribute(start, "timestamp")), took: seconds(attribute(start, "time")),
			})
		case start.Name.Local == "testcase" && len(suites) > 0:
			s := &suites[len(suites)-1]
			c := Case{Class: attribute(start, "classname"), Name: attribute(start, "name")}
			if c.Class == "" {
				c.Class = s.name
			}
			end := at.Add(seconds(attribute(start, "time")))
			s.tests = append(s.tests, Span{c.ID(), at, end})
			s.took = max(s.took, end.Sub(time.Time{}))
			at = end
			count++
		}
	}
	return suites
}

// stamp reads the time of a suite; without a zone it is this machine's.
func stamp(text string) time.Time {
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err == nil {
		return t
	}
	const withoutZone = "2006-01-02T15:04:05"
	if t, err = time.ParseInLocation(withoutZone, text, time.Local); err == nil {
		return t
	}
	return time.Time{}
}
