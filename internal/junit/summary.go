package junit

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
)

// summaryFile is what Failsafe leaves beside its reports. A JVM that dies under
// its tests writes no report of them: only there it is told.
const summaryFile = "failsafe-summary.xml"

// readSummary gives a report of what Failsafe's summary says beyond the reports:
// nothing, or one failure.
func readSummary(path string) (Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Report{}, err
	}
	var summary struct {
		XMLName xml.Name `xml:"failsafe-summary"`
		Timeout bool     `xml:"timeout,attr"`
		Message string   `xml:"failureMessage"`
	}
	if err := xml.Unmarshal(text, &summary); err != nil {
		return Report{}, fmt.Errorf("is no summary of Failsafe: %w", err)
	}
	message := strings.TrimSpace(summary.Message)
	if message == "" && summary.Timeout {
		message = "the tests' JVM was stopped by its timeout"
	}
	if message == "" {
		return Report{}, nil
	}
	c := Case{Name: "failsafe", Message: cut(firstLine(message), maxMessage), Text: cut(message, maxText)}
	return Report{Totals: Totals{Total: 1, Failed: 1}, Failures: []Case{c}}, nil
}
