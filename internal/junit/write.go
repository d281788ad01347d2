package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A Suite is a report to write: one case per step of a run.
type Suite struct {
	Name  string
	Start time.Time
	Steps []Step
}

// A Step is one case of a Suite.
type Step struct {
	Name    string
	Took    time.Duration
	Failure string // one sentence; empty when it succeeded
	Type    string // of the failure
	Details string // more lines about the failure
	Skipped string // why it did not run; empty when it did
	Output  string // what it printed last
}

// Write writes the suite as a JUnit report. Characters that XML cannot hold are
// replaced.
func Write(w io.Writer, s Suite) error {
	out := xmlSuite{Name: s.Name, Tests: len(s.Steps)}
	if !s.Start.IsZero() {
		out.Timestamp = s.Start.UTC().Format("2006-01-02T15:04:05")
	}
	var total time.Duration
	for _, step := range s.Steps {
		c := xmlCase{Name: step.Name, Class: s.Name, Time: decimal(step.Took), Output: step.Output}
		total += step.Took
		switch {
		case step.Failure != "":
			out.Failures++
			c.Failure = &xmlFailure{Message: step.Failure, Type: step.Type, Text: step.Details}
		case step.Skipped != "":
			out.Skipped++
			c.Skipped = &xmlSkipped{Message: step.Skipped}
		}
		out.Cases = append(out.Cases, c)
	}
	out.Time = decimal(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write test report: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("write test report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write test report: %w", err)
	}
	return nil
}

func decimal(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

type xmlSuite struct {
	XMLName   xml.Name  `xml:"testsuite"`
	Name      string    `xml:"name,attr"`
	Tests     int       `xml:"tests,attr"`
	Failures  int       `xml:"failures,attr"`
	Errors    int       `xml:"errors,attr"`
	Skipped   int       `xml:"skipped,attr"`
	Time      string    `xml:"time,attr"`
	Timestamp string    `xml:"timestamp,attr,omitempty"`
	Cases     []xmlCase `xml:"testcase"`
}

type xmlCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Time    string      `xml:"time,attr"`
	Failure *xmlFailure `xml:"failure"`
	Skipped *xmlSkipped `xml:"skipped"`
	Output  string      `xml:"system-out,omitempty"`
}

type xmlFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type xmlSkipped struct {
	Message string `xml:"message,attr"`
}
