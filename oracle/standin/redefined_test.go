package standin_test

import (
	"bytes"
	"testing"
)

// A statement that was described once is described again when its columns
// have become others: a client reads values by the types it knows.
func TestAStatementWhoseTableWasMadeAnewIsDescribedAgain(t *testing.T) {
	port := start(t)
	pool := connect(t, port, nil)
	c := dialThin(t, port)
	exec(t, pool, "CREATE TABLE again (v BINARY_DOUBLE)")
	exec(t, pool, "INSERT INTO again VALUES (1)")
	c.execute(thinCall{options: thinQuery, rows: 2, sql: "SELECT v FROM again"})
	first := c.answer(nil, nil)
	if len(first.rows) != 1 || len(first.rows[0][0]) != 8 {
		t.Fatalf("got %v", first)
	}
	exec(t, pool, "DROP TABLE again PURGE")
	exec(t, pool, "CREATE TABLE again (v VARCHAR2(10))")
	exec(t, pool, "INSERT INTO again VALUES ('text')")
	c.execute(thinCall{options: 0x8060, cursor: first.cursor, rows: 2})
	if a := c.answer(first.columns, nil); len(a.rows) != 1 || a.columns[0].typ != 1 || string(a.rows[0][0]) != "text" {
		t.Errorf("got %v, columns %v", a, a.columns)
	}
}

// As node-oracledb describes a LOB that it wants back.
func TestALOBOutBindComesWithItsLength(t *testing.T) {
	port := start(t)
	exec(t, connect(t, port, nil), "CREATE TABLE out_lobs (b BLOB)")
	c := dialThin(t, port)
	for _, prefetch := range []uint64{0, 0x2000000} {
		c.execute(thinCall{options: 0x8029, rows: 1, sql: "INSERT INTO out_lobs VALUES (HEXTORAW('0102')) RETURNING b INTO :b", lobs: 1, more: prefetch})
		want := []byte{1, 1, 1, 40, 40} // rows, size of the locator, its bytes
		if prefetch != 0 {
			want = []byte{1, 1, 1, 40, 1, 2} // then the length of the LOB
		}
		p, err := c.packet()
		if err != nil || !bytes.Contains(p, want) {
			t.Errorf("more %#x: got %x, error %v", prefetch, p, err)
		}
	}
}

// node-oracledb 26 sends its time zone and no national character set.
func TestATimeZoneMayComeAlone(t *testing.T) {
	c := dialListener(t, start(t))
	c.driver, c.zone = "node-oracledb", true
	c.negotiate()
	c.login()
	c.wantOne("after the login")
}
