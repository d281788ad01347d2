// Package sqldb is the stand-in's SQL engine: a subset of Oracle's SQL over
// SQLite. It owns users, grants, sequences and data, and it keeps one rule:
// what it cannot do exactly as Oracle would, it refuses with ORA-03001.
//
// Values are held in Oracle's own internal formats (see package format): these
// compare byte by byte in the right order, so SQLite sorts, groups and indexes
// NUMBER, DATE and TIMESTAMP exactly, with all their digits.
//
// Where it differs from Oracle knowingly: SQLite locks whole files, so a
// schema has one writer at a time, and a second one waits five seconds for
// ORA-00054; within a transaction, other schemas are read as of the first time
// it looks; a cancel of DML in a transaction that has changed something undoes
// it only when it has run to its end; a generated constraint name is unique in
// its schema only.
package sqldb

import "fmt"

// Type is an Oracle data type, numbered as on the wire.
type Type uint8

// The types the stand-in knows.
const (
	Varchar2     Type = 1
	Number       Type = 2
	Long         Type = 8
	Date         Type = 12
	Raw          Type = 23
	LongRaw      Type = 24
	Char         Type = 96
	BinaryFloat  Type = 100
	BinaryDouble Type = 101
	Clob         Type = 112
	Blob         Type = 113
	Timestamp    Type = 180
	TimestampTZ  Type = 181
	TimestampLTZ Type = 231
)

// A Value is one datum in its type's internal format: UTF-8 for text, Oracle's
// variable-length format for NUMBER, 7 bytes for DATE, 7 or 11 for TIMESTAMP,
// 13 for TIMESTAMP WITH TIME ZONE, plain bytes for RAW and BLOB.
// Nil or empty Data is NULL, except for an empty Clob or Blob, which is NULL
// only when Data is nil.
type Value struct {
	Type Type
	Data []byte
}

// A Column describes one column of a query's result.
type Column struct {
	Name      string
	Type      Type
	Precision int // NUMBER: 0 when none was declared; TIMESTAMP: fractional digits
	Scale     int // NUMBER: -127 when no precision was declared
	Size      int // bytes the widest value may take
	Chars     int // CHAR and VARCHAR2: characters the widest value may take
	Nullable  bool
}

// Kind tells how a statement must be executed and what it answers.
type Kind uint8

// The kinds of statement.
const (
	Query   Kind = iota + 1 // answers rows
	DML                     // answers a row count, and values with RETURNING
	DDL                     // commits before and after
	Block                   // anonymous PL/SQL block
	Control                 // COMMIT, ROLLBACK, SAVEPOINT, ALTER SESSION, SET ...
)

// A Bind is one placeholder, in order of its occurrence in the text.
type Bind struct {
	Name string // upper case, without the colon
	Out  bool   // filled by RETURNING INTO or a block
}

// An Error is what Oracle would answer: a code and its text.
type Error struct {
	Code    int    // 942
	Message string // "table or view does not exist"
	Offset  int    // position in the statement, in bytes; 0 when unknown
	Row     int    // for array DML: rows executed before the failing one
}

// Error formats the error as Oracle prints it, "ORA-00942: table or view does
// not exist".
func (e *Error) Error() string {
	return fmt.Sprintf("ORA-%05d: %s", e.Code, e.Message)
}
