package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// execBlock runs an anonymous block. Its statements are undone together when
// one fails, unless they committed.
func (s *Session) execBlock(ctx context.Context, st *Statement, values []Value) (Result, error) {
	run := &blockRun{s: s, ctx: ctx, binds: st.Binds, values: append([]Value{}, values...)}
	res := Result{Rows: 1, RowCounts: []int64{1}}
	err := run.block(st.st)
	if err != nil {
		oe, ok := asError(err)
		if !ok || oe.Code == 1013 || oe.Code == 3001 {
			return res, err
		}
		return res, &Error{Code: oe.Code, Message: oe.Message + "\nORA-06512: at line 1"}
	}
	var out [][]Value
	for i, b := range st.Binds {
		if b.Out {
			out = append(out, []Value{run.values[i]})
		}
	}
	if out != nil {
		res.Out = [][][]Value{out}
	}
	return res, nil
}

type blockRun struct {
	s      *Session
	ctx    context.Context
	binds  []Bind
	values []Value
}

func (r *blockRun) block(st *stmt) error {
	const mark = "sys:block"
	before := append([]savepoint{}, r.s.savepoints...)
	if err := r.s.savepoint(r.ctx, mark); err != nil {
		return err
	}
	for _, part := range st.block {
		err := r.statement(part)
		if err == nil {
			continue
		}
		if oe, ok := asError(err); ok && st.handled && oe.Code != 1013 && oe.Code != 3001 {
			return nil // WHEN OTHERS THEN NULL: what was done stays
		}
		if undo := r.s.rollbackTo(r.ctx, mark); undo != nil {
			if oe, ok := asError(undo); !ok || oe.Code != 1086 {
				return errors.Join(err, undo)
			}
		}
		r.s.savepoints = before
		if undo := r.s.release(r.ctx); undo != nil {
			return undo
		}
		return err
	}
	return nil
}

// statement runs one part of a block; binds keep the numbers they have in the
// whole text.
func (r *blockRun) statement(st *stmt) error {
	if r.ctx.Err() != nil {
		return oraErr(1013)
	}
	switch st.kind {
	case Block:
		return r.block(st)
	case DDL, Control:
		if err := r.s.fresh(r.ctx); err != nil {
			return err
		}
		return r.s.execOther(r.ctx, st, r.values)
	}
	sub := r.s.statement("", st)
	sub.Binds = r.binds
	tr, err := sub.translation(r.ctx, r.values)
	if err != nil {
		return err
	}
	args, err := r.s.arguments(tr, r.values)
	if err != nil {
		return err
	}
	if st.kind == DML {
		_, rows, err := r.s.change(r.ctx, tr, args)
		if err != nil || len(tr.out) == 0 {
			return err
		}
		return r.fill(tr, tr.out, rows)
	}
	rows, err := r.s.conn.all(r.ctx, tr.sql, args...)
	if err != nil {
		return r.s.mapError(err, nil)
	}
	if st.assign != nil {
		return r.fill(tr, []int{st.target}, rows)
	}
	if st.query.body.sel == nil || st.query.body.sel.into == nil {
		return &Error{Code: 6550, Message: fmt.Sprintf(oraText(6550), 1, 7, "PLS-00428: an INTO clause is expected in this SELECT statement")}
	}
	return r.fill(tr, st.query.body.sel.into, rows)
}

func (r *blockRun) fill(tr *translation, into []int, rows [][]driver.Value) error {
	switch {
	case len(rows) == 0:
		return oraErr(1403)
	case len(rows) > 1:
		return oraErr(1422)
	case len(into) != len(tr.columns):
		return oraErr(947)
	}
	for i, bind := range into {
		v := oracleValue(tr.columns[i].Type, rows[0][i])
		for j, b := range r.binds {
			if b.Name == r.binds[bind].Name {
				r.values[j] = v
			}
		}
	}
	return nil
}
