package standin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Options as python-oracledb sets them.
const (
	thinQuery  = 0x1 | 0x20 | 0x40 | 0x8000
	thinDML    = 0x1 | 0x20 | 0x8000 | 0x8
	thinDefine = 0x10 | 0x40 | 0x8000
	thinParse  = 0x1 | 0x20000
)

func TestThinClientDescribesAndFetches(t *testing.T) {
	port := start(t)
	numbers(t, connect(t, port, nil), 10)
	c := dialThin(t, port)
	c.execute(thinCall{options: thinQuery, rows: 4, sql: "SELECT n, v FROM numbers ORDER BY n"})
	first := c.answer(nil, nil)
	if first.code != 0 || len(first.rows) != 4 || len(first.columns) != 2 {
		t.Fatalf("got %d rows of %+v, %v", len(first.rows), first.columns, first)
	}
	if n, v := first.columns[0], first.columns[1]; n.name != "N" || n.precision != 10 || n.scale != 0 || v.chars != 200 || v.size == 0 {
		t.Errorf("got columns %+v", first.columns)
	}
	if !bytes.Equal(first.rows[1][0], []byte{0xC1, 3}) || string(first.rows[1][1]) != "x" {
		t.Errorf("got second row %x", first.rows[1])
	}
	c.fetch(first.cursor, 6)
	if second := c.answer(first.columns, nil); len(second.rows) != 6 {
		t.Errorf("got %d rows, %v", len(second.rows), second)
	}
	c.fetch(first.cursor, 6)
	if third := c.answer(first.columns, nil); len(third.rows) != 0 || third.code != 1403 {
		t.Errorf("got %d rows, %v", len(third.rows), third)
	}
	c.execute(thinCall{options: thinParse, sql: "SELECT n + 1 AS next FROM numbers"})
	if parsed := c.answer(nil, nil); parsed.code != 0 || len(parsed.columns) != 1 || parsed.columns[0].name != "NEXT" || parsed.columns[0].scale != -127 {
		t.Errorf("got %+v", parsed)
	}
}

// reexecute writes a call that runs a cursor again with new values.
func (c *thinClient) reexecute(function byte, cursor, count int, values ...[]byte) {
	c.call(function)
	c.enc.Int(cursor)
	c.enc.Int(count)
	c.enc.Zeros(2)
	c.enc.Raw(7)
	for _, v := range values {
		c.enc.Raw(v...)
	}
	c.send()
}

func TestThinClientRunsCursorsAgain(t *testing.T) {
	port := start(t)
	numbers(t, connect(t, port, nil), 10)
	c := dialThin(t, port)
	text := []thinColumn{{typ: 1, size: 20}}
	c.execute(thinCall{options: thinQuery | 0x8, rows: 5, sql: "SELECT n FROM numbers WHERE n > TO_NUMBER(:1)", binds: text, values: [][]byte{clr("8")}})
	query := c.answer(nil, nil)
	if len(query.rows) != 2 || query.code != 1403 {
		t.Fatalf("got %d rows, %v", len(query.rows), query)
	}
	c.reexecute(0x4E, query.cursor, 5, clr("7"))
	if again := c.answer(query.columns, nil); len(again.rows) != 3 || again.code != 1403 {
		t.Errorf("got %d rows, %v", len(again.rows), again)
	}
	c.reexecute(0x04, query.cursor, 1, clr("9"))
	if again := c.answer(query.columns, nil); len(again.rows) != 0 || again.code != 0 {
		t.Errorf("got %d rows, %v", len(again.rows), again)
	}
	c.fetch(query.cursor, 5)
	if rest := c.answer(query.columns, nil); len(rest.rows) != 1 || rest.code != 1403 {
		t.Errorf("got %d rows, %v", len(rest.rows), rest)
	}
	c.execute(thinCall{options: thinDML, rows: 1, sql: "DELETE FROM numbers WHERE n = TO_NUMBER(:1)", binds: text, values: [][]byte{clr("1")}})
	change := c.answer(nil, nil)
	c.reexecute(0x04, change.cursor, 1, clr("77"))
	if again := c.answer(nil, nil); change.thinStatus.rows != 1 || again.thinStatus.rows != 0 || again.code != 0 {
		t.Errorf("got %v, then %v", change, again)
	}
	c.reexecute(0x04, 999, 1, clr("77"))
	if unknown := c.answer(nil, nil); unknown.code != 1001 {
		t.Errorf("got %v", unknown)
	}
}

func TestThinClientReturningSendsNoValue(t *testing.T) {
	port := start(t)
	exec(t, connect(t, port, nil), "CREATE TABLE t (a NUMBER, v VARCHAR2(20))")
	c := dialThin(t, port)
	binds := []thinColumn{{typ: 1, size: 20}, {typ: 1, size: 20}}
	c.execute(thinCall{options: thinDML | 0x400, rows: 1, sql: "INSERT INTO t VALUES (1, :1) RETURNING v INTO :2", binds: binds, values: [][]byte{clr("hello")}})
	a := c.answer(nil, nil)
	if a.code != 0 || len(a.out) != 1 || string(a.out[0]) != "hello" || a.thinStatus.rows != 1 {
		t.Errorf("got %q, %v", a.out, a)
	}
	if a.call&2 == 0 {
		t.Errorf("call status %d does not say that a transaction is open", a.call)
	}
	c.execute(thinCall{options: thinDML | 0x400, rows: 1, sql: "DELETE FROM t WHERE v = :1 RETURNING a INTO :2", binds: binds, values: [][]byte{clr("none")}})
	if none := c.answer(nil, nil); none.code != 0 || len(none.out) != 0 || none.thinStatus.rows != 0 {
		t.Errorf("got %q, %v", none.out, none)
	}
	c.call(0x0E)
	c.send()
	if a = c.answer(nil, nil); a.call&2 != 0 {
		t.Errorf("call status %d after the commit", a.call)
	}
	c.execute(thinCall{options: thinDML &^ 0x8, rows: 1, sql: "UPDATE t SET v = NULL WHERE a = :1 RETURNING v INTO :2"})
	if a = c.answer(nil, nil); a.code != 1008 || a.cursor != 0 {
		t.Errorf("got %v", a)
	}
}

func TestThinClientDefinesLobs(t *testing.T) {
	port := start(t)
	pool := connect(t, port, nil)
	exec(t, pool, "CREATE TABLE docs (id NUMBER, c CLOB, b BLOB)")
	text := strings.Repeat("größe 𝄞!", 2000)
	exec(t, pool, "INSERT INTO docs VALUES (1, :1, :2)", text, bytes.Repeat([]byte{9}, 3000))
	exec(t, pool, "INSERT INTO docs VALUES (2, NULL, NULL)")

	c := dialThin(t, port)
	c.execute(thinCall{options: thinQuery, rows: 2, sql: "SELECT id, c, b FROM docs ORDER BY id"})
	described := c.answer(nil, nil)
	if described.code != 0 || len(described.rows) != 0 || len(described.columns) != 3 {
		t.Fatalf("got %d rows, %v", len(described.rows), described)
	}
	locators := []thinColumn{{typ: 2, size: 22}, {typ: 112, size: 112}, {typ: 113, size: 112}}
	c.execute(thinCall{options: thinDefine, cursor: described.cursor, rows: 5, defines: locators})
	a := c.answer(described.columns, locators)
	if len(a.rows) != 2 || a.rows[1][1] != nil || a.rows[1][2] != nil || a.code != 1403 {
		t.Fatalf("got %d rows, %v", len(a.rows), a)
	}
	if len(a.lengths) != 2 || a.lengths[0] != 2000*9 || a.lengths[1] != 3000 {
		t.Errorf("got lengths %v", a.lengths)
	}
	if got := c.readLob(a.rows[0][1], 1, 2000*9); got != text {
		t.Errorf("got %d bytes of text", len(got))
	}
	if got := c.readLob(a.rows[0][1], 7, 4); got != "𝄞!g" {
		t.Errorf("got %q", got)
	}
	if got := c.readLob(a.rows[0][2], 2999, 100); got != "\x09\x09" {
		t.Errorf("got %x", got)
	}

	texts := []thinColumn{{typ: 2, size: 22}, {typ: 8, size: 1 << 30}, {typ: 24, size: 1 << 30}}
	c.execute(thinCall{options: 0x20 | 0x40 | 0x8000, cursor: described.cursor, rows: 5})
	c.answer(described.columns, locators)
	c.execute(thinCall{options: thinDefine, cursor: described.cursor, rows: 5, defines: texts})
	if a = c.answer(described.columns, texts); a.code != 1403 {
		t.Fatalf("got %v", a)
	}
}

// lobCall writes a call on a LOB.
func (c *thinClient) lobCall(op uint64, locator []byte, offset uint64, amount *uint64, data []byte) {
	e := &c.enc
	c.call(0x60)
	e.Raw(1)
	e.Int(len(locator))
	e.Zeros(6)
	e.Raw(0)
	e.UB(op)
	e.Zeros(2)
	e.UB(offset)
	e.UB(0)
	if amount == nil {
		e.Raw(0)
	} else {
		e.Raw(1)
	}
	e.Zeros(6)
	e.Raw(locator...)
	if data != nil {
		e.Raw(14)
		e.CLR(data)
	}
	if amount != nil {
		e.UB(*amount)
	}
	c.send()
}

func (c *thinClient) readLob(locator []byte, offset, amount uint64) string {
	c.t.Helper()
	c.lobCall(2, locator, offset, &amount, nil)
	c.expect(14)
	data := c.dec.CLR()
	c.expect(8)
	c.dec.Skip(len(locator))
	c.dec.UB()
	c.expect(4)
	if st := c.status(); st.code != 0 {
		c.t.Fatalf("read LOB: %v", st)
	}
	return string(data)
}

// createLob makes a temporary LOB.
func (c *thinClient) createLob(typ uint64) []byte {
	c.t.Helper()
	e := &c.enc
	c.call(0x60)
	e.Raw(1)
	e.Int(40)
	e.Raw(0)
	e.UB(10)
	e.Zeros(2)
	e.Raw(1, 0, 1)
	e.UB(0x110)
	e.Zeros(2)
	e.UB(1)
	e.UB(typ)
	e.Raw(0)
	e.Zeros(6)
	e.Zeros(40)
	e.UB(873)
	c.send()
	c.expect(8)
	locator := c.dec.Bytes(40)
	c.dec.UB()
	c.dec.U8()
	c.expect(4)
	if st := c.status(); st.code != 0 {
		c.t.Fatalf("create LOB: %v", st)
	}
	return locator
}

func (c *thinClient) writeLob(locator []byte, offset uint64, data string) thinStatus {
	c.t.Helper()
	c.lobCall(0x40, locator, offset, nil, []byte(data))
	if kind := c.dec.U8(); kind == 8 {
		c.dec.Skip(len(locator))
		c.expect(4)
	}
	return c.status()
}

func TestThinClientFillsTemporaryLobs(t *testing.T) {
	port := start(t)
	exec(t, connect(t, port, nil), "CREATE TABLE docs (c CLOB)")
	c := dialThin(t, port)
	locator := c.createLob(112)
	for _, part := range []struct {
		offset uint64
		text   string
	}{{1, "größe"}, {6, " 𝄞"}, {9, "!"}, {2, "R"}} {
		if st := c.writeLob(locator, part.offset, part.text); st.code != 0 {
			t.Fatal(st)
		}
	}
	if got := c.readLob(locator, 1, 100); got != "gRöße 𝄞!" {
		t.Errorf("got %q", got)
	}
	var value wire.Encoder
	value.Int(len(locator))
	value.CLR(locator)
	c.execute(thinCall{options: thinDML | 0x100, rows: 1, sql: "INSERT INTO docs VALUES (:1)", binds: []thinColumn{{typ: 112, size: 112}}, values: [][]byte{value.Bytes()}})
	if a := c.answer(nil, nil); a.code != 0 {
		t.Fatal(a)
	}
	var got string
	if err := connect(t, port, nil).QueryRow("SELECT c FROM docs").Scan(&got); err != nil || got != "gRöße 𝄞!" {
		t.Errorf("got %q, error %v", got, err)
	}

	// Freed in front of another call, it is gone.
	c.enc.Raw(0x11, 0x60, 0, 1)
	c.enc.Int(len(locator))
	c.enc.Zeros(7)
	c.enc.UB(0x80111)
	c.enc.Zeros(11)
	c.enc.Raw(locator...)
	if st := c.writeLob(locator, 1, "x"); st.code != 1555 {
		t.Errorf("got %v", st)
	}
	if st := c.writeLob(make([]byte, 40), 1, "x"); st.code != 22275 {
		t.Errorf("got %v", st)
	}
}

func TestPiggybacksRideInFrontOfCalls(t *testing.T) {
	c := dialThin(t, start(t))
	c.execute(thinCall{options: thinQuery, rows: 1, sql: "SELECT 1 FROM DUAL"})
	cursor := c.answer(nil, nil).cursor

	e := &c.enc
	e.Raw(0x11, 0x87, 0, 0, 0) // end to end: module and action
	e.UB(0x30)
	e.Zeros(2)
	e.Raw(1)
	e.UB(6)
	e.Raw(1)
	e.UB(4)
	e.Zeros(2 + 1 + 1 + 2 + 2 + 2 + 2)
	e.CLR([]byte("module"))
	e.CLR([]byte("act1"))
	e.Raw(0x11, 0x9A, 0, 1) // application context
	e.UB(3)
	e.Raw(1)
	e.UB(1)
	e.UB(1)
	e.Raw(0)
	e.CLR([]byte("ctx"))
	e.KV("key", "value", 0)
	e.Raw(0x11, 0xB0, 0)
	e.UB(64)
	e.Raw(0x11, 0x69, 0, 1)
	e.UB(1)
	e.Int(cursor)
	c.call(0x93)
	c.send()
	if a := c.answer(nil, nil); a.code != 0 {
		t.Fatal(a)
	}
	c.fetch(cursor, 1)
	if a := c.answer(nil, nil); a.code != 1001 {
		t.Errorf("fetch from a closed cursor: got %v", a)
	}
}

func TestUnknownCallIsRefused(t *testing.T) {
	c := dialThin(t, start(t))
	c.call(0x5C)
	c.enc.Raw([]byte("whatever it needs")...)
	c.send()
	if a := c.answer(nil, nil); a.code != 3001 {
		t.Errorf("got %v", a)
	}
	c.call(0x93)
	c.send()
	c.answer(nil, nil)
}

func TestGarbageInASessionEndsItAlone(t *testing.T) {
	port := start(t)
	for _, garbage := range [][]byte{
		{0}, {3}, {0x11, 0xEE, 0}, {3, 0x5E, 1, 9, 9, 9}, bytes.Repeat([]byte{0xFE}, 5000), {3, 0x60, 1, 1, 8, 255, 255, 255, 255},
	} {
		c := dialThin(t, port)
		c.enc.Raw(garbage...)
		c.send()
		_ = c.conn.Close()
	}
	c := dialThin(t, port)
	c.call(0x93)
	c.send()
	c.answer(nil, nil)
}
