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
	v, ok := t.columnDefault(schema, def, c)
	if !ok || strings.HasPrefix(v, "?") {
		// A sequence moves on only for rows that need it.
		if c.Identity != nil && ok {
			v = call("ora_nextval", lit(schema), lit(c.Identity.Sequence), t.param(param{kind: paramSession}))
		}
	}
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
	sc := &scope{sources: []*source{{name: alias, schema: schema, cols: tableCols(def)}}, noAgg: "RETURNING"}
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

// dmlScope makes the scope of UPDATE and DELETE.
func (t *translator) dmlScope(n objectName, alias, privilege string) (*scope, string) {
	schema, def := t.table(n, privilege)
	if t.err != nil {
		return nil, ""
	}
	t.tr.target = &target{schema: schema, table: def, verb: privilege, update: privilege == "UPDATE"}
	name := alias
	if name == "" {
		name = def.Name
	}
	sc := &scope{noAgg: privilege}
	return sc, t.addSource(sc, name, schema, tableSQL(schema, def.Name), tableCols(def))
}

func (t *translator) update(u *updateStmt) {
	sc, sql := t.dmlScope(u.table, u.alias, "UPDATE")
	if t.err != nil {
		return
	}
	def := t.tr.target.table
	sets := t.setClauses(u.sets, t.tr.target, sc)
	t.tr.sql = t.sized("UPDATE " + sql + " SET " + strings.Join(sets, ",") + t.dmlWhere(u.where, sc))
	t.returning(u.returning, t.tr.target.schema, def, u.alias)
}

func (t *translator) setClauses(clauses []setClause, tg *target, sc *scope) []string {
	var sets []string
	seen := map[string]bool{}
	t.seqOK = true
	for _, s := range clauses {
		cols := t.insertColumns(s.cols, tg.table)
		for _, c := range cols {
			if seen[c.Name] {
				t.fail(oraErr(957))
			}
			seen[c.Name] = true
			tg.unique = tg.unique || tg.table.inUnique(c.Name)
			if c.Identity != nil && c.Identity.Always {
				t.fail(oraErr(32796))
			}
		}
		if t.err != nil {
			return nil
		}
		sets = append(sets, t.setClause(s, cols, tg, sc))
	}
	t.seqOK = false
	return sets
}

func (t *translator) setClause(s setClause, cols []*columnDef, tg *target, sc *scope) string {
	if s.sub == nil {
		c := cols[0]
		if s.value == nil {
			v, ok := t.columnDefault(tg.schema, tg.table, c)
			if !ok {
				v = "NULL"
			}
			return quote(c.Name) + "=" + v
		}
		return quote(c.Name) + "=" + t.assign(t.value(s.value, sc), tg.schema, tg.table.Name, c)
	}
	q := t.query(s.sub, sc)
	if t.err != nil {
		return ""
	}
	if len(q.cols) != len(cols) {
		code := 947
		if len(q.cols) > len(cols) {
			code = 913
		}
		t.fail(oraErr(code))
		return ""
	}
	names, items := make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i] = quote(c.Name)
		items[i] = t.assign(val{sql: columnName(i), t: q.cols[i].t, nullable: true}, tg.schema, tg.table.Name, c)
	}
	if !t.singleRow(s.sub) {
		items[0] = call("ora_single", items[0], "row_number() OVER ()")
		return "(" + strings.Join(names, ",") + ")=(SELECT " + strings.Join(items, ",") + " FROM (" + q.sql + ") ORDER BY row_number() OVER () DESC LIMIT 1)"
	}
	return "(" + strings.Join(names, ",") + ")=(SELECT " + strings.Join(items, ",") + " FROM (" + q.sql + "))"
}

// inUnique reports whether a column is part of a unique index.
func (d *tableDef) inUnique(col string) bool {
	for _, c := range d.Constraints {
		if (c.Kind == "P" || c.Kind == "U") && slices.Contains(c.Columns, col) {
			return true
		}
	}
	for _, x := range d.Indexes {
		if x.Unique {
			return true
		}
	}
	return false
}

// dmlWhere translates the WHERE of UPDATE and DELETE with its ROWNUM limit.
func (t *translator) dmlWhere(where *expr, sc *scope) string {
	if where == nil {
		return ""
	}
	b := &block{s: &selectBlock{where: where}, sc: sc}
	noAgg := sc.noAgg
	t.blockWhere(b)
	sc.noAgg = noAgg
	if b.limit == "" {
		return whereSQL(b.where)
	}
	tg := t.tr.target
	ref := sc.sources[0].ref
	return " WHERE " + ref + ".rowid IN (SELECT " + ref + ".rowid FROM " + tableSQL(tg.schema, tg.table.Name) + " AS " + ref +
		whereSQL(b.where) + " LIMIT " + b.limit + ")"
}

func (t *translator) delete(d *deleteStmt) {
	sc, sql := t.dmlScope(d.table, d.alias, "DELETE")
	if t.err != nil {
		return
	}
	t.tr.sql = "DELETE FROM " + sql + t.dmlWhere(d.where, sc)
	t.returning(d.returning, t.tr.target.schema, t.tr.target.table, d.alias)
}

// merge becomes up to three statements: UPDATE, DELETE and INSERT of what the
// ON condition does not find. Columns of ON cannot be updated, so that the
// order does not matter.
func (t *translator) merge(m *mergeStmt) {
	sc, into := t.dmlScope(m.into, m.alias, "UPDATE")
	if t.err != nil {
		return
	}
	tg := t.tr.target
	tg.verb = "MERGE"
	ref := sc.sources[0].ref
	using := t.tableRef(m.using, sc)
	on := t.cond(m.on, sc)
	if strings.Contains(using, tableSQL(tg.schema, tg.table.Name)) {
		t.fail(unsupported("MERGE of a table with itself"))
	}
	if t.err != nil {
		return
	}
	var all []string
	if m.matched {
		all = append(all, t.mergeUpdate(m, sc, into, using, on)...)
	}
	if m.unmatched {
		all = append(all, t.mergeInsert(m, sc, into, using, on))
	}
	if t.err != nil {
		return
	}
	t.tr.sql, t.tr.more = all[0], all[1:]
	if m.matched {
		t.tr.before = []string{"SELECT 1 FROM " + into + " JOIN " + using + " ON " + on + " GROUP BY " + ref + ".rowid HAVING count(*)>1 LIMIT 1"}
	}
}

func (t *translator) mergeUpdate(m *mergeStmt, sc *scope, into, using, on string) []string {
	tg := t.tr.target
	for _, s := range m.sets {
		for _, name := range s.cols {
			walk(m.on, func(x *expr) bool {
				if x.kind == eColumn && x.parts[len(x.parts)-1] == name {
					if c, n := (&scope{sources: sc.sources[:1]}).find(x.parts); n == 1 {
						t.failAt(x, oraErr(38104, `"`+c.name+`"`))
					}
				}
				return true
			})
		}
	}
	if m.deleteWhere != nil {
		t.fail(unsupported("MERGE with DELETE"))
	}
	sets := t.setClauses(m.sets, tg, sc)
	sql := "UPDATE " + into + " SET " + strings.Join(sets, ",") + " FROM " + using + " WHERE " + on
	if m.updateWhere != nil {
		sql += " AND " + t.cond(m.updateWhere, sc)
	}
	return []string{t.sized(sql)}
}

func (t *translator) mergeInsert(m *mergeStmt, sc *scope, into, using, on string) string {
	tg := t.tr.target
	cols := t.insertColumns(m.cols, tg.table)
	if t.err != nil {
		return ""
	}
	if len(cols) != len(m.values) {
		t.fail(oraErr(947))
		return ""
	}
	source := &scope{sources: sc.sources[1:], noAgg: "MERGE"}
	var names, values []string
	t.seqOK = true
	for i, c := range cols {
		names = append(names, quote(c.Name))
		if m.values[i] == nil {
			v, ok := t.columnDefault(tg.schema, tg.table, c)
			if !ok {
				v = "NULL"
			}
			values = append(values, v)
			continue
		}
		values = append(values, t.assign(t.value(m.values[i], source), tg.schema, tg.table.Name, c))
	}
	for i := range tg.table.Columns {
		c := &tg.table.Columns[i]
		if v, ok := t.columnDefault(tg.schema, tg.table, c); ok && !slices.Contains(cols, c) {
			names = append(names, quote(c.Name))
			values = append(values, v)
		}
	}
	t.seqOK = false
	sql := "INSERT INTO " + tableSQL(tg.schema, tg.table.Name) + "(" + strings.Join(names, ",") + ") SELECT " + strings.Join(values, ",") +
		" FROM " + using + " WHERE NOT EXISTS (SELECT 1 FROM " + into + " WHERE " + on + ")"
	if m.insertWhere != nil {
		sql += " AND " + t.cond(m.insertWhere, source)
	}
	return t.sized(sql)
}
