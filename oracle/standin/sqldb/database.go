package sqldb

import (
	"context"

	"github.com/haddock-ci/pipeline/oracle/standin/logon"
)

// A Database is a directory with users, their schemas and their data. Several
// processes may have the same directory open.
type Database struct{ dir string }

// Open opens the database in dir and makes it if dir is empty or missing.
func Open(dir string) (*Database, error) { return &Database{dir: dir}, nil }

// Close ends all sessions and closes the files.
func (d *Database) Close() error { return nil }

// CreateUser makes a user with every right that the owner of a schema needs.
func (d *Database) CreateUser(name, password string) error { return unsupported("CREATE USER") }

// SetPassword replaces a user's password.
func (d *Database) SetPassword(name, password string) error { return unsupported("ALTER USER") }

// Verifier returns what the server keeps of a user's password.
func (d *Database) Verifier(user string) (logon.Verifier, error) {
	return logon.Verifier{}, oraErr(1017)
}

// OnRegister sets what ALTER SYSTEM REGISTER calls.
func (d *Database) OnRegister(fn func()) {}

// Login starts a session of a user whose password was verified.
func (d *Database) Login(user string) (*Session, error) { return &Session{}, nil }

// A Session is one client's connection. It is used by one goroutine at a time.
type Session struct{}

// Close rolls back and ends the session.
func (s *Session) Close() error { return nil }

// InTransaction reports whether the session has changes it did not commit.
func (s *Session) InTransaction() bool { return false }

// Commit makes the transaction's changes permanent.
func (s *Session) Commit(ctx context.Context) error { return nil }

// Rollback undoes the transaction's changes.
func (s *Session) Rollback(ctx context.Context) error { return nil }

// Prepare parses a statement.
func (s *Session) Prepare(sql string) (*Statement, error) { return nil, unsupported("all of it") }

// A Statement is a parsed statement of a session.
type Statement struct {
	SQL   string
	Kind  Kind
	Binds []Bind
}

// Describe returns the columns of a query without running it.
func (st *Statement) Describe(ctx context.Context, binds []Type) ([]Column, error) {
	return nil, unsupported("all of it")
}

// Query runs a query.
func (st *Statement) Query(ctx context.Context, binds []Value) (*Rows, error) {
	return nil, unsupported("all of it")
}

// Exec runs a statement that is no query, once per row of IN binds.
func (st *Statement) Exec(ctx context.Context, rows [][]Value) (Result, error) {
	return Result{}, unsupported("all of it")
}

// A Result is what a statement that is no query answers.
type Result struct {
	Rows      int64
	RowCounts []int64
	Out       [][][]Value // per execution, OUT bind and row
}

// Rows is a running query.
type Rows struct {
	Columns []Column
}

// Next returns the next row, or io.EOF after the last.
func (r *Rows) Next(ctx context.Context) ([]Value, error) { return nil, unsupported("all of it") }

// Close ends the query.
func (r *Rows) Close() error { return nil }
