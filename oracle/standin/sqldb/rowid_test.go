package sqldb

import (
	"strings"
	"testing"
)

func TestARowIsFoundByItsROWID(t *testing.T) {
	s := newSession(t)
	must(t, s, "CREATE TABLE r (n NUMBER PRIMARY KEY, v VARCHAR2(10), oid NUMBER)", "CREATE TABLE q (n NUMBER)",
		"INSERT INTO r VALUES (1, 'one', 7)", "INSERT INTO r VALUES (2, 'two', 7)", "INSERT INTO q VALUES (1)", "COMMIT")
	id := try(t, s, "SELECT ROWID FROM r WHERE n = 2")
	if len(id) != 18 || id == try(t, s, "SELECT rowid FROM r WHERE n = 1") || id == try(t, s, "SELECT rowid FROM q") {
		t.Fatalf("got %q", id)
	}
	if got := try(t, s, "SELECT r.rowid FROM r, q WHERE q.n = 1 AND r.n = 2"); got != id {
		t.Errorf("got %q, want %q", got, id)
	}
	if got := try(t, s, "SELECT v FROM r WHERE rowid = :1", id); got != "two" {
		t.Errorf("got %q", got)
	}
	if got := try(t, s, "UPDATE r SET v = 'TWO' WHERE rowid = :1", id); got != "1" {
		t.Errorf("got %q", got)
	}
	check(t, s, [][2]string{
		{"SELECT v FROM r WHERE n = 2", "TWO"},
		{"SELECT v FROM r WHERE rowid IN (SELECT rowid FROM r WHERE n = 1)", "one"},
		{"SELECT x.n FROM (SELECT n, rowid FROM r) x WHERE x.rowid = '" + id + "'", "2"},
		{"SELECT v FROM r a WHERE rowid = (SELECT MAX(b.rowid) FROM r b)", "TWO"},
		{"DELETE FROM r WHERE rowid NOT IN (SELECT MIN(rowid) FROM r GROUP BY oid)", "1"},
		{"SELECT n FROM r", "1"},
	})
	for sql, want := range map[string]string{
		"SELECT rowid FROM r, q":              "ORA-00918",
		"SELECT rowid FROM dual":              "ORA-03001",
		"SELECT rowid, COUNT(*) FROM r":       "ORA-03001",
		"SELECT rowid FROM (SELECT n FROM r)": "ORA-03001",
	} {
		if got := try(t, s, sql); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s", sql, got)
		}
	}
}
