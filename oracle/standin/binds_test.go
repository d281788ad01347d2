package standin

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// decoderOf returns a decoder of one packet.
func decoderOf(b []byte) *wire.Decoder {
	return wire.NewDecoder(func() ([]byte, error) {
		if b == nil {
			return nil, io.EOF
		}
		packet := b
		b = nil
		return packet, nil
	}, 1<<20)
}

func statement(kind sqldb.Kind, binds ...sqldb.Bind) *sqldb.Statement {
	return &sqldb.Statement{Kind: kind, Binds: binds}
}

func in(name string) sqldb.Bind  { return sqldb.Bind{Name: name} }
func out(name string) sqldb.Bind { return sqldb.Bind{Name: name, Out: true} }

func varchar(flags byte) bindDesc { return bindDesc{typ: 1, flags: flags, size: 10} }

func TestPlanBinds(t *testing.T) {
	plain, again := varchar(0), varchar(bindRepeated)
	tests := map[string]struct {
		stmt   *sqldb.Statement
		descs  []bindDesc
		code   int
		source []int
		out    []bool
	}{
		"one per occurrence": {
			stmt: statement(sqldb.DML, in("A"), in("B")), descs: []bindDesc{plain, plain},
			source: []int{0, 1}, out: []bool{false, false},
		},
		"repeated name, described twice, sent once": {
			stmt: statement(sqldb.DML, in("A"), in("B"), in("A")), descs: []bindDesc{plain, plain, again},
			source: []int{0, 1, 0}, out: []bool{false, false, false},
		},
		"repeated name, sent once per occurrence": {
			stmt: statement(sqldb.DML, in("A"), in("A")), descs: []bindDesc{plain, plain},
			source: []int{0, 1}, out: []bool{false, false},
		},
		"repeated name, sent once per name": {
			stmt: statement(sqldb.DML, in("A"), in("B"), in("A")), descs: []bindDesc{plain, plain},
			source: []int{0, 1, 0}, out: []bool{false, false},
		},
		"returning": {
			stmt: statement(sqldb.DML, in("A"), out("B")), descs: []bindDesc{plain, plain},
			source: []int{0}, out: []bool{false, true},
		},
		"too few":              {stmt: statement(sqldb.DML, in("A"), in("B")), descs: []bindDesc{plain}, code: 1008},
		"none":                 {stmt: statement(sqldb.Query, in("A")), code: 1008},
		"too many":             {stmt: statement(sqldb.DML, in("A")), descs: []bindDesc{plain, plain}, code: 1036},
		"first one a repeated": {stmt: statement(sqldb.DML, in("A")), descs: []bindDesc{again}, source: []int{0}, out: []bool{false}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan, err := planBinds(test.stmt, test.descs)
			if test.code != 0 {
				if err == nil || err.Code != test.code {
					t.Fatalf("got %v, want code %d", err, test.code)
				}
				return
			}
			if err != nil || !slices.Equal(plan.source, test.source) || !slices.Equal(plan.out, test.out) {
				t.Errorf("got source %v, out %v, error %v", plan.source, plan.out, err)
			}
		})
	}
}

// readRow reads the values of one execution.
func readRow(t *testing.T, plan bindPlan, values []byte) []rawBind {
	t.Helper()
	rows := plan.readRows(decoderOf(append([]byte{msgRow}, values...)), 1, true)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

func TestLongValuesComeLast(t *testing.T) {
	descs := []bindDesc{{typ: typeLongVarchar}, {typ: 2}, {typ: 1, size: 40000}, {typ: 1, size: 10}}
	var e wire.Encoder
	for _, text := range []string{"second", "fourth", "first", "third"} {
		e.CLR([]byte(text))
	}
	plan := newBindPlan(descs)
	plan.longBySize = true
	row := readRow(t, plan, e.Bytes())
	for i, want := range []string{"first", "second", "third", "fourth"} {
		if string(row[i].data) != want {
			t.Errorf("value %d: got %q, want %q", i, row[i].data, want)
		}
	}
}

func TestValuesOfUnknownTypesAreReadPast(t *testing.T) {
	descs := []bindDesc{{typ: typeRefCursor}, {typ: typeObject}, {typ: 2, flags: bindArray, elements: 2}, {typ: 1}}
	var e wire.Encoder
	e.Raw(1, 0)          // cursor
	e.Zeros(4)           // object
	e.Raw(1, 3, 1, 1)    //
	e.CLR([]byte("xyz")) //
	e.Int(2)             // array
	e.CLR([]byte("a"))
	e.CLR([]byte("b"))
	e.CLR([]byte("text"))
	row := readRow(t, newBindPlan(descs), e.Bytes())
	if !row[0].refused || !row[1].refused || !row[2].refused || row[3].refused || string(row[3].data) != "text" {
		t.Errorf("got %+v", row)
	}
	s := &session{}
	if _, err := s.value(descs[0], row[0]); err == nil || err.Code != codeUnknownType {
		t.Errorf("got %v, want code %d", err, codeUnknownType)
	}
}

func TestNationalTextIsUTF16(t *testing.T) {
	s := &session{}
	desc := bindDesc{typ: 1, form: formNational}
	v, err := s.value(desc, rawBind{data: toUTF16([]byte("Größe 𝄞"))})
	if err != nil || string(v.Data) != "Größe 𝄞" {
		t.Errorf("got %q, error %v", v.Data, err)
	}
}

// ojdbc takes from the status how many executions of a batch went well.
func TestAnArrayThatFailsTellsHowFarItCame(t *testing.T) {
	for name, test := range map[string]struct {
		err  *sqldb.Error
		want []byte
	}{
		"no error":     {nil, []byte{0x77, 0, 1, 1}},
		"third row":    {&sqldb.Error{Code: 1, Row: 2}, []byte{0x77, 0, 1, 2}},
		"no more rows": {oraError(codeNoMoreRows, ""), []byte{0x77, 0, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &session{seq: 0x77}
			s.putStatus(status{err: test.err})
			if got := s.out.Bytes(); !bytes.Contains(got, test.want) {
				t.Errorf("got %x, want %x in it", got, test.want)
			}
		})
	}
}

// As ojdbc binds one: object, file, block and row.
func TestAROWIDIsReadAsItsText(t *testing.T) {
	row := readRow(t, newBindPlan([]bindDesc{{typ: typeRowid}, {typ: typeRowid}, {typ: 1}}), []byte{14, 1, 1, 0, 0, 1, 2, 2, 0xFF, 0xFF, 0, 1, 'x'})
	if got := string(row[0].data); got != "AAAAAB"+"AAA"+"AAAAAC"+"P//" {
		t.Errorf("got %q", got)
	}
	if row[1].data != nil || string(row[2].data) != "x" {
		t.Errorf("got %+v", row)
	}
}

// Each of these executions would be two bytes on the wire and megabytes here.
func TestRepeatedBindsCannotFillTheMemory(t *testing.T) {
	descs := make([]bindDesc, maxBinds)
	plan := newBindPlan(descs)
	for i := 1; i < len(descs); i++ {
		plan.again[i] = true
	}
	d := wire.NewDecoder(func() ([]byte, error) {
		t.Error("values are read")
		return nil, io.EOF
	}, 1<<20)
	plan.readRows(d, maxExecutions, true)
	if !errors.Is(d.Err(), wire.ErrMessage) {
		t.Errorf("got %v", d.Err())
	}
}
