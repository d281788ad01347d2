package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// errNoHandle is what opening a connection ends with when the driver changed
// so much that its statements cannot be interrupted any more.
var errNoHandle = errors.New("the SQLite driver's connection has no handle named db")

// handleOf is SQLite's handle of a connection. The driver interrupts a
// statement only until its first row and offers no way to do it later, but
// SQLite takes an interrupt from any goroutine.
func handleOf(c driver.Conn) (uintptr, error) {
	v := reflect.Indirect(reflect.ValueOf(c))
	if v.Kind() != reflect.Struct {
		return 0, errNoHandle
	}
	field := v.FieldByName("db")
	if field.Kind() != reflect.Uintptr || field.IsZero() {
		return 0, errNoHandle
	}
	return uintptr(field.Uint()), nil
}

// next reads the next row and gives up when ctx ends.
func (c *conn) next(ctx context.Context, rows driver.Rows, row []driver.Value) error {
	if ctx.Done() == nil {
		return rows.Next(row)
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		tls := libc.NewTLS()
		defer tls.Close()
		lib.Xsqlite3_interrupt(tls, c.handle)
	})
	err := rows.Next(row)
	if stop() {
		return err
	}
	<-done // an interrupt must not meet what runs next
	c.interrupted = true
	return oraErr(1013)
}

// enter begins a call of the session. SQLite keeps to an interrupt for as long
// as any statement runs, new ones included, so the queries that one left open
// end here.
func (s *Session) enter() {
	s.mu.Lock()
	if !s.conn.interrupted {
		return
	}
	s.conn.interrupted = false
	for len(s.open) > 0 {
		r := s.open[0]
		r.err = oraErr(1013)
		_ = r.stop() // says once more that it was interrupted
	}
}

// cancellable runs fn, DML, so that nothing of it is left when ctx ends
// meanwhile.
func (s *Session) cancellable(ctx context.Context, fn func() error) error {
	const mark = `"sys:call"`
	own := context.WithoutCancel(ctx)
	marked := s.dirty && ctx.Done() != nil
	if marked {
		if _, err := s.conn.exec(own, "SAVEPOINT "+mark); err != nil {
			return s.mapError(err, nil)
		}
	}
	err := fn()
	if oe, failed := asError2(err); ctx.Err() != nil && (err == nil || failed && oe.Code == 1013) {
		err = errors.Join(oraErr(1013), s.undoCall(own, marked, mark))
	}
	if marked {
		if _, done := s.conn.exec(own, "RELEASE "+mark); done != nil {
			return errors.Join(err, done)
		}
	}
	return err
}

func (s *Session) undoCall(ctx context.Context, marked bool, mark string) error {
	if marked {
		_, err := s.conn.exec(ctx, "ROLLBACK TO "+mark)
		return err
	}
	s.dirty = false
	return s.abandoned(ctx)
}
