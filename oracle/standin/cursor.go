package standin

import (
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// A cursor is a statement that a client may execute again by its number.
type cursor struct {
	id      int
	stmt    *sqldb.Statement
	binds   []bindDesc // as last described
	defines []bindDesc // how the client wants columns; empty: as they are
	rows    *sqldb.Rows

	described []sqldb.Column // what the client knows of them
	fetched   int64
	done      bool // the last row was sent

	batchErrors bool // array DML goes on after a row that fails
	rowCounts   bool // array DML answers the count of each execution
}

// hasLobs reports whether the running query has LOB columns.
func (c *cursor) hasLobs() bool {
	if c.rows == nil {
		return false
	}
	for _, col := range c.rows.Columns {
		if isLob(col.Type) {
			return true
		}
	}
	return false
}

// stop ends the running query.
func (c *cursor) stop() {
	if c.rows != nil {
		_ = c.rows.Close()
	}
	c.rows, c.fetched, c.done = nil, 0, false
}

// cursors are a session's open cursors.
type cursors struct {
	limit int
	last  int
	open  map[int]*cursor
}

// add opens a cursor; it fails when too many are open.
func (cs *cursors) add(st *sqldb.Statement) (*cursor, *sqldb.Error) {
	if len(cs.open) >= cs.limit {
		return nil, oraError(codeMaxCursors, "maximum open cursors exceeded")
	}
	if cs.open == nil {
		cs.open = make(map[int]*cursor)
	}
	for {
		cs.last = cs.last%0xFFFF + 1
		if cs.open[cs.last] == nil {
			break
		}
	}
	c := &cursor{id: cs.last, stmt: st}
	cs.open[c.id] = c
	return c, nil
}

func (cs *cursors) get(id int) (*cursor, *sqldb.Error) {
	if c := cs.open[id]; c != nil {
		return c, nil
	}
	return nil, oraError(codeNoSuchCursor, "invalid cursor")
}

// close closes a cursor, if it is open.
func (cs *cursors) close(id int) {
	if c := cs.open[id]; c != nil {
		c.stop()
		delete(cs.open, id)
	}
}

func (cs *cursors) closeAll() {
	for id := range cs.open {
		cs.close(id)
	}
}
