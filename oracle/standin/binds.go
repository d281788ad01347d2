package standin

import (
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// A bindPlan says which of the values a client sends belongs to which bind of
// the statement. Clients send one per occurrence in the text, or one per name.
type bindPlan struct {
	descs  []bindDesc
	out    []bool // per description: it is filled by the statement
	source []int  // per IN bind of the statement: the description that has its value
}

func planBinds(st *sqldb.Statement, descs []bindDesc) (bindPlan, *sqldb.Error) {
	plan := bindPlan{descs: descs, out: make([]bool, len(descs))}
	position, distinct := positions(st.Binds)
	byName := len(descs) == distinct && (len(descs) != len(st.Binds) || st.Kind == sqldb.Block)
	switch {
	case byName:
	case len(descs) < len(st.Binds):
		return plan, oraError(codeNotAllBound, "not all variables bound")
	case len(descs) > len(st.Binds):
		return plan, oraError(codeIllegalBind, "illegal variable name/number")
	}
	first := make(map[string]int)
	for i, bind := range st.Binds {
		at := i
		if byName {
			at = position[bind.Name]
		}
		if at2, seen := first[bind.Name]; seen && descs[at].flags&bindRepeated != 0 {
			at = at2
		}
		if _, seen := first[bind.Name]; !seen {
			first[bind.Name] = at
		}
		if bind.Out {
			plan.out[at] = true
		} else {
			plan.source = append(plan.source, at)
		}
	}
	return plan, nil
}

// positions numbers the distinct names of binds in order of appearance.
func positions(binds []sqldb.Bind) (position map[string]int, distinct int) {
	position = make(map[string]int)
	for _, b := range binds {
		if _, seen := position[b.Name]; !seen {
			position[b.Name] = distinct
			distinct++
		}
	}
	return position, distinct
}

// readRows reads the values of n executions. Values of OUT binds are on the
// wire only if outSent.
func (p bindPlan) readRows(d *wire.Decoder, n int, outSent bool) [][]rawBind {
	skip := func(i int) bool {
		return p.descs[i].flags&bindRepeated != 0 || p.out[i] && !outSent
	}
	values := 0
	for i := range p.descs {
		if !skip(i) {
			values++
		}
	}
	if values == 0 {
		return make([][]rawBind, n)
	}
	rows := make([][]rawBind, 0, min(n, 1024))
	for range n {
		if kind := d.U8(); kind != msgRow && d.Err() == nil {
			d.Fail(fmt.Errorf("%w: kind %d instead of values", wire.ErrMessage, kind))
		}
		if d.Err() != nil {
			return nil
		}
		rows = append(rows, readRow(d, p.descs, skip))
	}
	return rows
}

// values puts what came for one execution into the order of the statement's
// IN binds.
func (s *session) values(p bindPlan, row []rawBind) ([]sqldb.Value, *sqldb.Error) {
	values := make([]sqldb.Value, 0, len(p.source))
	for _, at := range p.source {
		v, err := s.value(p.descs[at], row[at])
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// skipValues reads past the values of a statement that could not be prepared.
// Which of its binds are OUT is not known then; where that matters, what is
// left of the packet is dropped instead.
func (s *session) skipValues(req executeRequest) {
	if len(req.binds) == 0 {
		return
	}
	if !s.client.goOra && strings.Contains(strings.ToUpper(req.sql), "RETURN") {
		s.dec.Drop()
		return
	}
	plan := bindPlan{descs: req.binds, out: make([]bool, len(req.binds))}
	plan.readRows(s.dec, req.runs, true)
}
