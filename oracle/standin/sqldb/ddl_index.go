package sqldb

import (
	"context"
	"slices"
	"strings"
)

func (s *Session) createIndex(ctx context.Context, st *stmt) error {
	m := st.misc
	table := objectName{schema: m.options["schema"], name: m.options["table"], pos: m.name.pos}
	schema, c, def, err := s.own(ctx, table)
	if err != nil {
		return err
	}
	if m.name.schema != "" && m.name.schema != schema {
		return unsupported("indexes in another schema than their table")
	}
	for _, d := range c.tables {
		for _, x := range d.Indexes {
			if x.Name == m.name.name {
				return oraErr(955)
			}
		}
		for _, k := range d.Constraints {
			if k.Name == m.name.name && (k.Kind == "P" || k.Kind == "U") {
				return oraErr(955)
			}
		}
	}
	ix := indexDef{Name: m.name.name, Unique: m.flag}
	for i, col := range m.cols {
		term, isExpr := m.names[i], true
		if col.x.kind == eColumn && len(col.x.parts) == 1 {
			term, isExpr = col.x.parts[0], false
			column := def.column(term)
			if column == nil {
				return oraErr(904, `"`+term+`"`)
			}
			if isLob(column.Type.Type) {
				return oraErr(2327, "LOB")
			}
		}
		ix.Terms, ix.Desc, ix.IsExpr = append(ix.Terms, term), append(ix.Desc, col.desc), append(ix.IsExpr, isExpr)
	}
	if def.indexed(ix) {
		return oraErr(1408)
	}
	def.Indexes = append(def.Indexes, ix)
	return s.alone(ctx, schema, func() error {
		if err := s.buildIndex(ctx, schema, def, ix); err != nil {
			return err
		}
		return s.saveTable(ctx, schema, def)
	})
}

// indexed reports whether the same columns have an index already.
func (d *tableDef) indexed(ix indexDef) bool {
	for _, x := range d.Indexes {
		if slices.Equal(x.Terms, ix.Terms) && slices.Equal(x.Desc, ix.Desc) {
			return true
		}
	}
	for _, k := range d.Constraints {
		if (k.Kind == "P" || k.Kind == "U") && slices.Equal(k.Columns, ix.Terms) && !slices.Contains(ix.Desc, true) {
			return true
		}
	}
	return false
}

func (s *Session) buildIndex(ctx context.Context, schema string, def *tableDef, ix indexDef) error {
	plain := !slices.Contains(ix.IsExpr, true)
	if ix.Unique && plain {
		err := s.buildUnique(ctx, schema, def, ix.Name, ix.Terms)
		if err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed") {
			return oraErr(1452)
		}
		return err
	}
	t, sc := s.rowTranslator(ctx, schema, def)
	terms := make([]string, len(ix.Terms))
	for i, term := range ix.Terms {
		terms[i] = quote(term)
		if !ix.IsExpr[i] {
			continue
		}
		x, err := parseExpr(term)
		if err != nil {
			return err
		}
		terms[i] = t.value(x, sc).sql
	}
	if t.err != nil {
		return t.err
	}
	if ix.Unique && len(terms) > 1 {
		return unsupported("unique indexes over several expressions")
	}
	word := "CREATE INDEX "
	if ix.Unique {
		word = "CREATE UNIQUE INDEX "
	}
	_, err := s.conn.exec(ctx, word+attachName(schema)+"."+quote(indexSQLName(ix.Name))+" ON "+quote(def.Name)+"("+strings.Join(terms, ",")+")")
	if err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed") {
		return oraErr(1452)
	}
	return err
}

func (s *Session) dropIndex(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, err := s.owner(ctx, m.name, "")
	if err != nil {
		return err
	}
	for _, d := range c.tables {
		for _, k := range d.Constraints {
			if k.Name == m.name.name && (k.Kind == "P" || k.Kind == "U") {
				return oraErr(2429)
			}
		}
		for i, x := range d.Indexes {
			if x.Name != m.name.name {
				continue
			}
			def := d.copy()
			def.Indexes = slices.Delete(def.Indexes, i, i+1)
			return s.alone(ctx, schema, func() error {
				for _, name := range []string{x.Name, x.Name + partialSuffix} {
					if _, err := s.conn.exec(ctx, "DROP INDEX IF EXISTS "+attachName(schema)+"."+quote(indexSQLName(name))); err != nil {
						return err
					}
				}
				return s.saveTable(ctx, schema, def)
			})
		}
	}
	if m.options["ifExists"] != "" {
		return nil
	}
	return oraErr(1418)
}
