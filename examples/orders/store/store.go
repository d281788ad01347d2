// Package store keeps products and orders in an Oracle database. It owns every
// SQL statement of the service, and it keeps one rule: what belongs together
// happens in one transaction or not at all.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "github.com/sijms/go-ora/v2" // the driver named oracle
)

// A Store is a pool of sessions. It is safe for concurrent use.
type Store struct {
	db *sql.DB
}

// Open connects with a go-ora URL, oracle://user:password@host:port/service,
// and fails when the database does not answer. The caller must Close the
// store.
func Open(ctx context.Context, url string) (*Store, error) {
	db, err := sql.Open("oracle", url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(time.Minute)
	s := &Store{db: db}
	if err := s.Ping(ctx); err != nil {
		_ = db.Close() // the first error says more
		return nil, err
	}
	return s, nil
}

// Ping asks the database for an answer.
func (s *Store) Ping(ctx context.Context) error {
	return fault("reach database", s.db.PingContext(ctx))
}

// Close ends all sessions.
func (s *Store) Close() error { return s.db.Close() }

// inTx runs do in one transaction: committed when do succeeds, else rolled
// back.
func (s *Store) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fault("begin", err)
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // the first error says more
		return err
	}
	return fault("commit", tx.Commit())
}

// changedOne reports whether the statement changed exactly one row.
func changedOne(res sql.Result) (bool, error) {
	n, err := res.RowsAffected()
	return n == 1, err
}
