package sqldb

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Statement is a parsed statement of a session.
type Statement struct {
	SQL   string
	Kind  Kind
	Binds []Bind // in order of occurrence

	s     *Session
	st    *stmt
	cache map[string]*translation
	names []string // distinct names of the binds
}

// A Result is what a statement that is no query answers.
type Result struct {
	Rows      int64       // in all
	RowCounts []int64     // per execution
	Out       [][][]Value // per execution, OUT bind and row
}

// Prepare parses a statement. It finds errors of syntax only.
func (s *Session) Prepare(sql string) (*Statement, error) {
	st, err := parse(sql)
	if err != nil {
		return nil, err
	}
	return s.statement(sql, st), nil
}

func (s *Session) statement(sql string, st *stmt) *Statement {
	out := &Statement{SQL: sql, Kind: st.kind, Binds: st.binds, s: s, st: st, cache: map[string]*translation{}}
	for _, b := range st.binds {
		if !slices.Contains(out.names, b.Name) {
			out.names = append(out.names, b.Name)
		}
	}
	return out
}

// Describe returns the columns of a query, or the values of RETURNING, without
// running it. The types of the binds may be missing.
func (st *Statement) Describe(ctx context.Context, binds []Type) ([]Column, error) {
	s := st.s
	s.enter()
	defer s.mu.Unlock()
	if st.Kind != Query && st.Kind != DML {
		return nil, nil
	}
	values := make([]Value, len(st.Binds))
	for i := range values {
		if i < len(binds) {
			values[i].Type = binds[i]
		}
	}
	tr, err := st.translation(ctx, values)
	if err != nil {
		return nil, err
	}
	return tr.columns, nil
}

// spread gives every occurrence of a bind its value: clients send one value
// per occurrence, per occurrence of an IN bind, or per name.
func (st *Statement) spread(values []Value) ([]Value, error) {
	out := make([]Value, len(st.Binds))
	in := 0
	for _, b := range st.Binds {
		if !b.Out {
			in++
		}
	}
	switch len(values) {
	case len(st.Binds):
		return values, nil
	case in:
		at := 0
		for i, b := range st.Binds {
			if !b.Out {
				out[i] = values[at]
				at++
			}
		}
		return out, nil
	case len(st.names):
		for i, b := range st.Binds {
			out[i] = values[slices.Index(st.names, b.Name)]
		}
		return out, nil
	}
	if len(values) > len(st.Binds) {
		return nil, oraErr(1036)
	}
	return nil, oraErr(1008)
}

// translation returns the statement's SQL for binds of these types.
func (st *Statement) translation(ctx context.Context, values []Value) (*translation, error) {
	s := st.s
	if s.closed {
		return nil, oraErr(1012)
	}
	if err := s.fresh(ctx); err != nil {
		return nil, s.mapError(err, nil)
	}
	key := make([]byte, len(values))
	binds := make([]columnType, len(values))
	for i, v := range values {
		key[i] = byte(v.Type)
		ty, err := bindType(v.Type)
		if err != nil && !st.Binds[i].Out {
			return nil, err
		}
		binds[i] = ty
	}
	if tr := st.cache[string(key)]; tr != nil && tr.current(ctx, s) {
		return tr, nil
	}
	tr, err := s.translator(ctx, st.st, binds).translate()
	if err != nil {
		return nil, s.mapError(err, nil)
	}
	if len(st.cache) > 16 {
		clear(st.cache)
	}
	st.cache[string(key)] = tr
	return tr, nil
}

// arguments fills a translation's parameters.
func (s *Session) arguments(tr *translation, values []Value) ([]any, error) {
	out := make([]any, len(tr.params))
	for i, p := range tr.params {
		switch p.kind {
		case paramBind:
			v, err := sqliteValue(values[p.bind])
			if err != nil {
				return nil, err
			}
			out[i] = v
		case paramNow:
			out[i] = dateNow()
		case paramNowTZ:
			out[i] = timestampNow()
		case paramSession:
			out[i] = s.id
		case paramNextval:
			n, err := s.db.nextval(p.owner, p.name)
			if err != nil {
				return nil, err
			}
			s.currval[p.owner+"."+p.name] = n
			b, err := encodedInt(n)
			if err != nil {
				return nil, err
			}
			out[i] = b
		}
	}
	return out, nil
}

// Query runs a query.
func (st *Statement) Query(ctx context.Context, binds []Value) (*Rows, error) {
	s := st.s
	s.enter()
	defer s.mu.Unlock()
	if st.Kind != Query {
		return nil, fmt.Errorf("not a query: %.40s", st.SQL)
	}
	return st.query(ctx, binds)
}

func (st *Statement) query(ctx context.Context, binds []Value) (*Rows, error) {
	s := st.s
	values, err := st.spread(binds)
	if err != nil {
		return nil, err
	}
	tr, err := st.translation(ctx, values)
	if err != nil {
		return nil, err
	}
	if err := s.drain(ctx); err != nil {
		return nil, err
	}
	if len(tr.lock) > 0 {
		if err := s.lock(ctx, tr.lock, st.st.query.nowait); err != nil {
			return nil, err
		}
	}
	args, err := s.arguments(tr, values)
	if err != nil {
		return nil, s.mapError(err, nil)
	}
	// The rows outlive the call, and with it the caller's context.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	rows, err := s.conn.query(own, tr.sql, args...)
	if err == nil && !stop() {
		err = errors.Join(oraErr(1013), rows.Close())
	}
	if err != nil {
		cancel()
		return nil, s.mapError(err, nil)
	}
	r := &Rows{Columns: tr.columns, s: s, rows: rows, cancel: cancel}
	s.open = append(s.open, r)
	return r, nil
}

// lock starts a transaction that alone may write to some schemas: SQLite locks
// no rows.
func (s *Session) lock(ctx context.Context, schemas []string, nowait bool) error {
	if nowait {
		if _, err := s.conn.exec(ctx, "PRAGMA busy_timeout=0"); err != nil {
			return err
		}
		defer func() {
			// Waiting is the connection's normal way; failing to restore it
			// shows at the next lock.
			_, _ = s.conn.exec(context.WithoutCancel(ctx), "PRAGMA busy_timeout=5000")
		}()
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, schema := range schemas {
		if err := s.reserve(ctx, schema); err != nil {
			mapped := s.mapError(err, nil)
			if undo := s.release(ctx); undo != nil {
				return undo
			}
			return mapped
		}
	}
	s.dirty = true
	return nil
}

// reserve takes the right to write to a schema's file. A transaction that has
// read there must not wait for it: when another one commits meanwhile, SQLite
// refuses to let it write at all.
func (s *Session) reserve(ctx context.Context, schema string) error {
	_, err := s.conn.exec(ctx, "DELETE FROM "+attachName(schema)+`."sys:catalog" WHERE 0`)
	return err
}

// Exec runs a statement that is no query, once per row of binds. After an
// error the rows before it keep their effect, as Oracle has it; Error.Row
// tells how many.
func (st *Statement) Exec(ctx context.Context, rows [][]Value) (Result, error) {
	s := st.s
	s.enter()
	defer s.mu.Unlock()
	if s.closed {
		return Result{}, oraErr(1012)
	}
	if st.Kind == DML {
		return st.execDML(ctx, rows)
	}
	var values []Value
	if len(rows) > 0 {
		values = rows[0]
	}
	if st.Kind == Query {
		r, err := st.query(ctx, values)
		if err != nil {
			return Result{}, err
		}
		return Result{}, r.close()
	}
	values, err := st.spread(values)
	if err != nil {
		return Result{}, err
	}
	if err := s.drain(ctx); err != nil {
		return Result{}, err
	}
	if st.Kind == Block {
		return s.execBlock(ctx, st, values)
	}
	if err := s.fresh(ctx); err != nil {
		return Result{}, s.mapError(err, nil)
	}
	return Result{RowCounts: []int64{0}}, s.execOther(ctx, st.st, values)
}

// execOther runs control statements and DDL.
func (s *Session) execOther(ctx context.Context, st *stmt, values []Value) error {
	var err error
	if st.kind == DDL {
		err = s.ddl(ctx, st)
	} else {
		err = s.control(ctx, st, values)
	}
	if err != nil {
		return s.mapError(err, nil)
	}
	return nil
}
