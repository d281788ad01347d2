package sqldb

import (
	"slices"
	"strings"
)

// A source is one table of a FROM clause.
type source struct {
	name   string // by which columns are qualified
	schema string
	ref    string // alias in SQLite
	cols   []outCol

	table      string // whose rows these are, if a table's: they have a ROWID
	dictionary bool   // a view of the data dictionary, without all its columns
}

// An outCol is a column that a source or query offers.
type outCol struct {
	name     string
	sql      string // how to refer to it
	t        columnType
	nullable bool
	hidden   bool // half of a USING column
	alias    bool // named by AS
}

// A scope resolves names. The scopes of enclosing queries are its parents.
type scope struct {
	parent  *scope
	sources []*source
	merged  []outCol // columns of USING
	grouped bool
	keys    map[string]bool // what the query is grouped by, as SQL
	hasKeys bool
	inAgg   int
	rownum  string // how ROWNUM is computed; empty when it cannot be
	noAgg   string // why aggregates are not allowed, if they are not
}

func (s *scope) wantsAgg() bool { return s != nil && s.grouped && s.inAgg == 0 }

// column resolves a name, from the innermost scope outwards.
func (t *translator) column(x *expr, sc *scope) val {
	parts := x.parts
	name := parts[len(parts)-1]
	if (name == "NEXTVAL" || name == "CURRVAL") && len(parts) > 1 {
		return t.sequence(x)
	}
	for at := sc; at != nil; at = at.parent {
		col, n := at.find(parts)
		if n > 1 {
			return t.failAt(x, oraErr(918))
		}
		if n == 0 {
			continue
		}
		if at.wantsAgg() && !at.keys[col.sql] {
			if at.hasKeys {
				return t.failAt(x, oraErr(979))
			}
			return t.failAt(x, oraErr(937))
		}
		return val{sql: col.sql, t: col.t, nullable: col.nullable}
	}
	switch {
	case name == "ROWID" && len(parts) > 1:
		return t.rowid(x, sc, parts[len(parts)-2])
	case name == "ORA_ROWSCN":
		return t.failAt(x, unsupported("%s", name))
	case sc.asksDictionary(parts):
		return t.failAt(x, unsupported("column %s of the data dictionary", name))
	case len(parts) == 1 && (name == "TRUE" || name == "FALSE"):
		return t.failAt(x, unsupported("BOOLEAN"))
	case len(parts) == 1 && t.isBareFunction(name):
		return t.function(&expr{kind: eFunc, text: name, bare: true, pos: x.pos}, sc)
	}
	return t.failAt(x, oraErr(904, quotedParts(parts)))
}

// asksDictionary reports whether a column that was not found may be one that
// Oracle's data dictionary has.
func (s *scope) asksDictionary(parts []string) bool {
	for ; s != nil; s = s.parent {
		for _, src := range s.sources {
			if src.dictionary && (len(parts) == 1 || src.name == parts[len(parts)-2]) {
				return true
			}
		}
	}
	return false
}

func (t *translator) isBareFunction(name string) bool {
	switch name {
	case "SYSTIMESTAMP", "CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP", "SESSIONTIMEZONE", "DBTIMEZONE":
		return true
	}
	return false
}

func quotedParts(parts []string) string {
	return `"` + strings.Join(parts, `"."`) + `"`
}

// find looks for a column in one scope and tells how many there are.
func (s *scope) find(parts []string) (outCol, int) {
	name := parts[len(parts)-1]
	var found outCol
	n := 0
	if len(parts) == 1 {
		for _, c := range s.merged {
			if c.name == name {
				return c, 1
			}
		}
	}
	for _, src := range s.sources {
		if len(parts) > 1 && src.name != parts[len(parts)-2] || len(parts) > 2 && src.schema != parts[0] {
			continue
		}
		for _, c := range src.cols {
			if c.name == name && (len(parts) > 1 || !c.hidden) {
				found = c
				n++
			}
		}
	}
	return found, n
}

// star expands * or t.*.
func (t *translator) star(x *expr, sc *scope) []outCol {
	var out []outCol
	hit := false
	if len(x.parts) == 0 {
		out = append(out, sc.merged...)
	}
	for _, src := range sc.sources {
		if n := len(x.parts); n > 0 && (src.name != x.parts[n-1] || n > 1 && src.schema != x.parts[0]) {
			continue
		}
		hit = true
		for _, c := range src.cols {
			if len(x.parts) > 0 || !c.hidden {
				out = append(out, c)
			}
		}
	}
	if !hit {
		t.failAt(x, oraErr(904, quotedParts(x.parts)))
	}
	for _, c := range out {
		if sc.wantsAgg() && !sc.keys[c.sql] {
			t.failAt(x, oraErr(979))
		}
	}
	return out
}

// from translates a FROM clause and fills the scope.
func (t *translator) from(refs []*tableRef, sc *scope) string {
	var parts []string
	for i, r := range refs {
		sql := t.tableRef(r, sc)
		if i > 0 && r.join != "" {
			sql = "(" + sql + ")"
		}
		parts = append(parts, sql)
	}
	return strings.Join(parts, " JOIN ")
}

func (t *translator) tableRef(r *tableRef, sc *scope) string {
	if t.err != nil {
		return ""
	}
	switch {
	case r.join != "":
		return t.join(r, sc)
	case r.sub != nil:
		q := t.query(r.sub, sc.parent)
		src := t.derived(r.alias, q)
		sc.sources = append(sc.sources, src)
		return "(" + q.sql + ") AS " + src.ref
	}
	return t.namedTable(r, sc)
}

// derived makes a source of a query's columns.
func (t *translator) derived(name string, q queryResult) *source {
	src := &source{name: name, ref: t.newAlias()}
	for _, c := range q.cols {
		c.sql = src.ref + "." + c.sql
		src.cols = append(src.cols, c)
	}
	return src
}

func (t *translator) namedTable(r *tableRef, sc *scope) string {
	name := r.alias
	if name == "" {
		name = r.name.name
	}
	if r.name.schema == "" {
		for _, c := range slices.Backward(t.ctes) {
			if c.name == r.name.name {
				return t.addSource(sc, name, "", c.ref, c.cols)
			}
		}
	}
	if sql, cols, ok := t.builtin(r.name); ok {
		ref := t.addSource(sc, name, "SYS", "("+sql+")", cols)
		sc.sources[len(sc.sources)-1].dictionary = r.name.name != "DUAL"
		return ref
	}
	schema, c := t.lookup(r.name)
	if c == nil {
		return ""
	}
	if schema != t.user && !t.rights.mayOn("SELECT", schema, r.name.name) && !t.rights.mayOn("READ", schema, r.name.name) {
		code := 942
		if t.rights.sees(schema, r.name.name) {
			code = 1031
		}
		t.fail(oraErr(code).at(r.name.pos))
		return ""
	}
	if v := c.views[r.name.name]; v != nil {
		q := t.view(schema, v)
		return t.addSource(sc, name, schema, "("+q.sql+")", q.cols)
	}
	def := c.tables[r.name.name]
	if def == nil {
		t.fail(oraErr(942).at(r.name.pos))
		return ""
	}
	return t.addTable(sc, name, schema, def)
}

// addTable adds a table as a source whose rows can be told apart.
func (t *translator) addTable(sc *scope, name, schema string, def *tableDef) string {
	ref := t.addSource(sc, name, schema, tableSQL(schema, def.Name), tableCols(def))
	sc.sources[len(sc.sources)-1].table = def.Name
	return ref
}

// addSource adds a table under a new alias; the columns' sql is relative.
func (t *translator) addSource(sc *scope, name, schema, sql string, cols []outCol) string {
	src := &source{name: name, schema: schema, ref: t.newAlias()}
	for _, c := range cols {
		c.sql = src.ref + "." + c.sql
		src.cols = append(src.cols, c)
	}
	sc.sources = append(sc.sources, src)
	return t.sized(sql + " AS " + src.ref)
}

func tableCols(def *tableDef) []outCol {
	out := make([]outCol, len(def.Columns))
	for i, c := range def.Columns {
		out[i] = outCol{name: c.Name, sql: quote(c.Name), t: c.Type, nullable: !def.notNull(c.Name)}
	}
	return out
}

// view translates a view's text where it is used.
func (t *translator) view(schema string, v *viewDef) queryResult {
	if t.views++; t.views > 20 {
		t.fail(unsupported("views nested so deep"))
		return queryResult{}
	}
	st, err := parse(v.Text)
	if err != nil {
		t.fail(err)
		return queryResult{}
	}
	// A view sees what its owner sees, not what the user sees.
	ctes, user, current, may := t.ctes, t.user, t.schema, t.rights
	if schema != user {
		if t.rights, err = t.s.db.rights(t.ctx, schema); err != nil {
			t.fail(err)
		}
	}
	t.ctes, t.user, t.schema = nil, schema, schema
	q := t.query(st.query, nil)
	t.ctes, t.user, t.schema, t.rights = ctes, user, current, may
	t.views--
	for i := range q.cols {
		if i < len(v.Columns) {
			q.cols[i].name = v.Columns[i]
		}
	}
	return q
}
