package sqldb

import (
	"context"
	"fmt"
	"slices"
)

// partialSuffix marks the second index of a unique constraint over several
// columns that may be NULL.
const partialSuffix = "~"

func indexSQLName(name string) string { return "i:" + name }

func (s *Session) createTable(ctx context.Context, st *stmt) error {
	t := st.table
	schema, c, err := s.owner(ctx, t.name, "CREATE TABLE")
	if err != nil {
		return err
	}
	if err := s.free(ctx, schema, c, t.name.name); err != nil {
		if t.ifNotExists {
			return nil
		}
		return err
	}
	def := t.def.copy()
	var rows *translation
	if t.as != nil {
		if rows, err = s.tableAs(ctx, st, def); err != nil {
			return err
		}
	}
	if err := s.finish(ctx, schema, c, def); err != nil {
		return err
	}
	err = s.alone(ctx, schema, func() error {
		if err := s.build(ctx, schema, def, def.Name); err != nil {
			return err
		}
		if rows != nil {
			args, err := s.arguments(rows, nil)
			if err != nil {
				return err
			}
			if _, err := s.conn.exec(ctx, "INSERT INTO "+tableSQL(schema, def.Name)+" "+rows.sql, args...); err != nil {
				return s.mapError(err, &target{schema: schema, table: def})
			}
		}
		if err := s.buildIndexes(ctx, schema, def); err != nil {
			return err
		}
		return s.saveTable(ctx, schema, def)
	})
	if err != nil {
		return err
	}
	return s.identitySequences(ctx, schema, def)
}

// tableAs takes the columns of CREATE TABLE ... AS SELECT from the query.
func (s *Session) tableAs(ctx context.Context, st *stmt, def *tableDef) (*translation, error) {
	t := s.translator(ctx, st, nil)
	t.seqQuery = true
	q := t.query(st.table.as, nil)
	if t.err != nil {
		return nil, t.err
	}
	if len(def.Columns) > 0 {
		return nil, unsupported("column lists in CREATE TABLE ... AS SELECT")
	}
	for _, col := range q.cols {
		switch {
		case !col.alias && !plainName(col.name):
			return nil, &Error{Code: 998, Message: "must name this expression with a column alias"}
		case col.t.Type == untyped:
			return nil, oraErr(1723)
		}
		def.Columns = append(def.Columns, columnDef{Name: col.name, Type: col.t})
	}
	t.tr.sql = q.sql
	return t.tr, nil
}

// finish checks a definition and names what has no name.
func (s *Session) finish(ctx context.Context, schema string, c *catalog, def *tableDef) error {
	for i, col := range def.Columns {
		for _, other := range def.Columns[:i] {
			if other.Name == col.Name {
				return oraErr(957)
			}
		}
	}
	if err := nameConstraints(c, def); err != nil {
		return err
	}
	for i := range def.Columns {
		col := &def.Columns[i]
		if col.Identity != nil && col.Identity.Sequence == "" {
			if col.Type.Type != Number {
				return &Error{Code: 30675, Message: "identity column must be a numeric type"}
			}
			col.Identity.Sequence = fmt.Sprintf("ISEQ$$_%d", 70000+c.version)
		}
	}
	primary := 0
	for i := range def.Constraints {
		k := &def.Constraints[i]
		if k.Kind == "P" {
			primary++
		}
		if err := s.checkConstraint(schema, c, def, k); err != nil {
			return err
		}
	}
	if primary > 1 {
		return oraErr(2260)
	}
	return s.checkDefaults(ctx, schema, def)
}

// nameConstraints gives names to the constraints that have none; those that
// were given must be free.
func nameConstraints(c *catalog, def *tableDef) error {
	var names []*string
	for i := range def.Columns {
		if def.Columns[i].NotNull {
			names = append(names, &def.Columns[i].NotNullName)
		}
	}
	for i := range def.Constraints {
		k := &def.Constraints[i]
		k.Generated = k.Generated || k.Name == ""
		names = append(names, &k.Name)
	}
	taken := c.constraintNames()
	for _, n := range names {
		if *n != "" && taken[*n] {
			return oraErr(2264)
		}
		taken[*n] = *n != ""
	}
	generated := 8000
	for _, n := range names {
		for *n == "" {
			generated++
			if name := fmt.Sprintf("SYS_C%07d", generated); !taken[name] {
				*n, taken[name] = name, true
			}
		}
	}
	return nil
}

// constraintNames are the names of constraints in use in a schema.
func (c *catalog) constraintNames() map[string]bool {
	out := map[string]bool{}
	for _, d := range c.tables {
		for _, k := range d.Constraints {
			out[k.Name] = true
		}
		for _, col := range d.Columns {
			if col.NotNull {
				out[col.NotNullName] = true
			}
		}
	}
	return out
}

func (s *Session) checkConstraint(schema string, c *catalog, def *tableDef, k *constraintDef) error {
	for i, name := range k.Columns {
		col := def.column(name)
		switch {
		case col == nil:
			return oraErr(904, `"`+name+`"`)
		case slices.Contains(k.Columns[:i], name):
			return oraErr(957)
		case k.Kind != "C" && (isLob(col.Type.Type) || col.Type.Type == TimestampTZ):
			return oraErr(2329, col.Type.name())
		}
	}
	if k.Kind != "R" {
		return nil
	}
	if k.refSchema != "" && k.refSchema != schema {
		return unsupported("foreign keys into another schema")
	}
	parent := c.tables[k.RefTable]
	if k.RefTable == def.Name {
		parent = def
	}
	if parent == nil {
		return oraErr(942)
	}
	if k.RefCols == nil {
		for _, p := range parent.Constraints {
			if p.Kind == "P" {
				k.RefCols = p.Columns
			}
		}
		if k.RefCols == nil {
			return &Error{Code: 2268, Message: "referenced table does not have a primary key"}
		}
	}
	if len(k.RefCols) != len(k.Columns) {
		return &Error{Code: 2256, Message: "number of referencing columns must match referenced columns"}
	}
	if parent.keyOf(k.RefCols) == nil {
		return oraErr(2270)
	}
	for i, name := range k.Columns {
		a, b := def.column(name).Type.Type, parent.column(k.RefCols[i]).Type.Type
		if a != b {
			return oraErr(2267)
		}
	}
	return nil
}

// keyOf finds the primary or unique key over columns, in any order.
func (d *tableDef) keyOf(cols []string) *constraintDef {
	for i, k := range d.Constraints {
		if (k.Kind != "P" && k.Kind != "U") || len(k.Columns) != len(cols) {
			continue
		}
		all := true
		for _, c := range cols {
			all = all && slices.Contains(k.Columns, c)
		}
		if all {
			return &d.Constraints[i]
		}
	}
	return nil
}

// checkDefaults translates each DEFAULT once, to find what is wrong with it.
func (s *Session) checkDefaults(ctx context.Context, schema string, def *tableDef) error {
	for i := range def.Columns {
		c := &def.Columns[i]
		if c.Default == "" {
			continue
		}
		t := s.translator(ctx, &stmt{}, nil)
		t.columnDefault(schema, def, c)
		if t.err != nil {
			return t.err
		}
	}
	return nil
}

func (s *Session) identitySequences(ctx context.Context, schema string, def *tableDef) error {
	for _, c := range def.Columns {
		if c.Identity == nil || c.Identity.options == nil {
			continue
		}
		if err := s.db.createSequence(ctx, schema, c.Identity.Sequence, c.Identity.options); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) dropTable(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, def, err := s.own(ctx, m.name)
	if err != nil {
		if oe, ok := asError(err); ok && oe.Code == 942 && m.options["ifExists"] != "" {
			return nil
		}
		return err
	}
	var children []*tableDef
	for _, name := range sortedKeys(c.tables) {
		child := c.tables[name].copy()
		n := len(child.Constraints)
		child.Constraints = slices.DeleteFunc(child.Constraints, func(k constraintDef) bool { return k.Kind == "R" && k.RefTable == def.Name })
		if name != def.Name && len(child.Constraints) < n {
			children = append(children, child)
		}
	}
	if len(children) > 0 && !m.flag {
		return oraErr(2449)
	}
	err = s.alone(ctx, schema, func() error {
		for _, child := range children {
			if err := s.rebuild(ctx, schema, c.tables[child.Name], child, nil); err != nil {
				return err
			}
		}
		if _, err := s.conn.exec(ctx, "DROP TABLE "+tableSQL(schema, def.Name)); err != nil {
			return err
		}
		return s.dropEntry(ctx, schema, def.Name)
	})
	if err != nil {
		return err
	}
	for _, col := range def.Columns {
		if col.Identity != nil {
			if err := s.db.dropSequence(ctx, schema, col.Identity.Sequence); err != nil {
				return err
			}
		}
	}
	return s.db.forget(ctx, schema, def.Name)
}

func (s *Session) truncate(ctx context.Context, st *stmt) error {
	schema, c, def, err := s.own(ctx, st.misc.name)
	if err != nil {
		return err
	}
	for _, child := range c.tables {
		for _, k := range child.Constraints {
			if k.Kind == "R" && !k.Disabled && k.RefTable == def.Name && child.Name != def.Name {
				return oraErr(2266)
			}
		}
	}
	return s.alone(ctx, schema, func() error {
		_, err := s.conn.exec(ctx, "DELETE FROM "+tableSQL(schema, def.Name))
		return err
	})
}
