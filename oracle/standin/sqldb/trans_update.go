package sqldb

import (
	"slices"
	"strings"
)

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
	return sc, t.addTable(sc, name, schema, def)
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
