package sqldb

import (
	"slices"
	"strings"
)

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
