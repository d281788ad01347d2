package sqldb

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
)

// A Database is a directory with users, their schemas and their data. Several
// processes may have the same directory open.
type Database struct {
	dir string
	drv *sqlite.Driver

	mu       sync.Mutex // guards sys and what follows
	sys      *conn
	sessions map[int64]*Session
	register func()
	closed   bool

	lastID atomic.Int64
}

// systemSchema is the system database. Its user_version counts the changes of
// users, grants and sequence definitions.
const systemSchema = `
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, salt BLOB, key BLOB,
  locked INTEGER NOT NULL DEFAULT 0, created BLOB);
CREATE TABLE IF NOT EXISTS roles (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS grants (grantee TEXT NOT NULL, privilege TEXT NOT NULL, owner TEXT NOT NULL, object TEXT NOT NULL,
  PRIMARY KEY (grantee, privilege, owner, object));
CREATE TABLE IF NOT EXISTS sequences (owner TEXT NOT NULL, name TEXT NOT NULL, next INTEGER NOT NULL, increment INTEGER NOT NULL,
  low INTEGER NOT NULL, high INTEGER NOT NULL, cycle INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (owner, name));`

// Open opens the database in dir and makes it if dir is empty or missing.
func Open(dir string) (*Database, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	d := &Database{dir: dir, drv: &sqlite.Driver{}, sessions: map[int64]*Session{}}
	if err := d.registerFunctions(); err != nil {
		return nil, fmt.Errorf("register functions: %w", err)
	}
	var err error
	if d.sys, err = openConn(d.drv, filepath.Join(dir, "system.db")); err != nil {
		return nil, err
	}
	if err := d.initSystem(); err != nil {
		return nil, errors.Join(fmt.Errorf("set up system database: %w", err), d.sys.close())
	}
	return d, nil
}

func (d *Database) initSystem() error {
	ctx := context.Background()
	if _, err := d.sys.exec(ctx, "PRAGMA journal_mode=WAL"); err != nil {
		return err
	}
	if _, err := d.sys.exec(ctx, systemSchema); err != nil {
		return err
	}
	for _, name := range []string{"SYS", "SYSTEM"} {
		exists, err := d.userExists(name)
		if err != nil {
			return err
		}
		if exists {
			continue
		}
		if err := d.addUser(ctx, name, nil); err != nil {
			return err
		}
		if err := d.grantTo(ctx, name, "DBA", "", ""); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all sessions and closes the files.
func (d *Database) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	open := make([]*Session, 0, len(d.sessions))
	for _, s := range d.sessions {
		open = append(open, s)
	}
	d.mu.Unlock()
	var errs []error
	for _, s := range open {
		errs = append(errs, s.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(append(errs, d.sys.close())...)
}

// OnRegister sets what ALTER SYSTEM REGISTER calls.
func (d *Database) OnRegister(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.register = fn
}

func (d *Database) registered() {
	d.mu.Lock()
	fn := d.register
	d.mu.Unlock()
	if fn != nil {
		fn()
	}
}

// schemaFile is the file that holds a user's data.
func (d *Database) schemaFile(user string) string {
	name := user
	plain := strings.IndexFunc(user, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}) < 0
	if !plain {
		name = "x" + hex.EncodeToString([]byte(user))
	}
	return filepath.Join(d.dir, "schema_"+name+".db")
}

// schemaTables is what every schema's file begins with; its user_version
// counts the changes of the catalog.
const schemaTables = `
CREATE TABLE IF NOT EXISTS "sys:catalog" (name TEXT PRIMARY KEY, kind TEXT NOT NULL, def TEXT NOT NULL, created BLOB);`

func (d *Database) makeSchema(ctx context.Context, user string) error {
	c, err := openConn(d.drv, d.schemaFile(user))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if _, err = c.exec(ctx, "PRAGMA journal_mode=WAL"); err != nil {
		return fmt.Errorf("make schema of %s: %w", user, err)
	}
	if _, err = c.exec(ctx, schemaTables); err != nil {
		return fmt.Errorf("make schema of %s: %w", user, err)
	}
	return nil
}

func (d *Database) removeSchema(user string) error {
	file := d.schemaFile(user)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove schema of %s: %w", user, err)
		}
	}
	return nil
}

// change runs fn in a transaction of the system database and counts it.
func (d *Database) change(ctx context.Context, fn func(c *conn) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return oraErr(1012)
	}
	return d.sys.within(ctx, func() error {
		if err := fn(d.sys); err != nil {
			return err
		}
		v, err := d.sys.number(ctx, "PRAGMA user_version")
		if err != nil {
			return err
		}
		_, err = d.sys.exec(ctx, fmt.Sprintf("PRAGMA user_version=%d", v+1))
		return err
	})
}

// read runs fn on the system database.
func (d *Database) read(fn func(c *conn) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return oraErr(1012)
	}
	return fn(d.sys)
}
