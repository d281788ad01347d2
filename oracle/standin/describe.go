package standin

import (
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// putDescribe writes message 16, the columns of a query.
func (s *session) putDescribe(columns []sqldb.Column) {
	s.out.Raw(msgDescribe)
	s.out.CLR(make([]byte, 23))
	s.putColumns(columns)
}

func (s *session) putColumns(columns []sqldb.Column) {
	o := &s.out
	width := 0
	for _, col := range columns {
		width += bufferSize(col)
	}
	o.Int(width)
	o.Int(len(columns))
	if len(columns) > 0 {
		o.Raw(0x51)
	}
	for i, col := range columns {
		s.putColumnInfo(i, col)
	}
	o.DLC([]byte{120, 126, 11, 22, 1, 1, 1}) // a date that nobody looks at
	o.Zeros(4)
	o.Zeros(1)
}

func (s *session) putColumnInfo(i int, col sqldb.Column) {
	o := &s.out
	o.Raw(byte(col.Type), 0, byte(col.Precision))
	s.putScale(col)
	o.Int(bufferSize(col))
	o.Zeros(2) // elements, flags
	o.Zeros(2) // type id, version
	charset, form := 0, byte(0)
	if isText(col.Type) || col.Type == sqldb.Clob || col.Type == sqldb.Long {
		charset, form = charsetUTF8, 1
	}
	o.Int(charset)
	o.Raw(form)
	if isText(col.Type) {
		o.Int(max(col.Chars, 1))
	} else {
		o.UB(0)
	}
	nullable := byte(0)
	if col.Nullable {
		nullable = 1
	}
	name := []byte(col.Name)
	o.Raw(nullable, byte(min(len(name), 255)))
	o.DLC(name)
	o.Zeros(2) // schema, type name
	o.Int(i + 1)
	o.UB(0)
}

// putScale writes the scale the way the client negotiated it: for some types
// a number with a count, or a plain byte for every type.
func (s *session) putScale(col sqldb.Column) {
	counted := false
	scale := 0
	switch col.Type {
	case sqldb.Number:
		counted, scale = true, col.Scale
	case sqldb.Timestamp, sqldb.TimestampTZ, sqldb.TimestampLTZ:
		counted, scale = true, col.Precision
	}
	if counted && !s.client.scaleByte {
		s.out.SB(int64(scale))
		return
	}
	s.out.Raw(byte(scale))
}

// bufferSize is the room a value needs. It is never 0, by which clients
// understand that the column has no values at all.
func bufferSize(col sqldb.Column) int {
	switch col.Type {
	case sqldb.Number:
		return 22
	case sqldb.Date:
		return 7
	case sqldb.Timestamp, sqldb.TimestampLTZ:
		return 11
	case sqldb.TimestampTZ:
		return 13
	case sqldb.BinaryFloat:
		return 4
	case sqldb.BinaryDouble:
		return 8
	case sqldb.Clob, sqldb.Blob:
		return 4000
	}
	return max(col.Size, 1)
}
