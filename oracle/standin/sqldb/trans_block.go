package sqldb

import (
	"slices"
	"strconv"
	"strings"
)

// A block is a SELECT block on its way to SQL.
type block struct {
	s     *selectBlock
	q     *query // the query it is all of, if any: its ORDER BY is the block's
	sc    *scope
	from  string
	where []string
	limit string // ROWNUM's
	group []string
	items []val
	cols  []outCol
}

// block translates one SELECT block.
func (t *translator) block(s *selectBlock, q *query, parent *scope) queryResult {
	if q == nil {
		q = &query{}
	}
	b := &block{s: s, q: q, sc: &scope{parent: parent}}
	b.from = t.from(s.from, b.sc)
	t.blockWhere(b)
	if t.err != nil {
		return queryResult{}
	}
	aggregates := len(s.group) > 0 || s.having != nil || itemsAggregate(s.items)
	for _, o := range q.order {
		aggregates = aggregates || hasAggregate(o.x)
	}
	if (b.limit != "" || t.usesRownum(b)) && (aggregates || s.distinct || len(q.order) > 0 || b.hasWindow()) {
		t.rownumFirst(b)
	}
	t.blockGroup(b, aggregates)
	t.blockItems(b, parent)
	sql := t.blockSQL(b)
	if t.err != nil {
		return queryResult{}
	}
	return queryResult{sql: t.sized(sql), cols: b.cols, limited: b.limit != "", compound: b.limit != "" || len(q.order) > 0}
}

// blockWhere translates the WHERE clause, without its limits on ROWNUM.
func (t *translator) blockWhere(b *block) {
	if b.s.where == nil {
		return
	}
	b.sc.noAgg = "WHERE"
	for _, c := range conjuncts(b.s.where) {
		if limit, ok := t.rownumLimit(c); ok {
			if b.limit != "" {
				limit = call("min", b.limit, limit)
			}
			b.limit = limit
			continue
		}
		b.where = append(b.where, t.cond(c, b.sc))
	}
	b.sc.noAgg = ""
}

func conjuncts(x *expr) []*expr {
	if x.kind != eAnd {
		return []*expr{x}
	}
	var out []*expr
	for _, a := range x.args {
		out = append(out, conjuncts(a)...)
	}
	return out
}

func isRownum(x *expr) bool { return x.kind == eFunc && x.bare && x.text == "ROWNUM" }

// rownumLimit turns ROWNUM <= n and its like into a number of rows.
func (t *translator) rownumLimit(c *expr) (string, bool) {
	if c.kind != eComp || c.quant != "" {
		return "", false
	}
	left, right, op := c.args[0], c.args[1], c.text
	if isRownum(right) {
		left, right = right, left
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
		if op == "" {
			op = c.text
		}
	}
	if !isRownum(left) {
		return "", false
	}
	switch right.kind {
	case eNumber, eBind, eArith, eNeg, eString:
	default:
		t.failAt(c, unsupported("ROWNUM compared with such an expression"))
		return "", true
	}
	n := t.num(t.value(right, &scope{}))
	switch op {
	case "<=":
		return call("ora_limit", n), true
	case "<":
		return call("ora_limit_below", n), true
	case "=":
		return call("ora_limit_one", n), true
	}
	t.failAt(c, unsupported("ROWNUM %s n", op))
	return "", true
}

// usesRownum reports whether ROWNUM stands in what is selected or ordered by.
func (t *translator) usesRownum(b *block) bool {
	found := false
	look := func(x *expr) {
		walk(x, func(y *expr) bool {
			found = found || isRownum(y)
			return true
		})
	}
	for _, it := range b.s.items {
		look(it.x)
	}
	for _, o := range b.q.order {
		look(o.x)
	}
	return found
}

// hasWindow reports whether the select list has an analytic function.
func (b *block) hasWindow() bool {
	found := false
	for _, it := range b.s.items {
		walk(it.x, func(x *expr) bool {
			found = found || x.over != nil
			return true
		})
	}
	return found
}

// rownumFirst puts the rows that ROWNUM lets through into a subquery: it
// counts before Oracle sorts, groups or removes duplicates.
func (t *translator) rownumFirst(b *block) {
	ref := t.newAlias()
	var items []string
	move := func(c *outCol) {
		name := "x" + strconv.Itoa(len(items))
		items = append(items, c.sql+" AS "+name)
		c.sql = ref + "." + name
	}
	for _, src := range b.sc.sources {
		for i := range src.cols {
			move(&src.cols[i])
		}
	}
	for i := range b.sc.merged {
		move(&b.sc.merged[i])
	}
	items = append(items, "ora_int(row_number() OVER ()) AS rn")
	sql := "SELECT " + strings.Join(items, ",") + " FROM " + b.from + whereSQL(b.where)
	if b.limit != "" {
		sql += " LIMIT " + b.limit
	}
	b.from = "(" + sql + ") AS " + ref
	b.where, b.limit = nil, ""
	b.sc.rownum = ref + ".rn"
}

func whereSQL(conds []string) string {
	if len(conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conds, " AND ")
}

func (t *translator) blockGroup(b *block, aggregates bool) {
	if !aggregates {
		return
	}
	b.sc.keys = map[string]bool{}
	b.sc.noAgg = "GROUP BY"
	for _, g := range b.s.group {
		v := t.value(g, b.sc)
		if isLob(v.t.Type) {
			t.failAt(g, oraErr(932, "-", v.t.kind()))
		}
		if v.t.Type == TimestampTZ {
			t.failAt(g, unsupported("GROUP BY of TIMESTAMP WITH TIME ZONE"))
		}
		b.sc.keys[v.sql] = true
		b.group = append(b.group, v.sql)
	}
	b.sc.noAgg = ""
	b.sc.grouped, b.sc.hasKeys = true, len(b.s.group) > 0
}

func (t *translator) blockItems(b *block, parent *scope) {
	seqOK := t.seqOK
	t.seqOK = parent == nil && t.seqQuery && !b.s.distinct && !b.sc.grouped && len(b.q.order) == 0
	if b.sc.rownum == "" && !b.sc.grouped {
		b.sc.rownum = "ora_int(row_number() OVER ())"
	}
	for _, it := range b.s.items {
		if it.x.kind == eStar {
			for _, c := range t.star(it.x, b.sc) {
				b.items = append(b.items, val{sql: c.sql, t: c.t, nullable: c.nullable})
				b.cols = append(b.cols, outCol{name: c.name})
			}
			continue
		}
		v := t.value(it.x, b.sc)
		name := it.alias
		if name == "" {
			name = t.itemName(it.x)
		}
		b.items = append(b.items, v)
		b.cols = append(b.cols, outCol{name: name, alias: it.alias != ""})
	}
	t.seqOK = seqOK
	for i, v := range b.items {
		b.cols[i].sql, b.cols[i].t, b.cols[i].nullable = columnName(i), v.t, v.nullable
		if b.s.distinct && (isLob(v.t.Type) || v.t.Type == TimestampTZ) {
			t.fail(unsupported("DISTINCT of %s", v.t.name()))
		}
	}
	if len(b.items) > 1000 {
		t.fail(&Error{Code: 1792, Message: "maximum number of columns in a table or view is 1000"})
	}
}

// itemName is what Oracle calls a column without an alias: the column's name,
// else the expression's text in upper case without blanks.
func (t *translator) itemName(x *expr) string {
	if x.kind == eColumn {
		return x.parts[len(x.parts)-1]
	}
	text := x.source
	if len(text) > maxIdent {
		text = text[:maxIdent]
	}
	return text
}

func (t *translator) blockSQL(b *block) string {
	var out strings.Builder
	out.WriteString("SELECT ")
	if b.s.distinct {
		out.WriteString("DISTINCT ")
	}
	for i, v := range b.items {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(v.sql + " AS " + columnName(i))
	}
	out.WriteString(" FROM " + b.from + whereSQL(b.where))
	if len(b.group) > 0 {
		out.WriteString(" GROUP BY " + strings.Join(b.group, ","))
	}
	if b.s.having != nil {
		having := t.cond(b.s.having, b.sc)
		if len(b.group) == 0 {
			// SQLite wants a group for HAVING; one group for all rows is what
			// an aggregate without GROUP BY makes anyway.
			t.needAggregate(b)
		}
		out.WriteString(" HAVING " + having)
	}
	if order := t.blockOrder(b); order != "" {
		out.WriteString(" ORDER BY " + order)
	}
	if b.limit != "" {
		out.WriteString(" LIMIT " + b.limit)
	}
	return out.String()
}

func (t *translator) needAggregate(b *block) {
	if !itemsAggregate(b.s.items) {
		t.fail(unsupported("HAVING without GROUP BY and without an aggregate in the select list"))
	}
}

func (t *translator) blockOrder(b *block) string {
	var parts []string
	for _, o := range b.q.order {
		sql, ty := "", columnType{}
		if i := b.orderItem(o.x); i >= 0 {
			sql, ty = b.items[i].sql, b.items[i].t
			if b.s.distinct {
				sql = strconv.Itoa(i + 1)
			}
		} else {
			if o.x.kind == eNumber {
				t.failAt(o.x, oraErr(1785))
				return ""
			}
			v := t.value(o.x, b.sc)
			sql, ty = v.sql, v.t
			if b.s.distinct {
				sql = ""
				for j, it := range b.items {
					if it.sql == v.sql {
						sql = strconv.Itoa(j + 1)
					}
				}
				if sql == "" {
					t.failAt(o.x, oraErr(1791))
					return ""
				}
			}
		}
		if isLob(ty.Type) {
			t.failAt(o.x, oraErr(932, "-", ty.kind()))
		}
		if ty.Type == TimestampTZ {
			sql = "substr(" + sql + ",1,11)"
		}
		parts = append(parts, sql+direction(o))
	}
	return strings.Join(parts, ",")
}

// orderItem finds the select item that an ORDER BY item means: by number or
// alias.
func (b *block) orderItem(x *expr) int {
	switch {
	case x.kind == eNumber:
		n, err := strconv.Atoi(x.text)
		if err == nil && n >= 1 && n <= len(b.items) {
			return n - 1
		}
	case x.kind == eColumn && len(x.parts) == 1:
		for i, c := range b.cols {
			if c.alias && c.name == x.parts[0] {
				return i
			}
		}
		// A name that several tables have is the select item's.
		if _, n := b.sc.find(x.parts); n > 1 {
			return slices.IndexFunc(b.cols, func(c outCol) bool { return c.name == x.parts[0] })
		}
	}
	return -1
}
