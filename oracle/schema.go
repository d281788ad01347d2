package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Schema is a user of the database with tables of its own. Its password is
// random and lives as long as the container.
type Schema struct {
	Name     string // as configured, such as orders
	User     string // as Oracle knows it, such as ORDERS
	Password Password
}

// privileges are what a schema's owner may do; nothing reaches beyond its own
// schema.
const privileges = "CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE SEQUENCE, CREATE PROCEDURE, " +
	"CREATE TRIGGER, CREATE TYPE, CREATE SYNONYM, CREATE MATERIALIZED VIEW"

var identifier = regexp.MustCompile(`^[A-Z][A-Z0-9_$#]{0,127}$`)

// SchemaUser returns the Oracle user for a schema's name: upper case, with _ for
// - and dots. The error says why a name cannot be one.
func SchemaUser(name string) (string, error) {
	user := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
	if !identifier.MatchString(user) {
		return "", fmt.Errorf("schema %q: not a user name for Oracle: a letter, then letters, digits and _ $ #, 128 in all", name)
	}
	if reserved(user) {
		return "", fmt.Errorf("schema %q: Oracle keeps this name for itself", name)
	}
	return user, nil
}

// reserved tells users that Oracle brings along and words that cannot name one.
func reserved(user string) bool {
	switch user {
	case "SYS", "SYSTEM", "OUTLN", "DBSNMP", "XDB", "CTXSYS", "MDSYS", "AUDSYS", "PDBADMIN", "ANONYMOUS", "PUBLIC",
		"APPQOSSYS", "ACCESS", "ALL", "ALTER", "AND", "ANY", "AS", "ASC", "AUDIT", "BETWEEN", "BY", "CHAR", "CHECK",
		"CLUSTER", "COLUMN", "COMMENT", "COMPRESS", "CONNECT", "CREATE", "CURRENT", "DATE", "DECIMAL", "DEFAULT",
		"DELETE", "DESC", "DISTINCT", "DROP", "ELSE", "EXCLUSIVE", "EXISTS", "FILE", "FLOAT", "FOR", "FROM", "GRANT",
		"GROUP", "HAVING", "IDENTIFIED", "IMMEDIATE", "IN", "INCREMENT", "INDEX", "INITIAL", "INSERT", "INTEGER",
		"INTERSECT", "INTO", "IS", "LEVEL", "LIKE", "LOCK", "LONG", "MAXEXTENTS", "MINUS", "MODE", "MODIFY",
		"NOAUDIT", "NOCOMPRESS", "NOT", "NOWAIT", "NULL", "NUMBER", "OF", "OFFLINE", "ON", "ONLINE", "OPTION", "OR",
		"ORDER", "PCTFREE", "PRIOR", "RAW", "RENAME", "RESOURCE", "REVOKE", "ROW", "ROWID", "ROWNUM", "ROWS",
		"SELECT", "SESSION", "SET", "SHARE", "SIZE", "SMALLINT", "START", "SUCCESSFUL", "SYNONYM", "SYSDATE", "TABLE",
		"THEN", "TO", "TRIGGER", "UID", "UNION", "UNIQUE", "UPDATE", "USER", "VALIDATE", "VALUES", "VARCHAR",
		"VARCHAR2", "VIEW", "WHENEVER", "WHERE", "WITH":
		return true
	}
	return false
}

// ShardNames returns the schemas to create: the given ones or, for more than one
// shard, NAME_1 to NAME_n of the first.
func ShardNames(schemas []string, shards int) []string {
	if shards <= 1 || len(schemas) == 0 {
		return schemas
	}
	names := make([]string, shards)
	for i := range names {
		names[i] = fmt.Sprintf("%s_%d", schemas[0], i+1)
	}
	return names
}

func newSchemas(names []string) ([]Schema, error) {
	schemas := make([]Schema, 0, len(names))
	var errs []error
	for _, name := range names {
		user, err := SchemaUser(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(schemas, func(s Schema) bool { return s.User == user }) {
			errs = append(errs, fmt.Errorf("schema %q: named twice", name))
			continue
		}
		schemas = append(schemas, Schema{Name: name, User: user, Password: randomPassword()})
	}
	return schemas, errors.Join(errs...)
}

// create makes the user, or gives one that is there already (in a restored
// database) this run's password.
func (s Schema) create(ctx context.Context, system *sql.Conn) error {
	identified := s.User + ` IDENTIFIED BY "` + s.Password.Reveal() + `"`
	_, err := system.ExecContext(ctx, "CREATE USER "+identified+" DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS")
	if errorCode(err) == userExists {
		_, err = system.ExecContext(ctx, "ALTER USER "+identified+" ACCOUNT UNLOCK")
	}
	if err != nil {
		return fmt.Errorf("create schema %s: %w", s.User, err)
	}
	if _, err := system.ExecContext(ctx, "GRANT "+privileges+" TO "+s.User); err != nil {
		return fmt.Errorf("grant to schema %s: %w", s.User, err)
	}
	return nil
}
