package sqldb

import (
	"fmt"
	"sync"
	"testing"
)

// A MERGE reads before it writes; others may commit in between.
func TestManySessionsMergeAtATime(t *testing.T) {
	d := openTest(t)
	must(t, loginTest(t, d, "APP"), "CREATE TABLE t (id NUMBER PRIMARY KEY, n NUMBER)", "INSERT INTO t VALUES (0, 0)", "COMMIT")
	const sessions, times = 4, 10
	var running sync.WaitGroup
	for i := range sessions {
		s := loginTest(t, d, "APP")
		running.Go(func() {
			for range times {
				sql := fmt.Sprintf("MERGE INTO t USING (SELECT 0 id FROM dual UNION ALL SELECT %d FROM dual) s ON (t.id = s.id) "+
					"WHEN MATCHED THEN UPDATE SET n = n + 1 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1)", i+1)
				if got := try(t, s, sql); got != "2" {
					t.Errorf("session %d: %s", i, got)
					return
				}
				if got := try(t, s, "COMMIT"); got != "0" {
					t.Errorf("session %d: %s", i, got)
					return
				}
			}
		})
	}
	running.Wait()
	want := fmt.Sprintf("%d,%d", sessions*times, sessions*times)
	check(t, loginTest(t, d, "APP"), [][2]string{
		{"SELECT SUM(CASE WHEN id = 0 THEN n END), SUM(CASE WHEN id > 0 THEN n END) FROM t", want},
	})
}

// SQLite cannot let a transaction write where it has read and others have
// committed since; nobody holds a lock that would be worth to wait for.
func TestATransactionSaysThatItCannotWriteToASecondSchemaThatChanged(t *testing.T) {
	d := openTest(t)
	app, other := loginTest(t, d, "APP"), loginTest(t, d, "OTHER")
	must(t, app, "CREATE TABLE mine (id NUMBER)")
	must(t, other, "CREATE TABLE theirs (id NUMBER)", "INSERT INTO theirs VALUES (1)", "COMMIT", "GRANT SELECT, UPDATE ON theirs TO app")
	must(t, app, "INSERT INTO mine VALUES (1)", "SELECT id FROM other.theirs")
	must(t, other, "UPDATE theirs SET id = 2", "COMMIT")
	check(t, app, [][2]string{
		{"UPDATE other.theirs SET id = 3", "ORA-03001: not in the stand-in: writing to a second schema that has changed since the transaction read from it"},
		{"COMMIT", "0"},
		{"UPDATE other.theirs SET id = 3", "1"},
		{"SELECT id FROM mine", "1"},
	})
}
