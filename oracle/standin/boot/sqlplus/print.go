package sqlplus

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

func (s *shell) printResult(text string, r Result) {
	if r.Columns != nil {
		s.printRows(r)
		return
	}
	if s.set.feedback >= 0 {
		s.printf("\n%s\n\n", feedback(text, r.Count))
	}
}

// printRows prints a query's rows in columns as wide as their widest value.
// Lines are never wrapped.
func (s *shell) printRows(r Result) {
	if len(r.Rows) > 0 {
		s.printTable(r)
	}
	switch {
	case s.set.feedback < 0:
	case len(r.Rows) == 0:
		s.printf("\nno rows selected\n\n")
	case len(r.Rows) >= s.set.feedback:
		s.printf("%d row%s selected.\n\n", len(r.Rows), plural(int64(len(r.Rows))))
	}
}

func (s *shell) printTable(r Result) {
	heading := s.set.heading && s.set.pageSize > 0
	widths := make([]int, len(r.Columns))
	for i, column := range r.Columns {
		if heading {
			widths[i] = utf8.RuneCountInString(column.Name)
		}
		for _, row := range r.Rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(s.cell(row[i])))
		}
	}
	if s.set.pageSize > 0 {
		s.printf("\n")
	}
	if heading {
		names, rules := make([]string, len(widths)), make([]string, len(widths))
		for i, column := range r.Columns {
			names[i], rules[i] = column.Name, strings.Repeat("-", widths[i])
		}
		s.printLine(r.Columns, widths, names)
		s.printLine(r.Columns, widths, rules)
	}
	for _, row := range r.Rows {
		s.printLine(r.Columns, widths, row)
	}
	if s.set.pageSize > 0 {
		s.printf("\n")
	}
}

func (s *shell) cell(value string) string {
	if value == "" {
		return s.set.null
	}
	return value
}

func (s *shell) printLine(columns []Column, widths []int, values []string) {
	cells := make([]string, len(values))
	for i, value := range values {
		width := widths[i]
		if !columns[i].Right {
			width = -width
		}
		cells[i] = fmt.Sprintf("%*s", width, s.cell(value))
	}
	s.printf("%s\n", strings.TrimRight(strings.Join(cells, s.set.separator), " "))
}

func plural(n int64) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// feedback is the line that tells of a statement's success.
func feedback(text string, count int64) string {
	words := strings.Fields(strings.ToLower(text))
	rows := map[string]string{"insert": "created", "update": "updated", "delete": "deleted", "merge": "merged"}
	whole := map[string]string{
		"commit": "Commit complete.", "rollback": "Rollback complete.", "grant": "Grant succeeded.",
		"revoke": "Revoke succeeded.", "comment": "Comment created.", "savepoint": "Savepoint created.",
		"begin": blockDone, "declare": blockDone, "<<": blockDone, "call": "Call completed.",
		"lock": "Table(s) Locked.", "rename": "Table renamed.", "explain": "Explained.",
	}
	first := words[0]
	if done := rows[first]; done != "" {
		return fmt.Sprintf("%d row%s %s.", count, plural(count), done)
	}
	if done := whole[first]; done != "" {
		return done
	}
	if first == "set" && len(words) > 1 {
		return strings.ToUpper(words[1][:1]) + words[1][1:] + " set."
	}
	done := map[string]string{"create": "created", "alter": "altered", "drop": "dropped", "truncate": "truncated"}[first]
	if done == "" {
		return "Statement executed."
	}
	return object(words[1:]) + " " + done + "."
}

const blockDone = "PL/SQL procedure successfully completed."

// object names the kind of object after CREATE, ALTER or DROP.
func object(words []string) string {
	skip := map[string]bool{
		"or": true, "replace": true, "unique": true, "global": true, "private": true, "temporary": true, "public": true,
		"bitmap": true, "force": true, "editionable": true, "noneditionable": true, "bigfile": true, "smallfile": true,
		"blockchain": true, "immutable": true, "undo": true,
	}
	for i, word := range words {
		if skip[word] {
			continue
		}
		if i+1 < len(words) && (word == "pluggable" || word == "materialized" || words[i+1] == "body") {
			word += " " + words[i+1]
		}
		return strings.ToUpper(word[:1]) + word[1:]
	}
	return "Object"
}
