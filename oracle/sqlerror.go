package oracle

import (
	"regexp"
	"strings"
)

var (
	sqlProblem = regexp.MustCompile(`^(?:ORA|SP2|PLS)-\d{4,5}: `)
	atLine     = regexp.MustCompile(`^ERROR at line \d+`)
)

// An sqlErrors reads what sqlplus writes, line by line, and finds the errors.
// For a statement it prints the failing line of it, a mark below the place,
// "ERROR at line n:" and then the error, often with its causes below.
type sqlErrors struct {
	list      []InitError // with Statement and Message
	before    [2]string   // the last two lines
	statement string      // of the error to come
	inside    bool        // what follows belongs to the error before
}

func (s *sqlErrors) read(line string) {
	line = strings.TrimRight(line, " \r")
	switch {
	case line == "":
		s.inside = false
	case atLine.MatchString(line):
		s.inside, s.statement = false, ""
		if strings.TrimSpace(s.before[1]) == "*" {
			s.statement = strings.TrimSpace(s.before[0])
		}
	case sqlProblem.MatchString(line):
		if !s.inside {
			s.list = append(s.list, InitError{Statement: s.statement, Message: line})
		}
		s.inside, s.statement = true, ""
	}
	s.before = [2]string{s.before[1], line}
}
