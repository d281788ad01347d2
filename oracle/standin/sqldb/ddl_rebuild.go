package sqldb

import (
	"context"
	"slices"
	"strings"
)

// rebuild replaces a table by one of another definition and copies its rows;
// copies tells where each column comes from, nil: all from their namesakes.
// The caller has a transaction open in which foreign keys are not checked.
func (s *Session) rebuild(ctx context.Context, schema string, old, def *tableDef, copies map[string]string) error {
	const temporary = "sys:new"
	if err := s.build(ctx, schema, def, temporary); err != nil {
		return err
	}
	var names, values []string
	for _, c := range def.Columns {
		value := quote(c.Name)
		if copies != nil {
			value = copies[c.Name]
		}
		if value != "" {
			names, values = append(names, quote(c.Name)), append(values, value)
		}
	}
	from, to := tableSQL(schema, old.Name), tableSQL(schema, temporary)
	if _, err := s.conn.exec(ctx, "INSERT INTO "+to+"("+strings.Join(names, ",")+") SELECT "+strings.Join(values, ",")+" FROM "+from+" ORDER BY rowid"); err != nil {
		return s.validation(err, schema, def)
	}
	for _, sql := range []string{"DROP TABLE " + from, "ALTER TABLE " + to + " RENAME TO " + quote(def.Name)} {
		if _, err := s.conn.exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := s.buildIndexes(ctx, schema, def); err != nil {
		return err
	}
	if err := s.checkKeys(ctx, schema, def); err != nil {
		return err
	}
	return s.saveTable(ctx, schema, def)
}

// validation is the error when rows do not obey a new constraint.
func (s *Session) validation(err error, schema string, def *tableDef) error {
	text := err.Error()
	if _, name, ok := strings.Cut(text, "CHECK constraint failed: "); ok {
		name, _, _ = strings.Cut(name, " (")
		return oraErr(2293, schema+"."+name)
	}
	if _, name, ok := strings.Cut(text, "NOT NULL constraint failed: "); ok {
		_, col, _ := strings.Cut(name, ".")
		col, _, _ = strings.Cut(col, " (")
		if c := def.column(col); c != nil {
			return oraErr(2296, schema+"."+c.NotNullName)
		}
	}
	return s.mapError(err, &target{schema: schema, table: def})
}

// checkKeys looks for rows without a parent.
func (s *Session) checkKeys(ctx context.Context, schema string, def *tableDef) error {
	var keys []string
	for _, k := range def.Constraints {
		if k.Kind == "R" && !k.Disabled {
			keys = append(keys, k.Name)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := s.conn.all(ctx, "PRAGMA "+attachName(schema)+".foreign_key_check("+quote(def.Name)+")")
	if err != nil || len(rows) == 0 {
		return err
	}
	i := len(keys) - 1 - int(asInt(rows[0][3]))
	if i < 0 || i >= len(keys) {
		i = 0
	}
	return oraErr(2298, schema+"."+keys[i])
}

// renameTable gives a table another name; foreign keys follow.
func (s *Session) renameTable(ctx context.Context, schema string, c *catalog, def *tableDef, name string) error {
	if err := s.free(ctx, schema, c, name); err != nil {
		return err
	}
	old := def.Name
	renamed := def.copy()
	renamed.Name = name
	for i := range renamed.Constraints {
		if renamed.Constraints[i].Kind == "R" && renamed.Constraints[i].RefTable == old {
			renamed.Constraints[i].RefTable = name
		}
	}
	return s.alone(ctx, schema, func() error {
		// Built anew and not renamed: checks may carry the table's name.
		if err := s.rebuild(ctx, schema, def, renamed, nil); err != nil {
			return err
		}
		if err := s.dropEntry(ctx, schema, old); err != nil {
			return err
		}
		for _, other := range sortedKeys(c.tables) {
			child := c.tables[other].copy()
			refers := func(k constraintDef) bool { return k.Kind == "R" && k.RefTable == old }
			if other == old || !slices.ContainsFunc(child.Constraints, refers) {
				continue
			}
			for i := range child.Constraints {
				if refers(child.Constraints[i]) {
					child.Constraints[i].RefTable = name
				}
			}
			if err := s.rebuild(ctx, schema, c.tables[other], child, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
