package sqldb

import (
	"errors"
	"slices"
	"strings"
)

// errUndo makes within undo what was done without failing.
var errUndo = errors.New("undo")

// mapError turns an error of SQLite into Oracle's.
func (s *Session) mapError(err error, tg *target) error {
	if err == nil {
		return nil
	}
	if oe, ok := asError(err); ok {
		return oe
	}
	switch {
	case interrupted(err):
		return oraErr(1013)
	case outdated(err):
		return unsupported("writing to a second schema that has changed since the transaction read from it")
	case busy(err):
		return oraErr(54)
	}
	text := err.Error()
	if i := strings.Index(text, "constraint failed: "); i >= 0 {
		text = text[i+len("constraint failed: "):]
	}
	text = strings.TrimSpace(text)
	if j := strings.LastIndex(text, " ("); j > 0 {
		text = text[:j]
	}
	if tg != nil {
		if oe := tg.constraintError(text); oe != nil {
			return oe
		}
	}
	if strings.Contains(text, "FOREIGN KEY constraint failed") {
		return &Error{Code: 2091, Message: "transaction rolled back"}
	}
	return unsupported("what SQLite refuses with %q", text)
}

// constraintError reads SQLite's text about a constraint.
func (tg *target) constraintError(text string) *Error {
	switch kind, what, _ := strings.Cut(text, " constraint failed: "); kind {
	case "NOT NULL":
		_, col, _ := strings.Cut(what, ".")
		code := 1400
		if tg.update {
			code = 1407
		}
		return oraErr(code, `"`+tg.schema+`"."`+tg.table.Name+`"."`+col+`"`)
	case "CHECK":
		return oraErr(2290, tg.schema+"."+what)
	case "UNIQUE":
		return oraErr(1, tg.schema+"."+tg.uniqueName(what))
	}
	return nil
}

// uniqueName finds the constraint or index that "T.A, T.B" or "index 'N'"
// speaks of.
func (tg *target) uniqueName(what string) string {
	if name, ok := strings.CutPrefix(what, "index '"); ok {
		name, _, _ = strings.Cut(name, "'")
		return strings.TrimPrefix(strings.TrimSuffix(name, partialSuffix), indexSQLName(""))
	}
	var cols []string
	for c := range strings.SplitSeq(what, ", ") {
		cols = append(cols, strings.TrimPrefix(c, tg.table.Name+"."))
	}
	for _, c := range tg.table.Constraints {
		if (c.Kind == "P" || c.Kind == "U") && slices.Equal(c.Columns, cols) {
			return c.Name
		}
	}
	for _, x := range tg.table.Indexes {
		if x.Unique && slices.Equal(x.Terms, cols) {
			return x.Name
		}
	}
	return "?"
}
