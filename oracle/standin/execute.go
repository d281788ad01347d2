package standin

import (
	"context"
	"errors"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// execute answers an execute call: it parses, runs and fetches, or does a part
// of that.
func (s *session) execute(ctx context.Context) {
	req := parseExecute(s.dec, s.client.rawText)
	if s.broken() {
		return
	}
	if block, ok := parseOpenFor(req.sql); ok && req.has(optExecute) {
		if err := s.openCursor(ctx, req, block); err != nil {
			s.fail(err)
		}
		return
	}
	c, opened, err := s.cursorFor(req)
	if err != nil {
		s.skipValues(req)
		s.fail(err)
		return
	}
	if opened {
		s.opened = c
	}
	if len(req.defines) > 0 {
		c.defines = req.defines
	}
	if opened || len(req.binds) > 0 {
		c.binds = req.binds
		c.batchErrors, c.rowCounts = req.has(optBatchErrors), req.rowCounts
	}
	err = s.executeOn(ctx, c, req)
	if err != nil {
		if opened {
			s.cursors.close(c.id)
		}
		s.fail(err)
	}
}

// cursorFor finds or opens the request's cursor.
func (s *session) cursorFor(req executeRequest) (c *cursor, opened bool, err *sqldb.Error) {
	if req.sql == "" {
		c, err = s.cursors.get(req.cursor)
		return c, false, err
	}
	if s.tooMany(req.cursor) {
		return nil, false, oraError(codeMaxCursors, "maximum open cursors exceeded")
	}
	st, prepareErr := s.db.Prepare(req.sql)
	if prepareErr != nil {
		return nil, false, s.asOra(prepareErr)
	}
	s.cursors.close(req.cursor) // parsing anew into a cursor replaces its statement
	c, err = s.cursors.add(st)
	return c, true, err
}

// tooMany reports whether one cursor more than the one replaced is too many.
func (s *session) tooMany(replaced int) bool {
	return s.cursors.open[replaced] == nil && len(s.cursors.open) >= s.cursors.limit
}

func (s *session) executeOn(ctx context.Context, c *cursor, req executeRequest) *sqldb.Error {
	runs := req.runs
	if c.stmt.Kind == sqldb.Query {
		runs = 1
	}
	fetchOnly := !req.has(optExecute) && req.has(optFetch)
	var rows [][]sqldb.Value
	if len(req.defines) == 0 && (!fetchOnly || c.rows == nil) {
		plan, err := planBinds(c.stmt, c.binds)
		if err != nil {
			s.skipValues(req)
			if !req.has(optExecute) {
				return s.describeOnly(ctx, c, req)
			}
			return err
		}
		if rows, err = s.readValues(plan, runs, s.client.goOra || s.client.rawText || c.stmt.Kind == sqldb.Block); err != nil {
			return err
		}
		if s.broken() {
			return nil // the session ends: nothing is answered
		}
	}
	switch {
	case fetchOnly:
		s.fetchInto(ctx, c, req.rows)
		return nil
	case !req.has(optExecute):
		return s.describeOnly(ctx, c, req)
	case c.stmt.Kind == sqldb.Query:
		return s.query(ctx, c, rows[0], queryOptions{describe: req.has(optParse | optDescribe), rows: req.rows})
	}
	return s.mutate(ctx, c, rows, req.has(optCommit))
}

// readValues reads the values of all executions and makes them the engine's.
func (s *session) readValues(plan bindPlan, runs int, outSent bool) ([][]sqldb.Value, *sqldb.Error) {
	plan.longBySize = s.client.longBySize()
	raw := plan.readRows(s.dec, runs, outSent)
	rows := make([][]sqldb.Value, len(raw))
	for i := range raw {
		var err *sqldb.Error
		if rows[i], err = s.values(plan, raw[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// reexecute runs a cursor again: its statement, binds and columns are known.
func (s *session) reexecute(ctx context.Context, fetch bool) {
	req := parseReexecute(s.dec)
	if s.broken() {
		return
	}
	c, err := s.cursors.get(req.cursor)
	if err != nil {
		s.dec.Drop() // values whose descriptions are not known
		s.fail(err)
		return
	}
	runs := max(req.count, 1)
	if c.stmt.Kind == sqldb.Query {
		runs = 1
	}
	plan, err := planBinds(c.stmt, c.binds)
	if err != nil {
		s.dec.Drop()
		s.fail(err)
		return
	}
	rows, err := s.readValues(plan, runs, s.client.rawText || !s.client.goOra && c.stmt.Kind == sqldb.Block)
	switch {
	case s.broken():
		return
	case err != nil:
	case c.stmt.Kind == sqldb.Query:
		if !fetch {
			req.count = 0
		}
		err = s.query(ctx, c, rows[0], queryOptions{rows: req.count})
	default:
		c.rowCounts = c.rowCounts || runs > 1
		err = s.mutate(ctx, c, rows, req.commit)
	}
	if err != nil {
		s.fail(err)
	}
}

// fail answers with an error. Cursor 0 says that there is nothing to close.
func (s *session) fail(err *sqldb.Error) {
	s.putStatus(status{err: err, rows: int64(err.Row)})
}

// mutate runs a statement that is no query.
func (s *session) mutate(ctx context.Context, c *cursor, rows [][]sqldb.Value, commit bool) *sqldb.Error {
	res, batch, err := s.exec(ctx, c, rows)
	if err != nil {
		return err
	}
	s.settled = true
	if commit && len(batch) == 0 && s.db.InTransaction() {
		if err := s.db.Commit(ctx); err != nil {
			return s.asOra(err)
		}
	}
	if hasOut(c.stmt) {
		s.putOut(c, res)
	}
	s.putParameters(c, res)
	st := status{cursor: c.id, rows: res.Rows, batch: batch}
	if len(batch) > 0 {
		st.err = oraError(codeArrayErrors, "error(s) in array DML")
	}
	s.putStatus(st)
	return nil
}

// exec runs all executions. With batch errors a row that fails is noted and
// the rows after it run all the same.
func (s *session) exec(ctx context.Context, c *cursor, rows [][]sqldb.Value) (sqldb.Result, []*sqldb.Error, *sqldb.Error) {
	var total sqldb.Result
	var batch []*sqldb.Error
	for done := 0; ; {
		res, err := c.stmt.Exec(ctx, rows[done:])
		total.Rows += res.Rows
		total.RowCounts = append(total.RowCounts, res.RowCounts...)
		total.Out = append(total.Out, res.Out...)
		if err == nil {
			return total, batch, nil
		}
		ora, ok := errors.AsType[*sqldb.Error](err)
		if !ok || !c.batchErrors || len(rows) < 2 || ctx.Err() != nil {
			return total, nil, s.asOra(err)
		}
		failed := *ora
		failed.Row += done
		batch = append(batch, &failed)
		total.RowCounts = append(total.RowCounts, 0)
		if done = failed.Row + 1; done >= len(rows) {
			return total, batch, nil
		}
	}
}

func hasOut(st *sqldb.Statement) bool {
	for _, b := range st.Binds {
		if b.Out {
			return true
		}
	}
	return false
}
