package sqldb

import (
	"context"
	"strings"
)

// build creates a table in SQLite under a name.
func (s *Session) build(ctx context.Context, schema string, def *tableDef, name string) error {
	var parts []string
	for _, c := range def.Columns {
		affinity := " BLOB"
		if isText(c.Type.Type) || c.Type.Type == Clob {
			affinity = " TEXT"
		}
		if def.notNull(c.Name) {
			affinity += " NOT NULL"
		}
		parts = append(parts, quote(c.Name)+affinity)
	}
	for _, k := range def.Constraints {
		if k.Disabled {
			continue
		}
		switch k.Kind {
		case "C":
			sql, err := s.checkSQL(ctx, schema, def, k.Check)
			if err != nil {
				return err
			}
			parts = append(parts, "CONSTRAINT "+quote(k.Name)+" CHECK ("+sql+")")
		case "R":
			sql := "CONSTRAINT " + quote(k.Name) + " FOREIGN KEY (" + quoteAll(k.Columns) + ") REFERENCES " + quote(k.RefTable) + "(" + quoteAll(k.RefCols) + ")"
			if k.OnDelete != "" {
				sql += " ON DELETE " + k.OnDelete
			}
			if k.Deferred {
				sql += " DEFERRABLE INITIALLY DEFERRED"
			}
			parts = append(parts, sql)
		}
	}
	_, err := s.conn.exec(ctx, "CREATE TABLE "+tableSQL(schema, name)+" ("+strings.Join(parts, ",")+")")
	return err
}

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ",")
}

// rowTranslator translates expressions over one row of a table, as checks and
// indexes have them.
func (s *Session) rowTranslator(ctx context.Context, schema string, def *tableDef) (*translator, *scope) {
	t := s.translator(ctx, &stmt{}, nil)
	t.noBinds, t.plain, t.schema, t.user = true, true, schema, schema
	sc := &scope{noAgg: "CHECK", sources: []*source{{name: def.Name, schema: schema, cols: tableCols(def)}}}
	return t, sc
}

func (s *Session) checkSQL(ctx context.Context, schema string, def *tableDef, text string) (string, error) {
	x, err := parseExpr(text)
	if err != nil {
		return "", err
	}
	var bad *Error
	walk(x, func(y *expr) bool {
		if y.sub != nil {
			bad = &Error{Code: 2251, Message: "subquery not allowed here"}
		}
		return true
	})
	if bad != nil {
		return "", bad
	}
	t, sc := s.rowTranslator(ctx, schema, def)
	sql := t.cond(x, sc)
	if len(t.tr.params) > 0 && t.err == nil {
		t.err = unsupported("such an expression in a check")
	}
	return sql, t.err
}

// buildIndexes creates a table's indexes in SQLite, those of keys first.
func (s *Session) buildIndexes(ctx context.Context, schema string, def *tableDef) error {
	for _, k := range def.Constraints {
		if k.Disabled || k.Kind != "P" && k.Kind != "U" {
			continue
		}
		if err := s.buildUnique(ctx, schema, def, k.Name, k.Columns); err != nil {
			if strings.Contains(err.Error(), "UNIQUE constraint failed") {
				return oraErr(2299, schema+"."+k.Name)
			}
			return err
		}
	}
	for _, x := range def.Indexes {
		if err := s.buildIndex(ctx, schema, def, x); err != nil {
			return err
		}
	}
	return nil
}

// buildUnique creates a unique index. Oracle finds (1, NULL) twice the same,
// SQLite does not: that takes a second index.
func (s *Session) buildUnique(ctx context.Context, schema string, def *tableDef, name string, cols []string) error {
	prefix := "CREATE UNIQUE INDEX " + attachName(schema) + "."
	if _, err := s.conn.exec(ctx, prefix+quote(indexSQLName(name))+" ON "+quote(def.Name)+"("+quoteAll(cols)+")"); err != nil {
		return err
	}
	var terms, any []string
	nullable := false
	for _, c := range cols {
		terms = append(terms, "ifnull("+quote(c)+",'')")
		any = append(any, quote(c)+" IS NOT NULL")
		nullable = nullable || !def.notNull(c)
	}
	if len(cols) < 2 || !nullable {
		return nil
	}
	_, err := s.conn.exec(ctx, prefix+quote(indexSQLName(name+partialSuffix))+" ON "+quote(def.Name)+"("+strings.Join(terms, ",")+") WHERE "+strings.Join(any, " OR "))
	return err
}
