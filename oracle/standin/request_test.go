package standin

import (
	"bytes"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// executeBytes is an execute call as go-ora writes it, behind its number.
func executeBytes(sql string, descs []bindDesc, rows [][]string) []byte {
	var e wire.Encoder
	e.UB(optParse | optExecute | 0x8008 | optCommit)
	e.UB(0)
	e.Raw(1)
	e.Int(len(sql))
	e.Raw(1)
	e.UB(13)
	e.Zeros(2)
	e.Zeros(2)
	e.UB(0x3FFFFFFF)
	e.Raw(1)
	e.Int(len(descs))
	e.Zeros(5)
	e.Zeros(2)
	e.Raw(0, 0, 1)
	e.Zeros(5)
	e.Raw(1)
	e.Int(len(rows))
	e.Raw(1)
	e.CLR([]byte(sql))
	for i := range 13 {
		e.Int([13]int{0: 1, 1: len(rows)}[i])
	}
	for _, b := range descs {
		e.Raw(b.typ, b.flags, 0, 0)
		e.Int(b.size)
		e.Int(b.elements)
		e.Zeros(3)
		e.Int(b.charset)
		e.Raw(b.form)
		e.Int(b.chars)
	}
	for _, row := range rows {
		e.Raw(msgRow)
		for _, text := range row {
			e.CLR([]byte(text))
		}
	}
	return bytes.Clone(e.Bytes())
}

func TestParseExecute(t *testing.T) {
	const sql = "insert into t (a, b) values (:1, :2)"
	want := []bindDesc{
		{typ: 1, flags: 3, size: 30, charset: charsetUTF8, form: 1, chars: 30},
		{typ: 2, flags: 3, size: 22},
	}
	d := decoderOf(executeBytes(sql, want, [][]string{{"a", "1"}, {"b", "2"}, {"c", "3"}}))
	req := parseExecute(d, false)
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	if req.sql != sql || req.runs != 3 || !req.rowCounts || !req.has(optCommit) {
		t.Errorf("got %+v", req)
	}
	if len(req.binds) != 2 || req.binds[0] != want[0] || req.binds[1] != want[1] {
		t.Errorf("got binds %+v", req.binds)
	}
	plan, err := planBinds(statement(sqldb.DML, in("1"), in("2")), req.binds)
	if err != nil {
		t.Fatal(err)
	}
	rows := plan.readRows(d, req.runs, true)
	if len(rows) != 3 || string(rows[2][0].data) != "c" || string(rows[2][1].data) != "3" || d.Buffered() != 0 {
		t.Errorf("got rows %v, %d bytes left, error %v", rows, d.Buffered(), d.Err())
	}
}

func FuzzParseExecute(f *testing.F) {
	descs := []bindDesc{varchar(0), {typ: 112}, {typ: typeLongVarraw}}
	f.Add(executeBytes("insert into t values (:1, :2, :3)", descs, [][]string{{"a", "b", "c"}}), false)
	f.Add(executeBytes("select 1 from dual", nil, nil), true)
	f.Fuzz(func(_ *testing.T, b []byte, raw bool) {
		d := decoderOf(b)
		req := parseExecute(d, raw)
		if d.Err() != nil {
			return
		}
		binds := make([]sqldb.Bind, len(req.binds))
		for i := range binds {
			binds[i] = sqldb.Bind{Name: string(rune('A' + i%3)), Out: i%5 == 4}
		}
		plan, err := planBinds(statement(sqldb.DML, binds...), req.binds)
		if err != nil {
			return
		}
		s := &session{}
		for _, row := range plan.readRows(d, min(req.runs, 1000), len(b)%2 == 0) {
			_, _ = s.values(plan, row)
		}
	})
}

func FuzzParseAuth(f *testing.F) {
	var e wire.Encoder
	e.Raw(1)
	e.UB(5)
	e.UB(0x101)
	e.Raw(1)
	e.UB(1)
	e.Raw(1, 1)
	e.CLR([]byte("scott"))
	e.KV("AUTH_SESSKEY", "00", 1)
	f.Add(bytes.Clone(e.Bytes()), false)
	f.Add(bytes.Clone(e.Bytes()), true)
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		d := decoderOf(b)
		req := parseAuth(d, raw)
		if d.Err() == nil && len(req.pairs) > maxAuthPairs {
			t.Errorf("%d pairs", len(req.pairs))
		}
	})
}

func FuzzParseLob(f *testing.F) {
	var e wire.Encoder
	e.Raw(1)
	e.UB(locatorSize)
	e.Zeros(7)
	e.UB(lobRead)
	e.Zeros(2)
	e.UB(1)
	e.UB(0)
	e.Raw(1)
	e.Zeros(6)
	e.Raw(locator(1, lob{typ: sqldb.Clob})...)
	e.UB(3)
	f.Add(bytes.Clone(e.Bytes()))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := decoderOf(b)
		req := parseLob(d)
		if d.Err() != nil {
			return
		}
		s := &session{}
		s.lobs.limit = 1 << 16
		s.lobs.add(lob{typ: sqldb.Clob, data: []byte("a\u00e9\U0001d11eb"), temp: true})
		s.lobs.add(lob{typ: sqldb.Blob, data: []byte{1, 2, 3}})
		_ = s.lob(&req)
		if s.lobs.held > s.lobs.limit {
			t.Errorf("%d bytes held", s.lobs.held)
		}
	})
}

func FuzzPiggybacks(f *testing.F) {
	f.Add([]byte{1, 1, 2, 1, 5, 1, 6}, byte(fnCloseCursors))
	f.Add(make([]byte, 40), byte(fnEndToEnd))
	f.Add(make([]byte, 40), byte(fnKeyValues))
	f.Add(make([]byte, 40), byte(fnLob))
	f.Fuzz(func(t *testing.T, b []byte, function byte) {
		if function == fnSetSchema {
			return
		}
		s := &session{dec: decoderOf(b)}
		s.piggyback(t.Context(), function)
	})
}
