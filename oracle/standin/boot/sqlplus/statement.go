package sqlplus

import (
	"errors"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

var (
	sqlVerb = regexp.MustCompile(`(?i)^(select|insert|update|delete|merge|create|alter|drop|grant|revoke|truncate|` +
		`comment|with|begin|declare|commit|rollback|savepoint|lock|explain|call|rename|analyze|audit|noaudit|purge|` +
		`flashback|administer|<<|\()|^(?i)set\s+(transaction|role|constraints?)\b`)
	blockStart = regexp.MustCompile(`(?i)^(declare|begin|<<|with\s+(function|procedure)\b|` +
		`create\s+(or\s+replace\s+)?((non)?editionable\s+)?` +
		`(procedure|function|package|trigger|type|library|java|mle)\b)`)
)

// obey handles a line at the command prompt.
func (s *shell) obey(line string) {
	text := strings.TrimSpace(line)
	switch {
	case text == "" || strings.HasPrefix(text, "--"):
	case strings.HasPrefix(text, "/*"):
		for !strings.Contains(line, "*/") {
			var ok bool
			if line, ok = s.next("DOC>"); !ok {
				return
			}
		}
	case text == "/":
		s.execute()
	case s.command(text):
	case sqlVerb.MatchString(text):
		s.collect(line)
	default:
		s.printf("SP2-0734: unknown command beginning \"%.10s%s\" - rest of line ignored.\n", text,
			map[bool]string{true: "..."}[len(text) > 10])
	}
}

// collect reads a statement to its end and runs it. As with the real program,
// a blank line gives up a statement, and one that the input's end cuts off is
// not run.
func (s *shell) collect(line string) {
	block := blockStart.MatchString(strings.TrimSpace(line))
	var lines []string
	for {
		text := strings.TrimSpace(line)
		switch {
		case text == "/":
			s.buffer = strings.Join(lines, "\n")
			s.execute()
			return
		case text == ".", text == "" && !block && !s.set.blankLines:
			s.buffer = strings.Join(lines, "\n")
			return
		}
		lines = append(lines, line)
		if !block {
			block = len(lines) <= 3 && blockStart.MatchString(strings.TrimSpace(strings.Join(lines, " ")))
		}
		if !block && strings.HasSuffix(text, ";") && !inComment(lines) {
			all := strings.TrimRight(strings.Join(lines, "\n"), " \t\r\n")
			s.buffer = strings.TrimSuffix(all, ";")
			s.execute()
			return
		}
		var ok bool
		if line, ok = s.next("  2  "); !ok {
			return
		}
	}
}

// inComment reports whether the text ends inside /* */.
func inComment(lines []string) bool {
	text := strings.Join(lines, "\n")
	return strings.LastIndex(text, "/*") > strings.LastIndex(text, "*/")
}

// execute runs the buffer.
func (s *shell) execute() {
	if strings.TrimSpace(s.buffer) == "" {
		s.printf("SP2-0103: Nothing in SQL buffer to run.\n")
		return
	}
	text, ok := s.substitute(s.buffer)
	if !ok {
		return
	}
	if s.session == nil {
		s.printf("SP2-0640: Not connected\n")
		return
	}
	result, err := s.session.Run(s.ctx, text)
	if err != nil {
		s.printError(text, err)
		s.react(s.onSQL)
		return
	}
	s.sqlcode = 0
	s.printResult(text, result)
}

// react does what WHENEVER asked for.
func (s *shell) react(r reaction) {
	if r.exit {
		s.exit(r.status, r.rollback)
		return
	}
	if r.rollback && s.session != nil {
		_, _ = s.session.Run(s.ctx, "ROLLBACK") // the error that led here was printed
	}
}

// printError shows the statement's faulty line with a star below the place.
func (s *shell) printError(text string, err error) {
	s.noteCode(err)
	e, ok := errors.AsType[*sqldb.Error](err)
	if !ok || strings.EqualFold(firstWords(text, 2), "alter session") {
		s.printf("ERROR:\n%s\n\n", describe(err))
		return
	}
	offset := min(max(e.Offset, 0), len(text))
	line := strings.Count(text[:offset], "\n")
	column := offset - (strings.LastIndex(text[:offset], "\n") + 1)
	s.printf("%s\n%*s\nERROR at line %d:\n%s\n\n", strings.Split(text, "\n")[line], column+1, "*", line+1, describe(err))
}

func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(n, len(words))], " ")
}
