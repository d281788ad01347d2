package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// alterTable applies all actions to the definition and builds the table anew.
func (s *Session) alterTable(ctx context.Context, st *stmt) error {
	schema, c, old, err := s.own(ctx, st.table.name)
	if err != nil {
		return err
	}
	def := old.copy()
	copies := map[string]string{} // new column -> SQL over the old table
	for _, col := range old.Columns {
		copies[col.Name] = quote(col.Name)
	}
	a := &alteration{s: s, ctx: ctx, schema: schema, c: c, old: old, def: def, copies: copies}
	for _, action := range st.table.actions {
		if action.verb == "RENAME" {
			if len(st.table.actions) > 1 {
				return unsupported("RENAME TO with other actions")
			}
			return s.renameTable(ctx, schema, c, def, action.new)
		}
		if err := a.apply(action); err != nil {
			return err
		}
	}
	if !a.changed {
		return nil
	}
	without := *c
	without.tables = map[string]*tableDef{}
	for n, d := range c.tables {
		if n != old.Name {
			without.tables[n] = d
		}
	}
	if err := s.finish(ctx, schema, &without, def); err != nil {
		return err
	}
	err = s.alone(ctx, schema, func() error {
		for _, child := range a.children {
			if err := s.rebuild(ctx, schema, c.tables[child.Name], child, nil); err != nil {
				return err
			}
		}
		return s.rebuild(ctx, schema, old, def, copies)
	})
	if err != nil {
		return err
	}
	return s.identitySequences(ctx, schema, def)
}

type alteration struct {
	s        *Session
	ctx      context.Context
	schema   string
	c        *catalog
	old, def *tableDef
	copies   map[string]string
	children []*tableDef
	changed  bool
}

func (a *alteration) apply(x alterAction) error {
	if x.verb == "NOTHING" {
		return nil
	}
	a.changed = true
	switch x.verb {
	case "ADD":
		return a.addColumn(x.column)
	case "ADD CONSTRAINT":
		return a.addConstraint(x.constraint)
	case "MODIFY":
		return a.modify(x.column)
	case "DROP COLUMN":
		return a.dropColumns(x)
	case "RENAME COLUMN":
		return a.renameColumn(x.old, x.new)
	case "DROP CONSTRAINT", "DROP PRIMARY KEY", "DROP UNIQUE":
		return a.dropConstraint(x)
	case "RENAME CONSTRAINT", "ENABLE", "DISABLE":
		for i := range a.def.Constraints {
			k := &a.def.Constraints[i]
			if k.Name == x.old {
				switch x.verb {
				case "RENAME CONSTRAINT":
					k.Name, k.Generated = x.new, false
				default:
					k.Disabled = x.verb == "DISABLE"
				}
				return nil
			}
		}
		return oraErr(2430, x.old)
	}
	return unsupported("ALTER TABLE %s", x.verb)
}

func (a *alteration) addConstraint(k constraintDef) error {
	if k.Kind == "P" {
		for _, have := range a.def.Constraints {
			if have.Kind == "P" {
				return oraErr(2260)
			}
		}
	}
	if k.Name != "" && a.c.constraintNames()[k.Name] {
		return oraErr(2264)
	}
	if (k.Kind == "P" || k.Kind == "U") && a.def.keyOf(k.Columns) != nil {
		return oraErr(2261)
	}
	a.def.Constraints = append(a.def.Constraints, k)
	return nil
}

func (a *alteration) addColumn(c columnDef) error {
	if a.def.column(c.Name) != nil {
		return oraErr(1430)
	}
	if c.Identity != nil {
		return unsupported("adding an identity column")
	}
	a.def.Columns = append(a.def.Columns, c)
	empty, err := a.empty("1")
	if err != nil {
		return err
	}
	if c.Default == "" {
		if c.NotNull && !empty {
			return oraErr(1758)
		}
		return nil
	}
	t := a.s.translator(a.ctx, &stmt{}, nil)
	v, _ := t.columnDefault(a.schema, a.def, &c)
	if t.err == nil && len(t.tr.params) > 0 {
		// The rows that are there get what the expression is now.
		args, err := a.s.arguments(t.tr, nil)
		if err != nil {
			return err
		}
		now, err := a.s.conn.one(a.ctx, "SELECT "+v, args...)
		if err != nil {
			return err
		}
		v = dictValue(now)
	}
	a.copies[c.Name] = v
	return t.err
}

// empty reports whether no row fulfils a condition.
func (a *alteration) empty(cond string) (bool, error) {
	n, err := a.s.conn.number(a.ctx, "SELECT count(*) FROM (SELECT 1 FROM "+tableSQL(a.schema, a.old.Name)+" WHERE "+cond+" LIMIT 1)")
	return n == 0, err
}

func (a *alteration) modify(c columnDef) error {
	col := a.def.column(c.Name)
	if col == nil {
		return oraErr(904, `"`+c.Name+`"`)
	}
	if c.Identity != nil {
		return unsupported("MODIFY to an identity column")
	}
	if c.defaultGiven {
		col.Default, col.OnNull = c.Default, c.OnNull
		if strings.EqualFold(c.Default, "NULL") {
			col.Default = ""
		}
	}
	if c.nullGiven {
		switch {
		case c.NotNull && col.NotNull:
			return oraErr(1442)
		case !c.NotNull && !col.NotNull:
			return oraErr(1451)
		}
		col.NotNull, col.NotNullName = c.NotNull, c.NotNullName
	}
	if !c.typeGiven {
		return nil
	}
	return a.retype(col, c.Type)
}

// retype changes a column's type within what Oracle allows for filled columns.
func (a *alteration) retype(col *columnDef, to columnType) error {
	from := col.Type
	empty, err := a.empty(quote(col.Name) + " IS NOT NULL")
	if err != nil {
		return err
	}
	col.Type = to
	if empty {
		return nil
	}
	place := `"` + a.schema + `"."` + a.def.Name + `"."` + col.Name + `"`
	t := a.s.translator(a.ctx, &stmt{}, nil)
	switch {
	case from.Type != to.Type && (!isText(from.Type) || !isText(to.Type)) && (from.Type != Date || to.Type != Timestamp):
		return oraErr(1439)
	case from.Type == Number:
		if to.Prec != 0 && (from.Prec == 0 || to.Prec-to.Scale < from.Prec-from.Scale || to.Scale < from.Scale) {
			return oraErr(1440)
		}
	case from.Type == Char && to.Type == Varchar2, from.Type == Date:
	case isText(from.Type) || from.Type == Raw:
		if to.Size < from.Size || to.Chars < from.Chars {
			limit := fmt.Sprintf("length(%s)>%d", quote(col.Name), to.Size)
			if !to.CharSem && isText(from.Type) {
				limit = fmt.Sprintf("octet_length(%s)>%d", quote(col.Name), to.Size)
			}
			fits, err := a.empty(limit)
			if err != nil {
				return err
			}
			if !fits || from.Type == Char {
				return oraErr(1441)
			}
		}
	}
	v := val{sql: quote(col.Name), t: from}
	a.copies[col.Name] = t.fit(t.convert(v, to), from, to, place)
	return t.err
}

func (a *alteration) dropColumns(x alterAction) error {
	for _, name := range x.names {
		i := slices.IndexFunc(a.def.Columns, func(c columnDef) bool { return c.Name == name })
		if i < 0 {
			return oraErr(904, `"`+name+`"`)
		}
		if len(a.def.Columns) == 1 {
			return oraErr(12983)
		}
		for _, k := range a.def.Constraints {
			uses := slices.Contains(k.Columns, name) || k.Kind == "C" && mentions(k.Check, name)
			if uses && len(k.Columns) > 1 && !x.cascade || k.Kind == "C" && uses && k.Columns == nil && a.checkSeveral(k, name) && !x.cascade {
				return oraErr(12991)
			}
			if uses && a.referenced(k) {
				return oraErr(12992)
			}
		}
		a.def.Constraints = slices.DeleteFunc(a.def.Constraints, func(k constraintDef) bool {
			return slices.Contains(k.Columns, name) || k.Kind == "C" && mentions(k.Check, name)
		})
		a.def.Indexes = slices.DeleteFunc(a.def.Indexes, func(ix indexDef) bool {
			for i, term := range ix.Terms {
				if term == name || ix.IsExpr[i] && mentions(term, name) {
					return true
				}
			}
			return false
		})
		a.def.Columns = slices.Delete(a.def.Columns, i, i+1)
		delete(a.copies, name)
	}
	return nil
}

// mentions reports whether an expression's text names a column.
func mentions(text, name string) bool {
	toks, err := lex(text)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(toks, func(t token) bool { return t.text == name && (t.kind == tokWord || t.kind == tokQuoted) })
}

// checkSeveral reports whether a check names a second column.
func (a *alteration) checkSeveral(k constraintDef, name string) bool {
	return slices.ContainsFunc(a.def.Columns, func(c columnDef) bool { return c.Name != name && mentions(k.Check, c.Name) })
}

// referenced reports whether a foreign key of another table needs a key.
func (a *alteration) referenced(k constraintDef) bool {
	if k.Kind != "P" && k.Kind != "U" {
		return false
	}
	for _, d := range a.c.tables {
		for _, f := range d.Constraints {
			if f.Kind == "R" && f.RefTable == a.old.Name && a.old.keyOf(f.RefCols) != nil && a.old.keyOf(f.RefCols).Name == k.Name {
				return true
			}
		}
	}
	return false
}

func (a *alteration) renameColumn(old, name string) error {
	col := a.def.column(old)
	switch {
	case col == nil:
		return oraErr(904, `"`+old+`"`)
	case a.def.column(name) != nil:
		return oraErr(957)
	}
	for _, k := range a.def.Constraints {
		if k.Kind == "C" && mentions(k.Check, old) {
			return unsupported("renaming a column that a check uses")
		}
		if slices.Contains(k.Columns, old) && a.referenced(k) || k.Kind == "R" && k.RefTable == a.old.Name {
			return unsupported("renaming a column that a foreign key refers to")
		}
	}
	for _, ix := range a.def.Indexes {
		for i, term := range ix.Terms {
			if ix.IsExpr[i] && mentions(term, old) {
				return unsupported("renaming a column that an index computes with")
			}
			if term == old {
				ix.Terms = slices.Clone(ix.Terms)
				ix.Terms[i] = name
			}
		}
	}
	for i := range a.def.Constraints {
		cols := slices.Clone(a.def.Constraints[i].Columns)
		for j := range cols {
			if cols[j] == old {
				cols[j] = name
			}
		}
		a.def.Constraints[i].Columns = cols
	}
	for i := range a.def.Indexes {
		terms := slices.Clone(a.def.Indexes[i].Terms)
		for j := range terms {
			if terms[j] == old && !a.def.Indexes[i].IsExpr[j] {
				terms[j] = name
			}
		}
		a.def.Indexes[i].Terms = terms
	}
	col.Name = name
	a.copies[name] = a.copies[old]
	delete(a.copies, old)
	return nil
}

func (a *alteration) dropConstraint(x alterAction) error {
	for i := range a.def.Columns {
		if c := &a.def.Columns[i]; x.old != "" && c.NotNullName == x.old {
			c.NotNull, c.NotNullName = false, ""
			return nil
		}
	}
	i := slices.IndexFunc(a.def.Constraints, func(k constraintDef) bool {
		switch x.verb {
		case "DROP PRIMARY KEY":
			return k.Kind == "P"
		case "DROP UNIQUE":
			return k.Kind == "U" && slices.Equal(k.Columns, x.names)
		}
		return k.Name == x.old
	})
	if i < 0 {
		if x.verb == "DROP CONSTRAINT" {
			return oraErr(2443)
		}
		return &Error{Code: 2441, Message: "Cannot drop nonexistent primary key"}
	}
	if a.referenced(a.def.Constraints[i]) {
		if !x.cascade {
			return oraErr(2273)
		}
		return unsupported("DROP CONSTRAINT ... CASCADE of a key that is referred to")
	}
	a.def.Constraints = slices.Delete(a.def.Constraints, i, i+1)
	return nil
}
