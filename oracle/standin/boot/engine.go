package boot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// Engine is the stand-in's SQL engine as a [Database].
type Engine struct{ DB *sqldb.Database }

// Connect opens a session of a user who has proven to be it.
func (e Engine) Connect(_ context.Context, user string) (sqlplus.Session, error) { //nolint:ireturn // Database
	s, err := e.DB.Login(exact(user))
	if err != nil {
		return nil, err
	}
	return engineSession{s}, nil
}

// Check reports whether the password is the user's.
func (e Engine) Check(user, password string) error {
	verifier, err := e.DB.Verifier(exact(user))
	if err != nil {
		return err
	}
	if !verifier.Matches(password) {
		return oraError(1017)
	}
	return nil
}

// exact keeps the engine from folding a name that is folded already.
func exact(user string) string { return `"` + user + `"` }

// Close closes the engine.
func (e Engine) Close() error { return e.DB.Close() }

type engineSession struct{ *sqldb.Session }

// Run executes one statement.
func (s engineSession) Run(ctx context.Context, text string) (sqlplus.Result, error) {
	statement, err := s.Prepare(text)
	if err != nil {
		return sqlplus.Result{}, err
	}
	if len(statement.Binds) > 0 {
		return sqlplus.Result{}, &sqldb.Error{Code: 1008, Message: "not all variables bound"}
	}
	if statement.Kind == sqldb.Query {
		return runQuery(ctx, statement)
	}
	done, err := statement.Exec(ctx, [][]sqldb.Value{{}})
	if err != nil {
		return sqlplus.Result{}, err
	}
	return sqlplus.Result{Count: done.Rows}, nil
}

func runQuery(ctx context.Context, statement *sqldb.Statement) (sqlplus.Result, error) {
	rows, err := statement.Query(ctx, nil)
	if err != nil {
		return sqlplus.Result{}, err
	}
	defer func() { _ = rows.Close() }()
	result := sqlplus.Result{Columns: []sqlplus.Column{}}
	for _, c := range rows.Columns {
		right := c.Type == sqldb.Number || c.Type == sqldb.BinaryDouble || c.Type == sqldb.BinaryFloat
		result.Columns = append(result.Columns, sqlplus.Column{Name: c.Name, Right: right})
	}
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return result, nil
		}
		if err != nil {
			return sqlplus.Result{}, err
		}
		texts := make([]string, len(row))
		for i, value := range row {
			if texts[i], err = show(value); err != nil {
				return sqlplus.Result{}, fmt.Errorf("show column %s: %w", rows.Columns[i].Name, err)
			}
		}
		result.Rows = append(result.Rows, texts)
	}
}
