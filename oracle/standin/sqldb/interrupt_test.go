package sqldb

import (
	"context"
	"strings"
	"testing"
	"time"
)

// crowd makes a table of 4096 rows, whose cross joins take longer than a test.
func crowd(t *testing.T, s *Session) {
	t.Helper()
	must(t, s, "CREATE TABLE t (n NUMBER)", "INSERT INTO t SELECT 1 FROM dual")
	for range 12 {
		must(t, s, "INSERT INTO t SELECT n FROM t")
	}
	must(t, s, "INSERT INTO t VALUES (2)", "COMMIT")
}

const forever = "SELECT a.n FROM t a, t b, t c, t d WHERE a.n + b.n + c.n + d.n "

// soon fails when too much time went by since the cancel. It is milliseconds,
// but not on a machine that has much else to do.
func soon(t *testing.T, cancelled time.Time) {
	t.Helper()
	late := time.Since(cancelled)
	if t.Logf("%v after the cancel", late); late > 5*time.Second {
		t.Errorf("it took %v", late)
	}
}

func TestACancelEndsAQueryBetweenTwoRows(t *testing.T) {
	s := newSession(t)
	crowd(t, s)
	tests := map[string]string{
		"after the first row":   "SELECT 1 FROM dual UNION ALL " + forever + "< 0",
		"without any":           forever + "< 0",
		"that sorts":            forever + "< 9 ORDER BY b.n",
		"with groups":           "SELECT a.n, COUNT(*) FROM t a, t b, t c, t d GROUP BY a.n",
		"without a Go function": "SELECT a.n FROM t a, t b, t c, t d WHERE a.n = 2 AND b.n = 2 AND c.n > d.n AND c.n < b.n AND d.n > b.n",
	}
	for name, sql := range tests {
		t.Run(name, func(t *testing.T) {
			st, err := s.Prepare(sql)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			timer := time.AfterFunc(50*time.Millisecond, func() { at = time.Now(); cancel() })
			defer timer.Stop()
			rows, err := st.Query(ctx, nil)
			for err == nil {
				_, err = rows.Next(ctx)
			}
			if !strings.HasPrefix(err.Error(), "ORA-01013") {
				t.Fatal(err)
			}
			soon(t, at)
			check(t, s, [][2]string{{"SELECT COUNT(*) FROM t", "4097"}})
		})
	}
}

func TestACancelEndsReadingAheadOfAnOpenQuery(t *testing.T) {
	s := newSession(t)
	crowd(t, s)
	slow, err := s.Prepare("SELECT 1 FROM dual UNION ALL " + forever + "< 0")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := slow.Query(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, err := s.Prepare("DELETE FROM t")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := next.Exec(ctx, nil); err == nil || !strings.HasPrefix(err.Error(), "ORA-01013") {
		t.Fatal(err)
	}
	check(t, s, [][2]string{{"SELECT COUNT(*) FROM t", "4097"}})
	if row, err := rows.Next(t.Context()); err == nil {
		t.Errorf("the query that was read ahead goes on with %v", row)
	}
}

func TestACancelUndoesDMLAndNothingBeforeIt(t *testing.T) {
	s := newSession(t)
	crowd(t, s)
	st, err := s.Prepare("UPDATE t SET n = n + 1 WHERE n = (SELECT COUNT(*) FROM t a, t b WHERE a.n = 2 AND b.n = 2)")
	if err != nil {
		t.Fatal(err)
	}
	insert, err := s.Prepare("INSERT INTO t VALUES (:1)")
	if err != nil {
		t.Fatal(err)
	}
	for name, before := range map[string]string{"first in its transaction": "COMMIT", "second": "INSERT INTO t VALUES (50)"} {
		t.Run(name, func(t *testing.T) {
			must(t, s, before)
			count := try(t, s, "SELECT COUNT(*), SUM(n) FROM t")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for _, test := range []struct {
				st   *Statement
				rows [][]Value
			}{{st, nil}, {insert, [][]Value{{bindOf(t, 7)}, {bindOf(t, 8)}}}} {
				res, err := test.st.Exec(ctx, test.rows)
				if err == nil || !strings.HasPrefix(err.Error(), "ORA-01013") || res.Rows != 0 {
					t.Errorf("got %v, error %v", res, err)
				}
				check(t, s, [][2]string{{"SELECT COUNT(*), SUM(n) FROM t", count}})
			}
			if s.InTransaction() != (before != "COMMIT") {
				t.Error("the transaction is not what it was")
			}
			must(t, s, "ROLLBACK")
		})
	}
}
