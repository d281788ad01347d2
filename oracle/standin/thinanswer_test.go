package standin_test

import (
	"fmt"
)

// A thinStatus is the end of an answer.
type thinStatus struct {
	call   uint64
	code   int
	cursor int
	rows   int
	number byte
	text   string
}

// status reads message 4 behind its kind.
func (c *thinClient) status() thinStatus {
	d := c.dec
	st := thinStatus{call: d.UB()}
	d.SkipUB(3)
	d.SkipUB(2)
	st.cursor = d.Count(0xFFFF)
	d.UB()
	d.Skip(6)
	d.SkipUB(2)
	d.U8()
	d.SkipUB(3)
	d.U8()
	st.number = d.U8()
	d.SkipUB(2)
	d.DLC()
	d.SkipUB(3) // no test makes errors of single rows here
	st.code = d.Count(1 << 20)
	st.rows = d.Count(1 << 20)
	if st.code != 0 {
		st.text = string(d.CLR())
	}
	c.must(d.Err())
	if st.number != c.seq && st.code != 1013 { // a break may be older than the call
		c.t.Errorf("answer to call %d, want %d", st.number, c.seq)
	}
	return st
}

// A thinColumn is a column or bind as python-oracledb describes it.
type thinColumn struct {
	name      string
	typ       byte
	precision byte
	scale     int8
	size      int
	chars     int
}

// A thinAnswer is what a call returned.
type thinAnswer struct {
	thinStatus
	columns []thinColumn
	rows    [][][]byte // raw values; for a LOB its locator
	lengths []uint64   // of LOBs, in order of appearance
	out     [][]byte   // values of RETURNING binds, in order of appearance
}

// answer reads a whole answer. Columns and defines say how rows are read.
func (c *thinClient) answer(columns, defines []thinColumn) thinAnswer {
	c.t.Helper()
	a := thinAnswer{columns: columns}
	d := c.dec
	var outs int
	for {
		switch kind := d.U8(); kind {
		case 16:
			a.columns = c.describe()
		case 6:
			d.U8()
			d.SkipUB(6)
		case 7:
			if outs > 0 {
				for range outs {
					for range d.Count(100) {
						a.out = append(a.out, d.CLR())
						d.UB()
					}
				}
				continue
			}
			a.rows = append(a.rows, c.row(&a, defines))
		case 8:
			d.SkipUB(d.Count(10))
			d.SkipUB(3)
		case 11:
			d.U8()
			n := d.Count(100)
			d.SkipUB(5)
			for range n {
				if d.U8() == 0x10 {
					outs++
				}
			}
		case 4:
			a.thinStatus = c.status()
			return a
		case 9:
			a.call = d.UB()
			d.UB()
			return a
		default:
			c.t.Fatalf("got message %d, error %v", kind, d.Err())
		}
		c.must(d.Err())
	}
}

func (c *thinClient) describe() []thinColumn {
	d := c.dec
	d.CLR()
	d.UB()
	columns := make([]thinColumn, d.Count(100))
	d.U8()
	for i := range columns {
		col := &columns[i]
		col.typ = d.U8()
		d.U8()
		col.precision, col.scale = d.U8(), int8(d.U8())
		col.size = d.Count(1 << 30)
		d.SkipUB(2)
		d.DLC()
		d.SkipUB(2)
		d.U8()
		col.chars = d.Count(1 << 30)
		d.Skip(2)
		col.name = string(d.DLC())
		d.DLC()
		d.DLC()
		d.SkipUB(2)
	}
	d.DLC()
	d.SkipUB(4)
	d.DLC()
	return columns
}

func (c *thinClient) row(a *thinAnswer, defines []thinColumn) [][]byte {
	d := c.dec
	row := make([][]byte, len(a.columns))
	for i, col := range a.columns {
		switch {
		case col.typ != 112 && col.typ != 113:
			row[i] = d.CLR()
		case defines[i].typ == 8 || defines[i].typ == 24:
			row[i] = d.CLR()
			d.SkipUB(2)
		case d.UB() > 0:
			a.lengths = append(a.lengths, d.UB())
			d.UB()
			row[i] = d.CLR()
		}
	}
	return row
}

func (st thinStatus) String() string {
	return fmt.Sprintf("code %d, cursor %d, rows %d, call status %d: %s", st.code, st.cursor, st.rows, st.call, st.text)
}
