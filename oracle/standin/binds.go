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
	descs      []bindDesc
	in         []bool // per description: the statement takes its value
	out        []bool // per description: it is filled by the statement
	again      []bool // per description: it repeats an earlier one and has no value
	longBySize bool
	source     []int // per IN bind of the statement: the description that has its value
}

func newBindPlan(descs []bindDesc) bindPlan {
	n := len(descs)
	return bindPlan{descs: descs, in: make([]bool, n), out: make([]bool, n), again: make([]bool, n)}
}

func planBinds(st *sqldb.Statement, descs []bindDesc) (bindPlan, *sqldb.Error) {
	plan := newBindPlan(descs)
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
		switch before, seen := first[bind.Name]; {
		case !seen:
			first[bind.Name] = at
		case at != before && descs[at].flags&bindRepeated != 0:
			plan.again[at] = true
			at = before
		}
		if bind.Out {
			plan.out[at] = true
		} else {
			plan.in[at] = true
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

// maxValues bounds the memory of one call's binds: those that repeat others have
// no bytes on the wire that would bound it.
const maxValues = 1 << 23

// readRows reads the values of n executions. Values of binds that are only OUT
// are on the wire if outSent.
func (p bindPlan) readRows(d *wire.Decoder, n int, outSent bool) [][]rawBind {
	order := p.order(outSent)
	if len(order) > 0 && n > maxValues/len(p.descs) {
		d.Fail(fmt.Errorf("%w: %d times %d values", wire.ErrMessage, n, len(p.descs)))
	}
	empty := make([]rawBind, len(p.descs))
	rows := make([][]rawBind, 0, min(n, 1024))
	for range n {
		if len(order) == 0 {
			rows = append(rows, empty)
			continue
		}
		if kind := d.U8(); kind != msgRow && d.Err() == nil {
			d.Fail(fmt.Errorf("%w: kind %d instead of values", wire.ErrMessage, kind))
		}
		if d.Err() != nil {
			return nil
		}
		row := make([]rawBind, len(p.descs))
		for _, i := range order {
			row[i] = readValue(d, p.descs[i])
		}
		rows = append(rows, row)
	}
	return rows
}

// order lists the binds that have values, as these are on the wire: those of
// ordinary length first, then the long ones.
func (p bindPlan) order(outSent bool) []int {
	var order, long []int
	for i, b := range p.descs {
		switch {
		case p.again[i] || p.out[i] && !p.in[i] && !outSent:
		case b.isLong(p.longBySize):
			long = append(long, i)
		default:
			order = append(order, i)
		}
	}
	return append(order, long...)
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
	if !s.client.goOra && !s.client.rawText && strings.Contains(strings.ToUpper(req.sql), "RETURN") {
		s.dec.Drop()
		return
	}
	plan := newBindPlan(req.binds)
	plan.longBySize = s.client.longBySize()
	for i, b := range req.binds {
		plan.again[i] = b.flags&bindRepeated != 0
	}
	plan.readRows(s.dec, req.runs, true)
}
