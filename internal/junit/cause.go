package junit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var oracleCode = regexp.MustCompile(`\bORA-\d{5}\b[^\r\n]*`)

// oracleError finds the database's own words in a failure: the first ORA code
// that is no mere trace of where it happened.
func oracleError(texts ...string) string {
	trace := ""
	for _, text := range texts {
		for _, found := range oracleCode.FindAllString(text, -1) {
			found = cut(strings.TrimSpace(found), 200)
			if !strings.HasPrefix(found, "ORA-06512") {
				return found
			}
			if trace == "" {
				trace = found
			}
		}
	}
	return trace
}

const noReason = "no reason given"

// ID names the test as people do: Class.name, or name alone.
func (c Case) ID() string {
	if c.Class == "" || strings.HasPrefix(c.Name, c.Class) {
		return c.Name
	}
	return c.Class + "." + c.Name
}

// Why says in one line why the test failed: the message and the database's
// error, or the first line of the text that says something.
func (c Case) Why() string {
	line := firstLine(c.Message)
	if line == "Failed" {
		line = ""
	}
	switch code, _, _ := strings.Cut(c.ORA, ":"); {
	case c.ORA != "" && (line == "" || strings.Contains(line, code)):
		return c.ORA
	case c.ORA != "":
		return line + ": " + c.ORA
	case line != "":
		return line
	}
	for line := range strings.Lines(c.Text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return cut(line, 200)
		}
	}
	if c.Type != "" {
		return c.Type
	}
	return noReason
}

// Cause is the one sentence about a red report; empty when it is green. A
// failure that holds an Oracle error says more than the others, one that gives
// no reason (the parent of a failed subtest) says less.
func (r Report) Cause() string {
	if r.Failed == 0 {
		return ""
	}
	if len(r.Failures) == 0 {
		return fmt.Sprintf("%d of %d tests failed", r.Failed, r.Total)
	}
	best := slices.IndexFunc(r.Failures, func(c Case) bool { return c.ORA != "" })
	if best < 0 {
		best = max(0, slices.IndexFunc(r.Failures, func(c Case) bool { return c.Why() != noReason }))
	}
	sentence := r.Failures[best].ID() + ": " + r.Failures[best].Why()
	if more := r.Failed - 1; more > 0 {
		sentence += fmt.Sprintf(" (and %d more of %d tests failed)", more, r.Total)
	}
	return sentence
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return cut(strings.TrimSpace(line), 200)
}
