package sqldb

import (
	"context"
	"strings"
)

// ddl runs a statement that commits before and after itself.
func (s *Session) ddl(ctx context.Context, st *stmt) error {
	if err := s.commit(ctx); err != nil {
		return err
	}
	if st.verb == "NOTHING" {
		return nil
	}
	run := map[string]func(context.Context, *stmt) error{
		"CREATE TABLE": s.createTable, "ALTER TABLE": s.alterTable, "DROP TABLE": s.dropTable, "TRUNCATE": s.truncate,
		"CREATE VIEW": s.createView, "DROP VIEW": s.dropView, "CREATE INDEX": s.createIndex, "DROP INDEX": s.dropIndex,
		"CREATE SEQUENCE": s.createSequence, "ALTER SEQUENCE": s.alterSequence, "DROP SEQUENCE": s.dropSequence,
		"CREATE USER": s.createUser, "ALTER USER": s.alterUser, "DROP USER": s.dropUser, "CREATE ROLE": s.createRole,
		"DROP ROLE": s.dropRole, "GRANT": s.grantStmt, "REVOKE": s.grantStmt, "COMMENT": s.comment, "RENAME": s.rename,
	}[st.verb]
	if run == nil {
		return unsupported("%s", st.verb)
	}
	return run(ctx, st)
}

// owner resolves the schema that DDL works in and checks the right to.
func (s *Session) owner(ctx context.Context, n objectName, privilege string) (string, *catalog, error) {
	schema := n.schema
	if schema == "" {
		schema = s.schema
	}
	c, err := s.catalogOf(ctx, schema)
	if err != nil {
		if oe, ok := asError(err); ok && oe.Code == 942 && n.schema != "" {
			return "", nil, oraErr(1918, schema)
		}
		return "", nil, err
	}
	switch {
	case schema != s.user && !s.rights.may("*"):
		return "", nil, oraErr(1031)
	case privilege != "" && !s.rights.may(privilege):
		return "", nil, oraErr(1031)
	}
	return schema, c, nil
}

// own finds a table of a schema that the session may change.
func (s *Session) own(ctx context.Context, n objectName) (string, *catalog, *tableDef, error) {
	schema, c, err := s.owner(ctx, n, "")
	if err != nil {
		if oe, ok := asError(err); ok && oe.Code != 1031 {
			err = oraErr(942).at(n.pos)
		}
		return "", nil, nil, err
	}
	def := c.tables[n.name]
	if def == nil {
		return "", nil, nil, oraErr(942).at(n.pos)
	}
	return schema, c, def.copy(), nil
}

// copy returns a definition that can be changed.
func (d *tableDef) copy() *tableDef {
	out := *d
	out.Columns = append([]columnDef{}, d.Columns...)
	out.Constraints = append([]constraintDef{}, d.Constraints...)
	out.Indexes = append([]indexDef{}, d.Indexes...)
	return &out
}

// free checks that an object's name is not taken.
func (s *Session) free(ctx context.Context, schema string, c *catalog, name string) error {
	taken, err := s.db.sequenceExists(ctx, schema, name)
	if err == nil && (taken || c.tables[name] != nil || c.views[name] != nil) {
		err = oraErr(955)
	}
	return err
}

// alone runs fn in a transaction on one schema, with foreign keys unchecked,
// and counts the change of its catalog.
func (s *Session) alone(ctx context.Context, schema string, fn func() error) error {
	keep := context.WithoutCancel(ctx)
	for _, pragma := range []string{"foreign_keys=OFF", "legacy_alter_table=ON"} {
		if _, err := s.conn.exec(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	defer func() {
		// The connection would go on unchecked; foreign_keys cannot fail
		// outside a transaction.
		_, _ = s.conn.exec(keep, "PRAGMA foreign_keys=ON")
	}()
	return s.conn.withinOne(ctx, func() error {
		if err := s.bump(ctx, schema); err != nil {
			return err
		}
		return fn()
	})
}

func (s *Session) createView(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, err := s.owner(ctx, m.name, "CREATE VIEW")
	if err != nil {
		return err
	}
	if !m.flag || c.views[m.name.name] == nil {
		if err := s.free(ctx, schema, c, m.name.name); err != nil {
			return err
		}
	}
	t := s.translator(ctx, st, nil)
	t.noBinds, t.schema, t.user = true, schema, schema
	q := t.query(m.query, nil)
	switch {
	case t.err != nil:
		return t.err
	case m.names != nil && len(m.names) != len(q.cols):
		return &Error{Code: 1730, Message: "invalid number of column names specified"}
	}
	v := &viewDef{Name: m.name.name, Columns: m.names, Text: m.text}
	for i, col := range q.cols {
		if m.names == nil && !plainName(col.name) && !col.alias {
			return &Error{Code: 998, Message: "must name this expression with a column alias"}
		}
		for _, other := range q.cols[:i] {
			if m.names == nil && other.name == col.name {
				return oraErr(957)
			}
		}
	}
	return s.alone(ctx, schema, func() error {
		return s.saveJSON(ctx, schema, v.Name, "VIEW", v)
	})
}

// plainName reports whether a column's name needs no alias.
func plainName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool { return strings.ContainsRune("()+-*/|',.: ", r) }) < 0
}

func (s *Session) dropView(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, err := s.owner(ctx, m.name, "")
	if err != nil {
		return err
	}
	if c.views[m.name.name] == nil {
		if m.options["ifExists"] != "" {
			return nil
		}
		return oraErr(942)
	}
	if err := s.db.forget(ctx, schema, m.name.name); err != nil {
		return err
	}
	return s.alone(ctx, schema, func() error { return s.dropEntry(ctx, schema, m.name.name) })
}

func (s *Session) createSequence(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, err := s.owner(ctx, m.name, "CREATE SEQUENCE")
	if err != nil {
		return err
	}
	if err := s.free(ctx, schema, c, m.name.name); err != nil {
		if m.flag {
			return nil
		}
		return err
	}
	return s.db.createSequence(ctx, schema, m.name.name, m.seq)
}

func (s *Session) alterSequence(ctx context.Context, st *stmt) error {
	schema, _, err := s.owner(ctx, st.misc.name, "")
	if err != nil {
		return err
	}
	return s.db.alterSequence(ctx, schema, st.misc.name.name, st.misc.seq)
}

func (s *Session) dropSequence(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, _, err := s.owner(ctx, m.name, "")
	if err != nil {
		return err
	}
	if err := s.db.forget(ctx, schema, m.name.name); err != nil {
		return err
	}
	err = s.db.dropSequence(ctx, schema, m.name.name)
	if oe, ok := asError2(err); ok && oe.Code == 2289 && m.options["ifExists"] != "" {
		return nil
	}
	return err
}

func asError2(err error) (*Error, bool) {
	if err == nil {
		return nil, false
	}
	return asError(err)
}

// forget removes all grants on an object.
func (d *Database) forget(ctx context.Context, owner, object string) error {
	return d.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "DELETE FROM grants WHERE owner=? AND object=?", owner, object)
		return err
	})
}

func (s *Session) comment(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, err := s.owner(ctx, m.name, "")
	if err != nil {
		return err
	}
	if v := c.views[m.name.name]; v != nil && m.options["column"] == "" {
		changed := *v
		changed.Comment = m.text
		return s.alone(ctx, schema, func() error { return s.saveJSON(ctx, schema, v.Name, "VIEW", &changed) })
	}
	def := c.tables[m.name.name]
	if def == nil {
		return oraErr(942).at(m.name.pos)
	}
	def = def.copy()
	if name := m.options["column"]; name != "" {
		col := def.column(name)
		if col == nil {
			return oraErr(904, `"`+m.name.name+`"."`+name+`"`)
		}
		col.Comment = m.text
	} else {
		def.Comment = m.text
	}
	return s.alone(ctx, schema, func() error { return s.saveTable(ctx, schema, def) })
}

// rename is RENAME old TO new.
func (s *Session) rename(ctx context.Context, st *stmt) error {
	m := st.misc
	schema, c, def, err := s.own(ctx, m.name)
	if err != nil {
		return err
	}
	return s.renameTable(ctx, schema, c, def, m.text)
}
