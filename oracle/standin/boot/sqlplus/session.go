// Package sqlplus is the stand-in's SQL*Plus: it reads commands and statements
// as the real client does, runs them on a session and prints what it would
// print. It knows neither network nor files of the database; those are the
// caller's.
package sqlplus

import "context"

// A Session runs statements for one user.
type Session interface {
	// Run executes one statement, without its final semicolon. An error is a
	// [*sqldb.Error] where Oracle would answer one.
	Run(ctx context.Context, text string) (Result, error)
	Close() error
}

// An Instance is the database as a client in the same container sees it.
type Instance interface {
	// Connect logs on. With the instance down, "/ as sysdba" still gets a
	// session; its statements answer ORA-01034.
	Connect(ctx context.Context, as Logon) (Session, error)
	Startup(ctx context.Context) error
	Shutdown(ctx context.Context) error
}

// A Logon says who connects.
type Logon struct {
	User, Password string // the user as it is kept, in capitals unless quoted
	Service        string // empty for a local connection
	OS             bool   // "/ as sysdba": the operating system vouches
}

// A Result is what a statement answered.
type Result struct {
	Columns []Column // nil when it was no query
	Rows    [][]string
	Count   int64 // rows affected by DML
}

// A Column heads a query's result.
type Column struct {
	Name  string
	Width int  // of the widest value
	Right bool // numbers stand to the right
}
