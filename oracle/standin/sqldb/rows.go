package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
)

// maxDrained bounds the memory of rows that wait for their reader, in bytes.
const maxDrained = 256 << 20

// Rows is a running query. Its rows are those that were committed when it
// began, plus the session's own changes up to then.
type Rows struct {
	Columns []Column

	s      *Session
	rows   driver.Rows
	cancel context.CancelFunc
	waited [][]driver.Value // read ahead, because the session went on
	err    error            // what reading ahead ended with
}

// Next returns the next row, or io.EOF after the last.
func (r *Rows) Next(ctx context.Context) ([]Value, error) {
	r.s.enter()
	defer r.s.mu.Unlock()
	if len(r.waited) > 0 {
		row := r.waited[0]
		r.waited = r.waited[1:]
		return r.values(row), nil
	}
	if r.rows == nil {
		if r.err == nil {
			return nil, io.EOF
		}
		return nil, r.err
	}
	if ctx.Err() != nil {
		return nil, oraErr(1013)
	}
	row, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	return r.values(row), nil
}

// read reads a row from SQLite. An error, also that of a cancel, ends the
// query.
func (r *Rows) read(ctx context.Context) ([]driver.Value, error) {
	row := make([]driver.Value, len(r.Columns))
	err := r.s.conn.next(ctx, r.rows, row)
	switch {
	case err == nil:
		return row, nil
	case !errors.Is(err, io.EOF):
		err = r.s.mapError(err, nil)
	}
	r.err = err
	if stopErr := r.stop(); stopErr != nil && errors.Is(err, io.EOF) {
		r.err = r.s.mapError(stopErr, nil)
	}
	return nil, r.err
}

func (r *Rows) values(row []driver.Value) []Value {
	out := make([]Value, len(row))
	for i, v := range row {
		out[i] = oracleValue(r.Columns[i].Type, v)
	}
	return out
}

// oracleValue turns what SQLite keeps into what clients are sent.
func oracleValue(t Type, v driver.Value) Value {
	out := Value{Type: t}
	switch v := v.(type) {
	case string:
		out.Data = []byte(v)
	case []byte:
		out.Data = v
		if v == nil {
			out.Data = []byte{}
		}
	}
	return out
}

// Close ends the query.
func (r *Rows) Close() error {
	r.s.enter()
	defer r.s.mu.Unlock()
	return r.close()
}

func (r *Rows) close() error {
	r.waited = nil
	return r.stop()
}

// stop ends the statement in SQLite and forgets it.
func (r *Rows) stop() error {
	if r.rows == nil {
		return nil
	}
	err := r.rows.Close()
	r.cancel()
	r.rows = nil
	r.s.open = slices.DeleteFunc(r.s.open, func(o *Rows) bool { return o == r })
	return err
}

// drain reads all open queries to their end, so that they keep to the moment
// they began and hold no lock while the session goes on.
func (s *Session) drain(ctx context.Context) error {
	size := 0
	for len(s.open) > 0 {
		r := s.open[0]
		for r.rows != nil {
			if ctx.Err() != nil {
				return oraErr(1013)
			}
			row, err := r.read(ctx)
			if err != nil {
				break
			}
			for _, v := range row {
				size += 32 + len(asText(v)) + len(asBytes(v))
			}
			if size > maxDrained {
				r.err = &Error{Code: 1555, Message: "snapshot too old: the stand-in keeps no more rows of an open query"}
				if err := r.stop(); err != nil {
					return err
				}
				break
			}
			r.waited = append(r.waited, row)
		}
	}
	return nil
}
