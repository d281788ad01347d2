package standin_test

import (
	"bytes"
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	goora "github.com/sijms/go-ora/v2"
)

func TestBindsByPositionAndByName(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE t (a NUMBER, b VARCHAR2(20), c VARCHAR2(20))")
	exec(t, pool, "INSERT INTO t VALUES (:1, :2, :3)", 1, "one", nil)
	exec(t, pool, "INSERT INTO t (b, a, c) VALUES (:b, :a, :b)", sql.Named("a", 2), sql.Named("b", "two"))
	exec(t, pool, "INSERT INTO t VALUES (:1, :2, :2)", 3, "three", "three")
	exec(t, pool, "INSERT INTO t VALUES (:n, :v, :v)", 4, "four")
	rows, err := pool.Query("SELECT a, b, c FROM t WHERE a >= :low AND a + :low > 0 ORDER BY a", sql.Named("low", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var a string
		var b, c sql.NullString
		if err := rows.Scan(&a, &b, &c); err != nil {
			t.Fatal(err)
		}
		got = append(got, a+b.String+c.String)
	}
	if want := "1one 2twotwo 3threethree 4fourfour"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q, error %v", got, want, rows.Err())
	}
}

func TestArraysAreInsertedUpdatedAndDeleted(t *testing.T) {
	pool := connect(t, start(t), nil)
	numbers(t, pool, 10_000)
	var n, sum int64
	if err := pool.QueryRow("SELECT COUNT(*), SUM(n) FROM numbers").Scan(&n, &sum); err != nil || n != 10_000 || sum != 50_005_000 {
		t.Fatalf("got %d rows, sum %d, error %v", n, sum, err)
	}
	if got := exec(t, pool, "UPDATE numbers SET v = :1 WHERE n = :2", []string{"a", "b", "c"}, []int{1, 2, -1}); got != 2 {
		t.Errorf("%d rows updated, want 2", got)
	}
	if got := exec(t, pool, "DELETE FROM numbers WHERE n = :1", []int{1, 2, 3}); got != 3 {
		t.Errorf("%d rows deleted, want 3", got)
	}
}

func TestPreparedArraysRunAgain(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE t (a NUMBER, b VARCHAR2(200), c DATE)")
	stmt, err := pool.Prepare("INSERT INTO t VALUES (:1, :2, :3)")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	now := time.Now()
	for _, rows := range []int{3, 5, 2, 1} {
		a, b, c := make([]int, rows), make([]string, rows), make([]time.Time, rows)
		for i := range a {
			a[i], b[i], c[i] = i, strings.Repeat("y", 10*rows), now
		}
		res, err := stmt.Exec(a, b, c)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := res.RowsAffected(); n != int64(rows) {
			t.Errorf("%d rows, want %d", n, rows)
		}
	}
}

func TestArrayGoesOnAfterARowThatFails(t *testing.T) {
	pool := connect(t, start(t), nil)
	pool.SetMaxOpenConns(1)
	exec(t, pool, "CREATE TABLE t (a NUMBER PRIMARY KEY)")
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.ExecContext(t.Context(), "INSERT INTO t VALUES (:1)", []int{1, 2, 2, 3, 1, 4})
	wantCode(t, err, 1)
	var n int
	if err := conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 4 {
		t.Errorf("got %d rows, error %v", n, err)
	}
}

func TestReturningFillsVariables(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE t (id NUMBER GENERATED ALWAYS AS IDENTITY, name VARCHAR2(50), made DATE, data RAW(10))")
	stmt, err := pool.Prepare("INSERT INTO t (name, made, data) VALUES (:1, :2, :3) RETURNING id, name, made, data INTO :4, :5, :6, :7")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for want := int64(1); want <= 3; want++ {
		var (
			id   int64
			name string
			when time.Time
			data []byte
		)
		_, err := stmt.Exec("someone", made, []byte{1, 2}, sql.Out{Dest: &id}, goora.Out{Dest: &name, Size: 100},
			sql.Out{Dest: &when}, goora.Out{Dest: &data, Size: 10})
		if err != nil {
			t.Fatal(err)
		}
		if id != want || name != "someone" || !when.Equal(made) || !bytes.Equal(data, []byte{1, 2}) {
			t.Errorf("got %d %q %v %x", id, name, when, data)
		}
	}
}

func TestTransactions(t *testing.T) {
	port := start(t)
	pool, other := connect(t, port, nil), connect(t, port, nil)
	exec(t, pool, "CREATE TABLE t (a NUMBER)")
	count := func(db *sql.DB) (n int) {
		t.Helper()
		if err := db.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	begin := func() *sql.Tx {
		t.Helper()
		tx, err := pool.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}

	tx := begin()
	exec(t, tx, "INSERT INTO t VALUES (1)")
	if n := count(other); n != 0 {
		t.Errorf("others see %d uncommitted rows", n)
	}
	exec(t, tx, "SAVEPOINT here")
	exec(t, tx, "INSERT INTO t VALUES (2)")
	exec(t, tx, "ROLLBACK TO SAVEPOINT here")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := count(other); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
	tx = begin()
	exec(t, tx, "DELETE FROM t")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	exec(t, pool, "INSERT INTO t VALUES (3)") // commits by itself
	if n := count(other); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}

func TestLargeTextsCrossPackets(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE t (a NUMBER, v VARCHAR2(4000), c CLOB, b BLOB)")
	text := strings.Repeat("0123456789äöüß", 10_000)
	blob := bytes.Repeat([]byte{0, 1, 2, 0xFF}, 50_000)
	exec(t, pool, "INSERT INTO t VALUES (:1, :2, :3, :4)", 1, text[:3000], text, blob)
	exec(t, pool, "INSERT INTO t (a, v) SELECT 2, '"+strings.Repeat("z", 3990)+"' FROM DUAL WHERE '"+
		strings.Repeat("y", 3990)+"' <> '"+strings.Repeat("x", 3990)+"'")
	var v, c string
	var b []byte
	if err := pool.QueryRow("SELECT v, c, b FROM t WHERE a = 1").Scan(&v, &c, &b); err != nil {
		t.Fatal(err)
	}
	if v != text[:3000] || c != text || !bytes.Equal(b, blob) {
		t.Errorf("got %d, %d and %d bytes", len(v), len(c), len(b))
	}
}

func TestManySessionsAtATime(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE t (worker NUMBER, n NUMBER)")
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 10 {
				if _, err := pool.ExecContext(context.Background(), "INSERT INTO t VALUES (:1, :2)", w, i); err != nil {
					t.Errorf("worker %d: %v", w, err)
					return
				}
				var n int
				if err := pool.QueryRow("SELECT COUNT(*) FROM t WHERE worker = :1", w).Scan(&n); err != nil || n != i+1 {
					t.Errorf("worker %d: got %d rows, want %d, error %v", w, n, i+1, err)
					return
				}
			}
		})
	}
	workers.Wait()
}

func TestOpenCursorsAreClosedAndCounted(t *testing.T) {
	pool := connect(t, start(t), nil)
	pool.SetMaxOpenConns(1)
	for i := range 700 {
		var n int
		if err := pool.QueryRow("SELECT :1 FROM DUAL", i).Scan(&n); err != nil || n != i {
			t.Fatalf("query %d: got %d, error %v", i, n, err)
		}
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := 0; ; i++ {
		stmt, err := conn.PrepareContext(t.Context(), "SELECT 1 FROM DUAL")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := stmt.QueryContext(t.Context())
		if err != nil {
			wantCode(t, err, 1000)
			return
		}
		_ = rows.Close() // the statement, and with it its cursor, stays open
		if i > 400 {
			t.Fatal("cursors without end")
		}
	}
}
