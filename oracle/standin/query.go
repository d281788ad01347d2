package standin

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// queryOptions say what the answer to a query holds.
type queryOptions struct {
	describe bool
	rows     int
}

// query runs a cursor's query and answers with its first rows.
func (s *session) query(ctx context.Context, c *cursor, binds []sqldb.Value, opts queryOptions) *sqldb.Error {
	c.stop()
	s.running = c
	rows, err := c.stmt.Query(ctx, binds)
	if err != nil {
		return s.asOra(err)
	}
	c.rows = rows
	start := s.out.Len()
	if opts.describe || !sameTypes(c.described, rows.Columns) {
		if c.described != nil && !opts.describe {
			c.defines = nil // they were for other columns
		}
		s.putDescribe(rows.Columns)
		c.described = rows.Columns
	}
	if c.hasLobs() && len(c.defines) == 0 {
		// The client says first how it wants the LOBs: as text or as locators.
		opts.rows = 0
	}
	st := status{cursor: c.id}
	if opts.rows > 0 {
		if st.err, err = s.putRows(ctx, c, opts.rows); err != nil {
			s.out.Truncate(start)
			return s.asOra(err)
		}
	}
	s.putParameters(c, sqldb.Result{})
	st.rows = c.fetched
	s.putStatus(st)
	return nil
}

// sameTypes reports whether a client that knows some columns can read values
// of others.
func sameTypes(known, columns []sqldb.Column) bool {
	return slices.EqualFunc(known, columns, func(a, b sqldb.Column) bool { return a.Type == b.Type })
}

// fetch answers a fetch call.
func (s *session) fetch(ctx context.Context) {
	id, n := int(s.dec.UB()&0xFFFFFFFF), int(s.dec.UB()&0x7FFFFFFF)
	if s.broken() {
		return
	}
	c, err := s.cursors.get(id)
	if err != nil {
		s.fail(err)
		return
	}
	s.fetchInto(ctx, c, n)
}

func (s *session) fetchInto(ctx context.Context, c *cursor, n int) {
	if c.rows == nil {
		s.fail(oraError(1002, "fetch out of sequence"))
		return
	}
	s.running = c
	end, err := s.putRows(ctx, c, n)
	if err != nil {
		s.fail(s.asOra(err))
		return
	}
	s.putStatus(status{cursor: c.id, rows: c.fetched, err: end})
}

// maxAnswer is when an answer is sent although the client asked for more rows:
// it will ask again.
const maxAnswer = 16 << 20

// putRows writes up to n rows. The end is ORA-01403 when there are no more.
func (s *session) putRows(ctx context.Context, c *cursor, n int) (end *sqldb.Error, err error) {
	o := &s.out
	o.Raw(msgRowHeader, 0)
	o.Int(len(c.rows.Columns))
	o.UB(0)
	o.Int(n)
	o.Zeros(3)
	for i := 0; i < n && !c.done && o.Len() < maxAnswer; i++ {
		row, err := c.rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			c.done = true
			break
		}
		if err != nil {
			return nil, err
		}
		c.fetched++
		o.Raw(msgRow)
		for j, col := range c.rows.Columns {
			s.putColumn(c, j, col, row[j])
		}
	}
	if c.done {
		return oraError(codeNoMoreRows, "no data found"), nil
	}
	return nil, nil
}

// putColumn writes one value in the way the client defined its column.
func (s *session) putColumn(c *cursor, i int, col sqldb.Column, v sqldb.Value) {
	o := &s.out
	if !isLob(col.Type) {
		o.CLR(v.Data)
		return
	}
	if i >= len(c.defines) {
		// A client that defines nothing wants bare locators.
		if v.Data == nil {
			o.UB(0)
			return
		}
		s.putLocator(s.lobs.add(lob{typ: col.Type, data: v.Data}))
		return
	}
	if !isLob(sqldb.Type(c.defines[i].typ)) {
		o.CLR(v.Data)
		o.Zeros(2)
		return
	}
	if v.Data == nil {
		o.UB(0)
		return
	}
	s.putPrefetched(lob{typ: col.Type, data: v.Data})
}

// putPrefetched writes a locator with what clients would ask for next.
func (s *session) putPrefetched(l lob) {
	o := &s.out
	o.Int(locatorSize)
	o.UB(uint64(l.length()))
	o.Int(lobChunk)
	o.CLR(s.lobs.add(l))
}

func (s *session) putLocator(locator []byte) {
	s.out.Int(len(locator))
	s.out.CLR(locator)
}

// describeOnly answers a call that parses and does not execute.
func (s *session) describeOnly(ctx context.Context, c *cursor, req executeRequest) *sqldb.Error {
	if c.stmt.Kind == sqldb.Query && req.has(optDescribe|optParse) {
		types := make([]sqldb.Type, len(c.stmt.Binds))
		for i := range types {
			types[i] = sqldb.Varchar2
			if i < len(c.binds) {
				if t, ok := c.binds[i].sqlType(); ok {
					types[i] = t
				}
			}
		}
		columns, err := c.stmt.Describe(ctx, types)
		if err != nil {
			return s.asOra(err)
		}
		s.putDescribe(columns)
		c.described = columns
	}
	s.putParameters(c, sqldb.Result{})
	s.putStatus(status{cursor: c.id})
	return nil
}
