package sqldb

import (
	"context"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/logon"
)

// quotaRight is the right to use the one tablespace there is.
const quotaRight = "sys:quota"

func (s *Session) createUser(ctx context.Context, st *stmt) error {
	m := st.misc
	if !s.rights.may("CREATE USER") {
		return oraErr(1031)
	}
	if m.flag {
		if ok, err := s.db.userExists(m.text); err != nil || ok {
			return err
		}
	}
	var v logon.Verifier
	if m.options["identified"] != "" {
		var err error
		if v, err = logon.NewVerifier(m.options["password"]); err != nil {
			return err
		}
	}
	if err := checkTablespace(m); err != nil {
		return err
	}
	if err := s.db.addUser(ctx, m.text, &v); err != nil {
		return err
	}
	return s.userOptions(ctx, m)
}

func checkTablespace(m *miscStmt) error {
	for _, key := range []string{"tablespace", "quotaOn"} {
		switch name := m.options[key]; name {
		case "", "USERS", "TEMP", "SYSTEM", "SYSAUX":
		default:
			return oraErr(959, name)
		}
	}
	return nil
}

func (s *Session) userOptions(ctx context.Context, m *miscStmt) error {
	if m.options["quotaOn"] != "" {
		if err := s.db.grantTo(ctx, m.text, quotaRight, "", ""); err != nil {
			return err
		}
	}
	switch m.options["account"] {
	case "LOCK":
		return s.db.updateUser(ctx, m.text, "locked=1")
	case "UNLOCK":
		return s.db.updateUser(ctx, m.text, "locked=0")
	}
	return nil
}

func (s *Session) alterUser(ctx context.Context, st *stmt) error {
	m := st.misc
	self := m.text == s.user && len(m.options) <= 2 && m.options["identified"] != ""
	if !self && !s.rights.may("ALTER USER") {
		return oraErr(1031)
	}
	if err := checkTablespace(m); err != nil {
		return err
	}
	ok, err := s.db.userExists(m.text)
	switch {
	case err != nil:
		return err
	case !ok:
		return oraErr(1918, m.text)
	}
	if m.options["identified"] != "" {
		v, err := logon.NewVerifier(m.options["password"])
		if err != nil {
			return err
		}
		if err := s.db.updateUser(ctx, m.text, "salt=?2, key=?3", v.Salt, v.Key); err != nil {
			return err
		}
	}
	return s.userOptions(ctx, m)
}

func (s *Session) dropUser(ctx context.Context, st *stmt) error {
	m := st.misc
	if !s.rights.may("DROP USER") {
		return oraErr(1031)
	}
	name := m.name.name
	ok, err := s.db.userExists(name)
	switch {
	case err != nil:
		return err
	case !ok && m.options["ifExists"] != "":
		return nil
	case !ok:
		return oraErr(1918, name)
	case name == "SYS" || name == "SYSTEM":
		return &Error{Code: 28050, Message: "specified user or role cannot be dropped"}
	case s.db.connected(name):
		return oraErr(1940)
	}
	if !m.flag {
		c, err := s.catalogOf(ctx, name)
		if err != nil {
			return err
		}
		if len(c.tables)+len(c.views) > 0 {
			return oraErr(1922, name)
		}
	}
	if s.attached[name] {
		if _, err := s.conn.exec(ctx, "DETACH "+attachName(name)); err != nil {
			return err
		}
		delete(s.attached, name)
		delete(s.catalogs, name)
	}
	return s.db.dropUser(ctx, name)
}

func (s *Session) createRole(ctx context.Context, st *stmt) error {
	if !s.rights.may("CREATE ROLE") {
		return oraErr(1031)
	}
	name := st.misc.text
	ok, err := s.db.granteeExists(ctx, name)
	if err != nil {
		return err
	}
	if ok {
		return oraErr(1921, name)
	}
	return s.db.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "INSERT INTO roles(name) VALUES (?)", name)
		return err
	})
}

func (s *Session) dropRole(ctx context.Context, st *stmt) error {
	if !s.rights.may("DROP ANY ROLE") {
		return oraErr(1031)
	}
	name := st.misc.name.name
	return s.db.change(ctx, func(c *conn) error {
		n, err := c.exec(ctx, "DELETE FROM roles WHERE name=?", name)
		if err != nil {
			return err
		}
		if n == 0 {
			return oraErr(1919, name)
		}
		_, err = c.exec(ctx, "DELETE FROM grants WHERE grantee=?1 OR privilege=?1 AND object=''", name)
		return err
	})
}

// granteeExists reports whether a user or role has a name.
func (d *Database) granteeExists(ctx context.Context, name string) (bool, error) {
	if name == "PUBLIC" || isRole(name) {
		return true, nil
	}
	var n int64
	err := d.read(func(c *conn) (err error) {
		n, err = c.number(ctx, "SELECT (SELECT count(*) FROM users WHERE name=?1) + (SELECT count(*) FROM roles WHERE name=?1)", name)
		return err
	})
	return n > 0, err
}

// grantStmt is GRANT and REVOKE.
func (s *Session) grantStmt(ctx context.Context, st *stmt) error {
	m := st.misc
	for to := range strings.SplitSeq(m.options["to"], ",") {
		ok, err := s.db.granteeExists(ctx, to)
		if err != nil {
			return err
		}
		if !ok {
			return oraErr(1917, to)
		}
		for _, privilege := range m.names {
			if m.name.name != "" {
				err = s.grantObject(ctx, st, privilege, to)
			} else {
				err = s.grantSystem(ctx, st, privilege, to)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Session) grantSystem(ctx context.Context, st *stmt, privilege, to string) error {
	if !s.rights.may("GRANT ANY PRIVILEGE") {
		return oraErr(1031)
	}
	privileges := []string{privilege}
	if !systemPrivilege(privilege) {
		ok, err := s.db.granteeExists(ctx, privilege)
		if err != nil {
			return err
		}
		if user, _ := s.db.userExists(privilege); !ok || user {
			return oraErr(1919, privilege)
		}
	}
	if privilege == "ALL PRIVILEGES" {
		privileges = []string{"*"}
	}
	for _, p := range privileges {
		if st.verb == "GRANT" {
			if err := s.db.grantTo(ctx, to, p, "", ""); err != nil {
				return err
			}
			continue
		}
		n, err := s.db.revokeFrom(ctx, to, p, "", "")
		if err != nil {
			return err
		}
		if n == 0 {
			if systemPrivilege(privilege) {
				return oraErr(1952, to)
			}
			return &Error{Code: 1951, Message: "ROLE '" + privilege + "' not granted to '" + to + "'"}
		}
	}
	return nil
}

// systemPrivilege reports whether words name a system privilege.
func systemPrivilege(p string) bool {
	if p == "ALL PRIVILEGES" || p == "UNLIMITED TABLESPACE" || p == "RESTRICTED SESSION" || p == "SYSDBA" || p == "SYSOPER" {
		return true
	}
	first, rest, ok := strings.Cut(p, " ")
	return ok && rest != "" && slices.Contains([]string{
		"CREATE", "ALTER", "DROP", "SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE", "GRANT", "LOCK", "READ",
		"ANALYZE", "COMMENT", "FLASHBACK", "DEBUG", "EXEMPT", "FORCE", "MERGE", "QUERY", "UNDER", "SET", "BACKUP", "AUDIT", "ON", "MANAGE", "GLOBAL", "CHANGE",
	}, first)
}

func (s *Session) grantObject(ctx context.Context, st *stmt, privilege, to string) error {
	n := st.misc.name
	if strings.HasPrefix(n.name, "DBMS_") || strings.HasPrefix(n.name, "UTL_") || strings.HasPrefix(n.name, "V_$") {
		return nil // packages and views that everybody may use here
	}
	schema := n.schema
	if schema == "" {
		schema = s.schema
	}
	c, err := s.catalogOf(ctx, schema)
	if err != nil {
		return err
	}
	sequence, err := s.db.sequenceExists(ctx, schema, n.name)
	if err != nil {
		return err
	}
	if c.tables[n.name] == nil && c.views[n.name] == nil && !sequence {
		return oraErr(942)
	}
	if schema != s.user && !s.rights.may("GRANT ANY OBJECT PRIVILEGE") {
		return oraErr(1031)
	}
	all := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "ALTER", "INDEX", "READ"}
	privileges := []string{privilege}
	if privilege == "ALL" || privilege == "ALL PRIVILEGES" {
		privileges = all
	}
	removed := int64(0)
	for _, p := range privileges {
		if !slices.Contains(all, p) {
			return oraErr(990)
		}
		if st.verb == "GRANT" {
			if err := s.db.grantTo(ctx, to, p, schema, n.name); err != nil {
				return err
			}
			continue
		}
		k, err := s.db.revokeFrom(ctx, to, p, schema, n.name)
		if err != nil {
			return err
		}
		removed += k
	}
	if st.verb == "REVOKE" && removed == 0 {
		return oraErr(1927)
	}
	return nil
}
