package sqldb

import (
	"strconv"
	"strings"
)

// A queryResult is a translated query; its columns are named c1, c2 ...
type queryResult struct {
	sql      string
	cols     []outCol
	compound bool // needs wrapping before it can be combined
	limited  bool // ends with LIMIT
}

func columnName(i int) string { return "c" + strconv.Itoa(i+1) }

// query translates a whole query with its WITH, ORDER BY and row limit.
func (t *translator) query(q *query, parent *scope) queryResult {
	if t.err != nil {
		return queryResult{}
	}
	saved := len(t.ctes)
	with := t.with(q, parent)
	var out queryResult
	if q.body.sel != nil {
		out = t.block(q.body.sel, q, parent)
	} else {
		out = t.body(q.body, parent)
		out.sql += t.setOrder(q, out)
		out.compound = true
	}
	if q.offset != nil || q.fetch != nil {
		if out.limited {
			out.sql = "SELECT * FROM (" + out.sql + ")"
		}
		out.sql += t.rowLimit(q)
		out.compound = true
	} else if len(q.order) > 0 && parent != nil {
		// Without a limit SQLite may forget a subquery's order.
		out.sql += " LIMIT -1"
	}
	t.ctes = t.ctes[:saved]
	if with != "" {
		out.sql = with + out.sql
		out.compound = true
	}
	out.sql = t.sized(out.sql)
	return out
}

func (t *translator) with(q *query, parent *scope) string {
	var parts []string
	for _, c := range q.with {
		r := t.query(c.q, parent)
		src := &source{name: c.name, ref: "w" + t.newAlias(), cols: r.cols}
		if c.cols != nil && len(c.cols) != len(r.cols) {
			t.fail(&Error{Code: 32039, Message: "recursive WITH clause must have column alias list"})
		}
		for i := range src.cols {
			if i < len(c.cols) {
				src.cols[i].name = c.cols[i]
			}
		}
		parts = append(parts, src.ref+" AS ("+r.sql+")")
		t.ctes = append(t.ctes, src)
	}
	if len(parts) == 0 {
		return ""
	}
	return "WITH " + strings.Join(parts, ", ") + " "
}

// rowLimit writes OFFSET and FETCH; both round down and negative is none.
func (t *translator) rowLimit(q *query) string {
	limit, offset := "-1", "0"
	sc := &scope{noAgg: "FETCH"}
	if q.fetch != nil {
		limit = call("ora_limit", t.num(t.value(q.fetch, sc)))
	}
	if q.offset != nil {
		offset = call("ora_limit", t.num(t.value(q.offset, sc)))
	}
	return " LIMIT " + limit + " OFFSET " + offset
}

// body translates queries combined by set operators.
func (t *translator) body(b *queryBody, parent *scope) queryResult {
	switch {
	case t.err != nil:
		return queryResult{}
	case b.sel != nil:
		return t.block(b.sel, nil, parent)
	case b.nested != nil:
		return t.query(b.nested, parent)
	}
	left, right := t.body(b.left, parent), t.body(b.right, parent)
	if t.err != nil {
		return queryResult{}
	}
	if len(left.cols) != len(right.cols) {
		t.fail(oraErr(1789))
		return queryResult{}
	}
	cols := make([]outCol, len(left.cols))
	for i, l := range left.cols {
		cols[i] = l
		cols[i].t = t.common(l.t, right.cols[i].t)
		cols[i].nullable = l.nullable || right.cols[i].nullable
		if b.op != "UNION ALL" && (cols[i].t.Type == TimestampTZ || isLob(cols[i].t.Type)) {
			t.fail(unsupported("%s of %s", b.op, cols[i].t.name()))
		}
	}
	op := map[string]string{"MINUS": "EXCEPT"}[b.op]
	if op == "" {
		op = b.op
	}
	// The left side of a chain needs no wrapping: both count from the left.
	leftSQL := t.operand(left, cols, b.left.op == "")
	return queryResult{sql: leftSQL + " " + op + " " + t.operand(right, cols, true), cols: cols}
}

// operand makes one side of a set operator fit the common types.
func (t *translator) operand(r queryResult, cols []outCol, wrap bool) string {
	same := true
	items := make([]string, len(cols))
	for i, c := range cols {
		v := t.convert(val{sql: columnName(i), t: r.cols[i].t}, c.t)
		same = same && v == columnName(i)
		items[i] = v + " AS " + columnName(i)
	}
	if same && (!wrap || !r.compound) {
		return r.sql
	}
	return "SELECT " + strings.Join(items, ",") + " FROM (" + r.sql + ")"
}

// common is the type that two branches of a set operator or CASE share.
func (t *translator) common(a, b columnType) columnType {
	switch {
	case a.Type == untyped:
		return b
	case b.Type == untyped:
		return a
	case isText(a.Type) && isText(b.Type):
		out := a
		if a.Type != b.Type || a.Size != b.Size {
			out.Type = Varchar2
		}
		out.Size, out.Chars = max(a.Size, b.Size), max(a.Chars, b.Chars)
		out.CharSem = a.CharSem && b.CharSem
		return out
	case a.Type == Clob && isText(b.Type):
		return a
	case b.Type == Clob && isText(a.Type):
		return b
	case a.Type == Number && b.Type == Number:
		if a != b {
			return columnType{Type: Number, Scale: -127}
		}
		return a
	case isNumeric(a.Type) && isNumeric(b.Type):
		return columnType{Type: BinaryDouble, Size: 8}
	case isDate(a.Type) && isDate(b.Type):
		if dateRank(b.Type) > dateRank(a.Type) {
			a, b = b, a
		}
		if a.Type == b.Type {
			a.Prec = max(a.Prec, b.Prec)
		}
		return a
	case a.Type == b.Type:
		a.Size = max(a.Size, b.Size)
		return a
	}
	t.fail(oraErr(1790))
	return a
}

// setOrder translates the ORDER BY of combined queries: only columns of the
// result.
func (t *translator) setOrder(q *query, out queryResult) string {
	var parts []string
	for _, o := range q.order {
		i := -1
		switch {
		case o.x.kind == eNumber:
			n, err := strconv.Atoi(o.x.text)
			if err != nil || n < 1 || n > len(out.cols) {
				t.fail(oraErr(1785))
				return ""
			}
			i = n - 1
		case o.x.kind == eColumn && len(o.x.parts) == 1:
			for j, c := range out.cols {
				if c.name == o.x.parts[0] {
					i = j
				}
			}
		}
		if i < 0 {
			if o.x.kind == eColumn {
				t.failAt(o.x, oraErr(904, quotedParts(o.x.parts)))
			} else {
				t.fail(oraErr(1785))
			}
			return ""
		}
		if isLob(out.cols[i].t.Type) {
			t.failAt(o.x, oraErr(932, "-", out.cols[i].t.kind()))
		}
		parts = append(parts, strconv.Itoa(i+1)+direction(o))
	}
	if len(parts) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(parts, ",")
}

// direction writes ASC or DESC and where NULL goes: last, unless DESC.
func direction(o orderItem) string {
	out := " ASC"
	first := o.desc
	if o.desc {
		out = " DESC"
	}
	if o.nullsGiven {
		first = o.nullsFirst
	}
	if first {
		return out + " NULLS FIRST"
	}
	return out + " NULLS LAST"
}
