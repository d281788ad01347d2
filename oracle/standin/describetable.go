package standin

import (
	"context"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Kinds of what a description is of.
const (
	describedTable  = 1
	describedColumn = 9
	describedList   = 11
)

const listOfColumns = 1

// describeTable answers ojdbc's question for a table's columns, which it asks
// before it adds RETURNING for generated keys to an INSERT.
func (s *session) describeTable(ctx context.Context) {
	s.dec.U8()
	length := s.dec.Count(maxName)
	s.dec.Skip(3)
	s.dec.UB() // the version of the description
	name := string(s.dec.Bytes(length))
	if s.broken() {
		return
	}
	columns, err := s.tableColumns(ctx, name)
	if err != nil {
		s.fail(err)
		return
	}
	s.out.Raw(msgParameters)
	s.out.UB(0)
	putDescribed(&s.out, describedTable, tablePart, func() { s.putTable(columns) })
	s.putStatus(status{})
}

func (s *session) tableColumns(ctx context.Context, name string) ([]sqldb.Column, *sqldb.Error) {
	st, err := s.db.Prepare("SELECT * FROM " + name)
	if err != nil {
		return nil, s.asOra(err)
	}
	columns, err := st.Describe(ctx, nil)
	if err != nil {
		return nil, s.asOra(err)
	}
	return columns, nil
}

// Places of the parts that a description may have.
const (
	describedParts = 19
	listPart       = 0
	tablePart      = 1
	columnPart     = 7
)

// putDescribed writes a description that has but one of the possible parts.
func putDescribed(o *wire.Encoder, kind byte, part int, put func()) {
	o.UB(1)
	o.Raw(1, kind)
	o.Zeros(5) // names, time stamp
	o.UB(0)
	o.Raw(kind)
	o.Zeros(part)
	o.UB(1)
	put()
	o.Zeros(describedParts - part - 1)
}

func (s *session) putTable(columns []sqldb.Column) {
	o := &s.out
	o.Raw(0)
	o.Zeros(2) // object number, object id
	o.UB(1)
	o.Raw(0)
	putDescribed(o, describedList, listPart, func() {
		o.Raw(listOfColumns, 0)
		o.Int(len(columns))
		o.Raw(0)
		for _, col := range columns {
			putDescribed(o, describedColumn, columnPart, func() { s.putTableColumn(col) })
		}
	})
	o.Int(len(columns))
	o.Zeros(2)
	o.Zeros(4) // temporary, typed, duration, partitioned
	o.UB(0)
	o.Zeros(2)
	o.Raw(0)
	o.Zeros(4)
	o.Raw(0)
	o.Zeros(2)
	o.Raw(0)
}

func (s *session) putTableColumn(col sqldb.Column) {
	o := &s.out
	o.Raw(0)
	o.Int(bufferSize(col))
	o.UB(uint64(col.Type))
	o.DLC([]byte(col.Name))
	o.Raw(byte(col.Precision))
	if col.Type == sqldb.Number {
		o.SB(int64(col.Scale))
	} else {
		o.Int(col.Precision)
	}
	nullable := byte(0)
	if col.Nullable {
		nullable = 1
	}
	o.Raw(nullable)
	o.Zeros(2) // type, schema
	o.UB(0)    // type's description
	if isText(col.Type) || col.Type == sqldb.Clob {
		o.UB(charsetUTF8)
		o.Raw(1)
	} else {
		o.Zeros(2)
	}
	o.Zeros(4)
	o.UB(0)
	o.Raw(0)
}

// describeSQL answers ojdbc's question for the columns of a query that it has
// not executed.
func (s *session) describeSQL(ctx context.Context) {
	s.dec.U8()
	s.dec.UB()
	s.dec.U8()
	length := s.dec.Count(1 << 30)
	s.dec.SkipUB(2)
	sql := string(s.dec.Bytes(length))
	if s.broken() {
		return
	}
	st, err := s.db.Prepare(sql)
	if err != nil {
		s.fail(s.asOra(err))
		return
	}
	columns, err := st.Describe(ctx, nil)
	if err != nil {
		s.fail(s.asOra(err))
		return
	}
	s.out.Raw(msgParameters)
	s.out.Int(len(columns))
	for i, col := range columns {
		s.putColumnInfo(i, col)
	}
	s.putStatus(status{})
}
