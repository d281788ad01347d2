package sqldb

import (
	"context"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/logon"
)

// CreateUser makes a user with every right that the owner of a schema needs.
func (d *Database) CreateUser(name, password string) error {
	ctx := context.Background()
	name = foldName(name)
	v, err := logon.NewVerifier(password)
	if err != nil {
		return err
	}
	if err := d.addUser(ctx, name, &v); err != nil {
		return err
	}
	for _, privilege := range []string{"CONNECT", "RESOURCE", "CREATE VIEW", "UNLIMITED TABLESPACE"} {
		if err := d.grantTo(ctx, name, privilege, "", ""); err != nil {
			return err
		}
	}
	return nil
}

// foldName turns a name as users write it into the one that is kept.
func foldName(name string) string {
	if n := len(name); n > 2 && name[0] == '"' && name[n-1] == '"' {
		return name[1 : n-1]
	}
	return strings.ToUpper(name)
}

func (d *Database) addUser(ctx context.Context, name string, v *logon.Verifier) error {
	if isRole(name) || name == "PUBLIC" {
		return oraErr(1920, name)
	}
	if v == nil {
		v = &logon.Verifier{}
	}
	if err := d.makeSchema(ctx, name); err != nil {
		return err
	}
	return d.change(ctx, func(c *conn) error {
		n, err := c.number(ctx, "SELECT (SELECT count(*) FROM users WHERE name=?1) + (SELECT count(*) FROM roles WHERE name=?1)", name)
		if err != nil {
			return err
		}
		if n > 0 {
			return oraErr(1920, name)
		}
		_, err = c.exec(ctx, "INSERT INTO users(name, salt, key, created) VALUES (?,?,?,?)", name, v.Salt, v.Key, dateNow())
		return err
	})
}

// SetPassword replaces a user's password.
func (d *Database) SetPassword(name, password string) error {
	v, err := logon.NewVerifier(password)
	if err != nil {
		return err
	}
	return d.updateUser(context.Background(), foldName(name), "salt=?2, key=?3", v.Salt, v.Key)
}

func (d *Database) updateUser(ctx context.Context, name, set string, args ...any) error {
	return d.change(ctx, func(c *conn) error {
		n, err := c.exec(ctx, "UPDATE users SET "+set+" WHERE name=?1", append([]any{name}, args...)...)
		if err == nil && n == 0 {
			return oraErr(1918, name)
		}
		return err
	})
}

// connected reports whether a user has a session.
func (d *Database) connected(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sessions {
		if s.user == name {
			return true
		}
	}
	return false
}

func (d *Database) dropUser(ctx context.Context, name string) error {
	err := d.change(ctx, func(c *conn) error {
		n, err := c.exec(ctx, "DELETE FROM users WHERE name=?", name)
		if err != nil {
			return err
		}
		if n == 0 {
			return oraErr(1918, name)
		}
		if _, err := c.exec(ctx, "DELETE FROM grants WHERE grantee=?1 OR owner=?1", name); err != nil {
			return err
		}
		_, err = c.exec(ctx, "DELETE FROM sequences WHERE owner=?", name)
		return err
	})
	if err != nil {
		return err
	}
	return d.removeSchema(name)
}

func (d *Database) userExists(name string) (bool, error) {
	var n int64
	err := d.read(func(c *conn) (err error) {
		n, err = c.number(context.Background(), "SELECT count(*) FROM users WHERE name=?", name)
		return err
	})
	return n > 0, err
}

// Verifier returns what the server keeps of a user's password.
func (d *Database) Verifier(user string) (logon.Verifier, error) {
	var v logon.Verifier
	err := d.read(func(c *conn) error {
		rows, err := c.all(context.Background(), "SELECT salt, key, locked FROM users WHERE name=?", foldName(user))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return oraErr(1017)
		}
		if rows[0][2] == int64(1) {
			return oraErr(28000)
		}
		v.Salt, _ = rows[0][0].([]byte)
		v.Key, _ = rows[0][1].([]byte)
		return nil
	})
	return v, err
}

// predefined returns what a role that every database has contains.
func predefined(role string) []string {
	switch role {
	case "CONNECT":
		return []string{"CREATE SESSION", "SET CONTAINER"}
	case "RESOURCE":
		return []string{
			"CREATE TABLE", "CREATE SEQUENCE", "CREATE PROCEDURE", "CREATE TRIGGER", "CREATE TYPE",
			"CREATE CLUSTER", "CREATE INDEXTYPE", "CREATE OPERATOR",
		}
	case "DB_DEVELOPER_ROLE":
		return []string{
			"CREATE SESSION", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE PROCEDURE",
			"CREATE SYNONYM", "CREATE TRIGGER", "CREATE TYPE", "CREATE MATERIALIZED VIEW", "CREATE JOB",
		}
	case "DBA":
		return []string{"*"}
	case "SELECT_CATALOG_ROLE", "EXP_FULL_DATABASE", "IMP_FULL_DATABASE":
		return []string{"SELECT ANY DICTIONARY"}
	}
	return nil
}

func isRole(name string) bool { return predefined(name) != nil }

func (d *Database) grantTo(ctx context.Context, grantee, privilege, owner, object string) error {
	return d.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "INSERT OR IGNORE INTO grants(grantee, privilege, owner, object) VALUES (?,?,?,?)",
			grantee, privilege, owner, object)
		return err
	})
}

func (d *Database) revokeFrom(ctx context.Context, grantee, privilege, owner, object string) (n int64, err error) {
	err = d.change(ctx, func(c *conn) (err error) {
		n, err = c.exec(ctx, "DELETE FROM grants WHERE grantee=? AND (privilege=? OR ?2='ALL') AND owner=? AND object=?",
			grantee, privilege, owner, object)
		return err
	})
	return n, err
}

// rights is what a user may do: system privileges, roles, and per object
// ("OWNER.NAME") privileges.
type rights struct {
	version int64
	system  map[string]bool
	object  map[string][]string
}

func (r *rights) may(privilege string) bool { return r.system["*"] || r.system[privilege] }

func (r *rights) mayOn(privilege, owner, object string) bool {
	if r.system["*"] || r.system[privilege+" ANY TABLE"] {
		return true
	}
	return slices.Contains(r.object[owner+"."+object], privilege)
}

func (r *rights) sees(owner, object string) bool {
	return r.system["*"] || r.system["SELECT ANY TABLE"] || len(r.object[owner+"."+object]) > 0
}

// rights collects a user's rights through all roles.
func (d *Database) rights(ctx context.Context, user string) (*rights, error) {
	r := &rights{system: map[string]bool{}, object: map[string][]string{}}
	err := d.read(func(c *conn) (err error) {
		if r.version, err = c.number(ctx, "PRAGMA user_version"); err != nil {
			return err
		}
		todo := []string{user, "PUBLIC"}
		for i := 0; i < len(todo); i++ {
			for _, p := range predefined(todo[i]) {
				r.system[p] = true
			}
			rows, err := c.all(ctx, "SELECT privilege, owner, object FROM grants WHERE grantee=?", todo[i])
			if err != nil {
				return err
			}
			for _, row := range rows {
				privilege, owner, object := asText(row[0]), asText(row[1]), asText(row[2])
				if object != "" {
					r.object[owner+"."+object] = append(r.object[owner+"."+object], privilege)
					continue
				}
				r.system[privilege] = true
				if !slices.Contains(todo, privilege) {
					todo = append(todo, privilege)
				}
			}
		}
		return nil
	})
	return r, err
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}
