package standin

import (
	"context"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// An openFor is the one PL/SQL block with variables that the stand-in knows:
// it assigns binds to variables, opens a cursor for a query that names them,
// and returns the cursor. ojdbc asks for a table's columns that way.
type openFor struct {
	query  string // with binds in place of the variables
	inputs map[string]int
	output int
}

var (
	openForBlock = regexp.MustCompile(`(?is)^\s*declare\s+(.*?)\s*(\w+)\s+SYS_REFCURSOR\s*;\s*begin\s+(.*?)\s*open\s+(\w+)\s+for\s+(.*?)\s*;\s*:(\w+)\s*:=\s*(\w+)\s*;\s*end\s*;\s*$`)
	nullVariable = regexp.MustCompile(`(?is)^(\w+)\s+varchar2\s*\(\s*\d+\s*\)\s*:=\s*null$`)
	assignment   = regexp.MustCompile(`(?is)^(\w+)\s*:=\s*:(\w+)$`)
)

// parseOpenFor takes such a block apart.
func parseOpenFor(sql string) (openFor, bool) {
	m := openForBlock.FindStringSubmatch(sql)
	if m == nil || !strings.EqualFold(m[2], m[4]) || !strings.EqualFold(m[2], m[7]) {
		return openFor{}, false
	}
	declared := make(map[string]bool)
	for part := range parts(m[1]) {
		variable := nullVariable.FindStringSubmatch(part)
		if variable == nil {
			return openFor{}, false
		}
		declared[strings.ToUpper(variable[1])] = true
	}
	block := openFor{query: m[5], inputs: make(map[string]int)}
	for part := range parts(m[3]) {
		assign := assignment.FindStringSubmatch(part)
		if assign == nil || !declared[strings.ToUpper(assign[1])] {
			return openFor{}, false
		}
		name := regexp.MustCompile(`(?i)\b` + assign[1] + `\b`)
		block.query = name.ReplaceAllString(block.query, ":"+assign[1])
		block.inputs[strings.ToUpper(assign[1])] = block.output
		block.output++
	}
	return block, true
}

// parts yields what stands before each semicolon.
func parts(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(text, ";") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// openCursor answers such a block with the cursor it opens.
func (s *session) openCursor(ctx context.Context, req executeRequest, block openFor) *sqldb.Error {
	if len(req.binds) != block.output+1 || req.binds[block.output].typ != typeRefCursor {
		s.skipValues(req)
		return oraError(codeNotInStandIn, "not in the stand-in: these binds of an OPEN FOR")
	}
	raw := newBindPlan(req.binds).readRows(s.dec, 1, true)
	if s.broken() {
		return nil
	}
	st, err := s.db.Prepare(block.query)
	if err != nil {
		return s.asOra(err)
	}
	var values []sqldb.Value
	for _, b := range st.Binds {
		at, ok := block.inputs[b.Name]
		if !ok {
			return oraError(codeNotAllBound, "not all variables bound")
		}
		v, err := s.value(req.binds[at], raw[0][at])
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	rows, err := st.Query(ctx, values)
	if err != nil {
		return s.asOra(err)
	}
	c, full := s.cursors.add(st)
	if full != nil {
		_ = rows.Close()
		return full
	}
	c.rows, s.opened = rows, c
	s.putCursor(c, block)
	return nil
}

func (s *session) putCursor(c *cursor, block openFor) {
	o := &s.out
	o.Raw(msgBinds, 0)
	o.Int(block.output + 1)
	o.Zeros(1)
	o.UB(1)
	o.Zeros(3)
	for range block.output {
		o.Raw(directionIn)
	}
	o.Raw(directionOut, msgRow, 1)
	s.putColumns(c.rows.Columns)
	o.Int(c.id)
	o.UB(0)
	none := &cursor{}
	s.putParameters(none, sqldb.Result{})
	s.putStatus(status{rows: 1})
}
