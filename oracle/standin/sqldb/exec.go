package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func timestampNow() []byte {
	now := systemNow()
	return format.EncodeTimestampTZ(now.Truncate(1000))
}

func encodedInt(n int64) ([]byte, error) {
	b, err := format.FromInt(n).Encode()
	if err != nil {
		return nil, numberError(err)
	}
	return b, nil
}

// execDML runs an INSERT, UPDATE, DELETE or MERGE once per row of binds.
func (st *Statement) execDML(ctx context.Context, rows [][]Value) (res Result, err error) {
	if len(rows) == 0 {
		rows = [][]Value{nil}
	}
	if err := st.s.drain(ctx); err != nil {
		return res, err
	}
	err = st.s.cancellable(ctx, func() error {
		res, err = st.execRows(ctx, rows)
		return err
	})
	if oe, ok := asError2(err); ok && oe.Code == 1013 {
		return Result{}, err
	}
	return res, err
}

func (st *Statement) execRows(ctx context.Context, rows [][]Value) (Result, error) {
	var res Result
	run := &dmlRun{st: st, ctx: ctx}
	for i, row := range rows {
		err := run.row(row, &res)
		if err == nil && ctx.Err() != nil && i < len(rows)-1 {
			err = oraErr(1013)
		}
		if err != nil {
			if oe, ok := asError(err); ok {
				oe.Row = i
				return res, oe
			}
			return res, err
		}
	}
	return res, nil
}

// A dmlRun is one call of Exec: rows of the same types share a translation.
type dmlRun struct {
	st    *Statement
	ctx   context.Context
	tr    *translation
	types []Type
}

func (r *dmlRun) row(row []Value, res *Result) error {
	s, ctx := r.st.s, r.ctx
	values, err := r.st.spread(row)
	if err != nil {
		return err
	}
	types := make([]Type, len(values))
	for i, v := range values {
		types[i] = v.Type
	}
	// Once the first row is in, the lock on the schema keeps others from
	// changing the table.
	if r.tr == nil || !s.dirty || !slices.Equal(types, r.types) {
		if r.tr, err = r.st.translation(ctx, values); err != nil {
			return err
		}
		r.types = types
	}
	tr := r.tr
	args, err := s.arguments(tr, values)
	if err != nil {
		return s.mapError(err, nil)
	}
	n, out, err := s.change(ctx, tr, args)
	if err != nil {
		return err
	}
	res.Rows += n
	res.RowCounts = append(res.RowCounts, n)
	if len(tr.out) > 0 {
		res.Out = append(res.Out, outValues(tr, out))
	}
	return nil
}

// outValues turns the rows of RETURNING into lists per bind.
func outValues(tr *translation, rows [][]driver.Value) [][]Value {
	out := make([][]Value, len(tr.columns))
	for i, c := range tr.columns {
		out[i] = make([]Value, 0, len(rows))
		for _, row := range rows {
			out[i] = append(out[i], oracleValue(c.Type, row[i]))
		}
	}
	return out
}

// change runs one DML statement in the session's transaction.
func (s *Session) change(ctx context.Context, tr *translation, args []any) (n int64, out [][]driver.Value, err error) {
	if err := s.begin(ctx); err != nil {
		return 0, nil, err
	}
	if s.dirty {
		// SQLite answers an interrupt by undoing the whole transaction, Oracle
		// by undoing the statement: so it runs to its end.
		ctx = context.WithoutCancel(ctx)
	}
	if len(tr.more) > 0 || len(tr.before) > 0 {
		n, err = s.changeMany(ctx, tr, args)
	} else {
		n, out, err = s.changeOne(ctx, tr, args)
	}
	if err != nil && interrupted(err) {
		err = oraErr(1013)
	}
	if oe, ok := asError2(err); ok && oe.Code == 1013 {
		return 0, nil, errors.Join(oe, s.abandoned(ctx))
	}
	if err == nil && n > 0 {
		s.dirty = true
	}
	if undo := s.release(ctx); undo != nil {
		return n, out, undo
	}
	return n, out, err
}

// abandoned forgets the transaction that SQLite ended with an interrupt; it
// had changed nothing yet.
func (s *Session) abandoned(ctx context.Context) error {
	err := s.release(ctx)
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}

func (s *Session) changeOne(ctx context.Context, tr *translation, args []any) (int64, [][]driver.Value, error) {
	n, out, err := s.run(ctx, tr, args)
	switch {
	case err == nil:
		return n, out, nil
	case strings.Contains(err.Error(), "FOREIGN KEY constraint failed"):
		return 0, nil, s.foreignKeyError(ctx, tr, args)
	case tr.target.unique && strings.Contains(err.Error(), "UNIQUE constraint failed"):
		return s.updateUnique(ctx, tr, args, err)
	}
	return 0, nil, s.mapError(err, tr.target)
}

func (s *Session) run(ctx context.Context, tr *translation, args []any) (int64, [][]driver.Value, error) {
	if len(tr.out) == 0 {
		n, err := s.conn.exec(ctx, tr.sql, args...)
		return n, nil, err
	}
	rows, err := s.conn.all(ctx, tr.sql, args...)
	return int64(len(rows)), rows, err
}

// within runs fn so that all it did is undone when it fails.
func (s *Session) within(ctx context.Context, fn func() error) error {
	ctx2 := context.WithoutCancel(ctx)
	if _, err := s.conn.exec(ctx2, `SAVEPOINT "sys:statement"`); err != nil {
		return err
	}
	err := fn()
	if err != nil {
		if _, undo := s.conn.exec(ctx2, `ROLLBACK TO "sys:statement"`); undo != nil {
			return errors.Join(err, undo)
		}
	}
	if _, done := s.conn.exec(ctx2, `RELEASE "sys:statement"`); done != nil {
		return errors.Join(err, done)
	}
	return err
}

// changeMany runs the statements that a MERGE became.
func (s *Session) changeMany(ctx context.Context, tr *translation, args []any) (total int64, err error) {
	err = s.within(ctx, func() error {
		if err := s.reserve(ctx, tr.target.schema); err != nil {
			return s.mapError(err, nil)
		}
		for _, check := range tr.before {
			rows, err := s.conn.all(ctx, check, args...)
			if err != nil {
				return s.mapError(err, tr.target)
			}
			if len(rows) > 0 {
				return oraErr(30926)
			}
		}
		for _, sql := range append([]string{tr.sql}, tr.more...) {
			n, err := s.conn.exec(ctx, sql, args...)
			if err != nil {
				tg := *tr.target
				tg.update = strings.HasPrefix(sql, "UPDATE")
				return s.mapError(err, &tg)
			}
			total += n
		}
		return nil
	})
	return total, err
}

// updateUnique repeats an UPDATE that SQLite refused because it checks each
// row: Oracle checks when all rows are changed. So the indexes are made anew
// behind the update.
func (s *Session) updateUnique(ctx context.Context, tr *translation, args []any, first error) (n int64, out [][]driver.Value, err error) {
	tg := tr.target
	file := attachName(tg.schema)
	indexes, err := s.conn.all(ctx, "SELECT name, sql FROM "+file+".sqlite_schema WHERE type='index' AND sql LIKE 'CREATE UNIQUE%' AND tbl_name=?", tg.table.Name)
	if err != nil {
		return 0, nil, s.mapError(err, tg)
	}
	err = s.within(ctx, func() error {
		for _, ix := range indexes {
			if _, err := s.conn.exec(ctx, "DROP INDEX "+file+"."+quote(asText(ix[0]))); err != nil {
				return err
			}
		}
		if n, out, err = s.run(ctx, tr, args); err != nil {
			return err
		}
		for _, ix := range indexes {
			sql := strings.Replace(asText(ix[1]), "CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX "+file+".", 1)
			if _, err := s.conn.exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
		return n, out, nil
	case strings.Contains(err.Error(), "foreign key mismatch"):
		return 0, nil, unsupported("an UPDATE that moves keys which other tables refer to")
	case strings.Contains(err.Error(), "UNIQUE constraint failed"):
		return 0, nil, s.mapError(first, tg)
	}
	return 0, nil, s.mapError(err, tg)
}

// foreignKeyError finds out which foreign key a statement breaks: it is run
// once more with the check put off, and undone.
func (s *Session) foreignKeyError(ctx context.Context, tr *translation, args []any) error {
	tg := tr.target
	found := error(nil)
	err := s.within(ctx, func() error {
		if _, err := s.conn.exec(ctx, "PRAGMA defer_foreign_keys=ON"); err != nil {
			return err
		}
		if _, _, err := s.run(ctx, tr, args); err != nil {
			return err
		}
		rows, err := s.conn.all(ctx, "PRAGMA "+attachName(tg.schema)+".foreign_key_check")
		if err != nil {
			return err
		}
		for _, row := range rows {
			found = s.brokenKey(ctx, tg, asText(row[0]), asInt(row[3]))
			break
		}
		return errUndo
	})
	if _, off := s.conn.exec(context.WithoutCancel(ctx), "PRAGMA defer_foreign_keys=OFF"); off != nil {
		return off
	}
	if found != nil {
		return found
	}
	if err != nil && !errors.Is(err, errUndo) {
		return s.mapError(err, tg)
	}
	return unsupported("this violation of a foreign key")
}

// brokenKey names the constraint; which of the two errors it is depends on
// the side that was changed.
func (s *Session) brokenKey(ctx context.Context, tg *target, child string, id int64) error {
	c, err := s.catalogOf(ctx, tg.schema)
	if err != nil {
		return err
	}
	def := c.tables[child]
	if def == nil {
		return nil
	}
	var keys []constraintDef
	for _, k := range def.Constraints {
		if k.Kind == "R" && !k.Disabled {
			keys = append(keys, k)
		}
	}
	// SQLite numbers a table's foreign keys from the last to the first.
	i := len(keys) - 1 - int(id)
	if i < 0 || i >= len(keys) {
		return nil
	}
	code := 2292
	if child == tg.table.Name && tg.verb != "DELETE" {
		code = 2291
	}
	return oraErr(code, tg.schema+"."+keys[i].Name)
}
