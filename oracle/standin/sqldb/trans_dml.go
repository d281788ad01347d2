package sqldb

import (
	"slices"
	"strings"
)

// translate turns a query or DML statement into SQL.
func (t *translator) translate() (*translation, error) {
	switch {
	case t.st.query != nil:
		t.selectStmt(t.st.query)
	case t.st.ins != nil:
		t.insert(t.st.ins)
	case t.st.upd != nil:
		t.update(t.st.upd)
	case t.st.del != nil:
		t.delete(t.st.del)
	case t.st.merge != nil:
		t.merge(t.st.merge)
	case t.st.assign != nil:
		v := t.value(t.st.assign, &scope{})
		t.tr.sql = "SELECT " + v.sql
		t.tr.columns = []Column{t.describe(outCol{name: "X", t: v.t})}
	}
	return t.tr, t.err
}

func (t *translator) selectStmt(q *query) {
	t.seqQuery = true
	r := t.query(q, nil)
	t.tr.sql = r.sql
	for _, c := range r.cols {
		t.tr.columns = append(t.tr.columns, t.describe(c))
	}
	if q.forUpdate {
		t.tr.lock = sortedKeys(t.tr.deps)
		if s := q.body.sel; s == nil || s.distinct || len(s.group) > 0 || itemsAggregate(s.items) {
			t.fail(&Error{Code: 2014, Message: "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc."})
		}
	}
}

// describe is what a client is told of a column.
func (t *translator) describe(c outCol) Column {
	out := Column{Name: c.name, Type: c.t.Type, Nullable: c.nullable, Size: c.t.Size, Precision: c.t.Prec, Scale: c.t.Scale}
	switch c.t.Type {
	case untyped:
		out.Type, out.Size, out.Chars = Varchar2, 1, 1
	case Varchar2, Char:
		out.Size, out.Chars = max(1, c.t.Size), max(1, c.t.Chars)
		out.Precision, out.Scale = 0, 0
	case Number:
		out.Size = 22
		if c.t.Prec == 0 {
			out.Scale = -127
		}
		if c.t.Float {
			out.Precision = 126
		}
	case Timestamp, TimestampTZ:
		out.Scale = c.t.Prec
	case Raw:
		out.Size = max(1, c.t.Size)
	case intervalDS, intervalYM:
		t.fail(unsupported("intervals as a result"))
	}
	return out
}

func (t *translator) insert(ins *insertStmt) {
	schema, def := t.table(ins.into, "INSERT")
	if t.err != nil {
		return
	}
	t.quota(schema)
	t.tr.target = &target{schema: schema, table: def, verb: "INSERT"}
	cols := t.insertColumns(ins.cols, def)
	if t.err != nil {
		return
	}
	names, values := []string{}, []string{}
	var from string
	if ins.query != nil {
		from = t.insertRows(ins.query, schema, def, cols, &values)
	} else {
		t.seqOnce = true
		t.insertValues(ins.values, schema, def, cols, &values)
	}
	for _, c := range cols {
		names = append(names, quote(c.Name))
	}
	for i := range def.Columns {
		c := &def.Columns[i]
		if slices.Contains(cols, c) {
			continue
		}
		if v, ok := t.columnDefault(schema, def, c); ok {
			names = append(names, quote(c.Name))
			values = append(values, v)
		}
	}
	into := "INSERT INTO " + tableSQL(schema, def.Name) + "(" + strings.Join(names, ",") + ") "
	if from == "" {
		t.tr.sql = into + "VALUES (" + strings.Join(values, ",") + ")"
	} else {
		t.tr.sql = into + "SELECT " + strings.Join(values, ",") + from
	}
	t.returning(ins.returning, schema, def, ins.alias)
}

// quota fails when a schema's owner may use no space.
func (t *translator) quota(schema string) {
	r := t.rights
	if schema != t.user {
		var err error
		if r, err = t.s.db.rights(t.ctx, schema); err != nil {
			t.fail(err)
			return
		}
	}
	if !r.may("UNLIMITED TABLESPACE") && !r.may(quotaRight) {
		t.fail(oraErr(1950, "USERS"))
	}
}

// insertColumns finds the columns of an INSERT's list, or all.
func (t *translator) insertColumns(names []string, def *tableDef) []*columnDef {
	var out []*columnDef
	if names == nil {
		for i := range def.Columns {
			out = append(out, &def.Columns[i])
		}
		return out
	}
	for _, n := range names {
		c := def.column(n)
		switch {
		case c == nil:
			t.fail(oraErr(904, `"`+n+`"`))
			return nil
		case slices.Contains(out, c):
			t.fail(oraErr(957))
			return nil
		}
		out = append(out, c)
	}
	return out
}

func (t *translator) insertValues(exprs []*expr, schema string, def *tableDef, cols []*columnDef, values *[]string) {
	if len(exprs) != len(cols) {
		code := 947
		if len(exprs) > len(cols) {
			code = 913
		}
		t.fail(oraErr(code))
		return
	}
	for i, x := range exprs {
		c := cols[i]
		if x == nil {
			v, ok := t.columnDefault(schema, def, c)
			if !ok {
				v = "NULL"
			}
			*values = append(*values, v)
			continue
		}
		if c.Identity != nil && c.Identity.Always {
			t.fail(oraErr(32795))
			return
		}
		*values = append(*values, t.orDefault(t.assign(t.value(x, &scope{noAgg: "VALUES"}), schema, def.Name, c), schema, def, c))
	}
}

// orDefault adds what DEFAULT ON NULL demands.
func (t *translator) orDefault(sql, schema string, def *tableDef, c *columnDef) string {
	if !c.OnNull {
		return sql
	}
	// A sequence moves on only for rows that need it.
	once := t.seqOnce
	t.seqOnce = false
	v, _ := t.columnDefault(schema, def, c)
	t.seqOnce = once
	return call("coalesce", sql, v)
}

// insertRows translates INSERT ... SELECT.
func (t *translator) insertRows(q *query, schema string, def *tableDef, cols []*columnDef, values *[]string) string {
	t.seqQuery = true
	r := t.query(q, nil)
	t.seqQuery = false
	if t.err != nil {
		return ""
	}
	if len(r.cols) != len(cols) {
		code := 947
		if len(r.cols) > len(cols) {
			code = 913
		}
		t.fail(oraErr(code))
		return ""
	}
	ref := t.newAlias()
	for i, c := range cols {
		if c.Identity != nil && c.Identity.Always {
			t.fail(oraErr(32795))
			return ""
		}
		v := val{sql: ref + "." + columnName(i), t: r.cols[i].t, nullable: true}
		*values = append(*values, t.orDefault(t.assign(v, schema, def.Name, c), schema, def, c))
	}
	// The condition keeps SQLite from reading ON CONFLICT into what follows.
	return " FROM (" + r.sql + ") AS " + ref + " WHERE 1"
}

// columnDefault is a column's DEFAULT or next identity value; ok is false if
// it has neither.
func (t *translator) columnDefault(schema string, def *tableDef, c *columnDef) (string, bool) {
	switch {
	case c.Identity != nil && t.seqOnce:
		return t.param(param{kind: paramNextval, owner: schema, name: c.Identity.Sequence}), true
	case c.Identity != nil:
		return call("ora_nextval", lit(schema), lit(c.Identity.Sequence), t.param(param{kind: paramSession})), true
	case c.Default == "":
		return "", false
	}
	x, err := parseExpr(c.Default)
	if err != nil {
		t.fail(err)
		return "NULL", true
	}
	user, current, seqOK, noBinds := t.user, t.schema, t.seqOK, t.noBinds
	t.user, t.schema, t.seqOK = schema, schema, true
	v := t.assign(t.value(x, &scope{noAgg: "DEFAULT"}), schema, def.Name, c)
	t.user, t.schema, t.seqOK, t.noBinds = user, current, seqOK, noBinds
	return v, true
}

// parseExpr reads an expression that the catalog holds as text.
func parseExpr(text string) (*expr, error) {
	toks, lexErr := lex(text)
	if lexErr != nil {
		return nil, lexErr
	}
	p := &parser{sql: text, toks: toks}
	x := p.expression()
	if p.err == nil && p.peek().kind != tokEOF {
		p.fail(oraErr(933))
	}
	if p.err != nil {
		return nil, p.err
	}
	return x, nil
}

// returning translates RETURNING ... INTO; SQLite wants columns bare there.
func (t *translator) returning(r returning, schema string, def *tableDef, alias string) {
	if t.err != nil || len(r.exprs) == 0 {
		return
	}
	if alias == "" {
		alias = def.Name
	}
	sc := &scope{sources: []*source{{name: alias, schema: schema, cols: tableCols(def), table: def.Name}}, noAgg: "RETURNING"}
	var items []string
	for i, x := range r.exprs {
		walk(x, func(y *expr) bool {
			if y.kind == eSubquery || y.sub != nil {
				t.failAt(y, unsupported("subqueries in RETURNING"))
			}
			return true
		})
		v := t.value(x, sc)
		items = append(items, v.sql+" AS "+columnName(i))
		t.tr.columns = append(t.tr.columns, t.describe(outCol{name: "R", t: v.t}))
	}
	t.tr.out = r.into
	t.tr.sql += " RETURNING " + strings.Join(items, ",")
}
