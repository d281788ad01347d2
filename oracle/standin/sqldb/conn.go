package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// A conn is one SQLite connection, used by one goroutine at a time.
type conn struct {
	c      driver.Conn
	handle uintptr // SQLite's own, to interrupt it by

	interrupted bool // a context ended while a statement ran
}

type sqliteConn interface {
	driver.ExecerContext
	driver.QueryerContext
}

func openConn(drv *sqlite.Driver, file string) (*conn, error) {
	c, err := drv.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	out := &conn{c: c}
	if out.handle, err = handleOf(c); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), c.Close())
	}
	for _, pragma := range []string{"busy_timeout=5000", "foreign_keys=ON", "synchronous=NORMAL", "temp_store=MEMORY"} {
		if _, err := out.exec(context.Background(), "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("set up %s: %w", file, err), c.Close())
		}
	}
	return out, nil
}

func (c *conn) close() error { return c.c.Close() }

func named(args []any) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

// exec runs a statement and returns the number of rows it changed.
func (c *conn) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	sc, ok := c.c.(sqliteConn)
	if !ok {
		return 0, errors.New("driver cannot run statements")
	}
	r, err := sc.ExecContext(ctx, sql, named(args))
	c.interrupted = c.interrupted || ctx.Err() != nil
	if err != nil || r == nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *conn) query(ctx context.Context, sql string, args ...any) (driver.Rows, error) {
	sc, ok := c.c.(sqliteConn)
	if !ok {
		return nil, errors.New("driver cannot run queries")
	}
	rows, err := sc.QueryContext(ctx, sql, named(args))
	c.interrupted = c.interrupted || ctx.Err() != nil
	return rows, err
}

// all runs a query and returns all its rows.
func (c *conn) all(ctx context.Context, sql string, args ...any) (out [][]driver.Value, err error) {
	rows, err := c.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		row := make([]driver.Value, len(rows.Columns()))
		switch err := c.next(ctx, rows, row); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, row)
	}
}

// one runs a query that answers one value; nil without rows.
func (c *conn) one(ctx context.Context, sql string, args ...any) (driver.Value, error) {
	rows, err := c.all(ctx, sql, args...)
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return nil, err
	}
	return rows[0][0], nil
}

// number is one for an integer.
func (c *conn) number(ctx context.Context, sql string, args ...any) (int64, error) {
	v, err := c.one(ctx, sql, args...)
	n, _ := v.(int64)
	return n, err
}

// within runs fn in a transaction of its own.
func (c *conn) within(ctx context.Context, fn func() error) error {
	return c.transaction(ctx, "BEGIN IMMEDIATE", fn)
}

// withinOne is within for a connection with several files: it locks those only
// that fn writes to.
func (c *conn) withinOne(ctx context.Context, fn func() error) error {
	return c.transaction(ctx, "BEGIN", fn)
}

// transaction keeps its own statements from a context's end, of which it is not
// known whether it came before or after they took effect.
func (c *conn) transaction(ctx context.Context, begin string, fn func() error) error {
	own := context.WithoutCancel(ctx)
	if _, err := c.exec(own, begin); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, undo := c.exec(own, "ROLLBACK")
		return errors.Join(err, undo)
	}
	if _, err := c.exec(own, "COMMIT"); err != nil {
		_, undo := c.exec(own, "ROLLBACK")
		return errors.Join(err, undo)
	}
	return nil
}

// busy reports whether err says that another session holds a lock.
func busy(err error) bool {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return false
	}
	code := se.Code() & 0xff
	return code == lib.SQLITE_BUSY || code == lib.SQLITE_LOCKED
}

// outdated reports whether err says that another session has committed since
// this one's transaction read the file, so that it may not write to it any more.
func outdated(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code() == lib.SQLITE_BUSY_SNAPSHOT
}

func interrupted(err error) bool {
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff == lib.SQLITE_INTERRUPT ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
