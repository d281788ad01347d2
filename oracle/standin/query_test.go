package standin_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestServerSaysThatItIsFake(t *testing.T) {
	pool := connect(t, start(t), nil)
	var banner string
	if err := pool.QueryRow("SELECT banner FROM v$version").Scan(&banner); err != nil || !strings.Contains(banner, "FAKE") {
		t.Errorf("got %q, error %v", banner, err)
	}
}

func TestNumbersFromDual(t *testing.T) {
	pool := connect(t, start(t), nil)
	for query, want := range map[string]string{
		"SELECT 1 FROM DUAL":                          "1",
		"SELECT 5/2 FROM DUAL":                        "2.5",
		"SELECT -7 FROM DUAL":                         "-7",
		"SELECT 12345678901234567890.5 FROM DUAL":     "12345678901234567890.5",
		"SELECT 0.01 FROM DUAL":                       "0.01",
		"SELECT CAST(NULL AS NUMBER) FROM DUAL":       "",
		"SELECT 'text' FROM DUAL":                     "text",
		"SELECT NVL(NULL, 'other') FROM DUAL":         "other",
		"SELECT TO_CHAR(DATE '2026-11-22') FROM DUAL": "22-NOV-26",
	} {
		var got sql.NullString
		if err := pool.QueryRow(query).Scan(&got); err != nil || got.String != want {
			t.Errorf("%s: got %q, want %q, error %v", query, got.String, want, err)
		}
	}
}

const typesTable = `CREATE TABLE types (
	id NUMBER(10) PRIMARY KEY, n NUMBER, dec NUMBER(12,3), v VARCHAR2(100), c CHAR(5), d DATE,
	ts TIMESTAMP, tz TIMESTAMP WITH TIME ZONE, r RAW(16), bd BINARY_DOUBLE, bf BINARY_FLOAT)`

func TestEveryTypeComesBack(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, typesTable)
	zone := time.FixedZone("", 2*3600)
	when := time.Date(2026, 11, 22, 13, 14, 15, 123456000, time.UTC)
	exec(t, pool, "INSERT INTO types VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10, :11)",
		1, 123456789012345, 12345.678, "größer 𝄞", "ab", when, when, when.In(zone), []byte{0, 1, 0xFF}, 1.5, -2.25)
	exec(t, pool, "INSERT INTO types (id) VALUES (:1)", 2)

	var (
		n      int64
		dec    string
		v, c   string
		d, ts  time.Time
		tz     time.Time
		r      []byte
		bd, bf float64
	)
	row := pool.QueryRow("SELECT n, dec, v, c, d, ts, tz, r, bd, bf FROM types WHERE id = :1", 1)
	if err := row.Scan(&n, &dec, &v, &c, &d, &ts, &tz, &r, &bd, &bf); err != nil {
		t.Fatal(err)
	}
	if n != 123456789012345 || dec != "12345.678" || v != "größer 𝄞" || c != "ab   " {
		t.Errorf("got %d %s %q %q", n, dec, v, c)
	}
	if !d.Equal(when.Truncate(time.Second)) || !ts.Equal(when) || !tz.Equal(when) {
		t.Errorf("got %v %v %v", d, ts, tz)
	}
	if _, offset := tz.Zone(); offset != 2*3600 {
		t.Errorf("got time zone %v", tz.Location())
	}
	if !bytes.Equal(r, []byte{0, 1, 0xFF}) || bd != 1.5 || bf != -2.25 {
		t.Errorf("got %x %v %v", r, bd, bf)
	}

	nulls := make([]sql.NullString, 10)
	targets := make([]any, len(nulls))
	for i := range nulls {
		targets[i] = &nulls[i]
	}
	if err := pool.QueryRow("SELECT n, dec, v, c, d, ts, tz, r, bd, bf FROM types WHERE id = 2").Scan(targets...); err != nil {
		t.Fatal(err)
	}
	for i, null := range nulls {
		if null.Valid {
			t.Errorf("column %d: got %q, want NULL", i, null.String)
		}
	}
}

func TestColumnsAreDescribed(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, typesTable)
	rows, err := pool.Query("SELECT id, dec, v, c, tz FROM types")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range types {
		precision, scale, _ := c.DecimalSize()
		length, _ := c.Length()
		got = append(got, fmt.Sprint(c.Name(), " ", c.DatabaseTypeName(), " ", precision, " ", scale, " ", length))
	}
	want := []string{"ID NUMBER 10 0 0", "DEC NUMBER 12 3 0", "V NCHAR 0 0 100", "C CHAR 0 0 5", "TZ TimeStampTZ_DTY 0 0 0"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// numbers fills a table with the numbers 1 to n.
func numbers(t *testing.T, pool *sql.DB, n int) {
	t.Helper()
	exec(t, pool, "CREATE TABLE numbers (n NUMBER(10), v VARCHAR2(200))")
	all, texts := make([]int, n), make([]string, n)
	for i := range all {
		all[i], texts[i] = i+1, strings.Repeat("x", i%200)
	}
	if got := exec(t, pool, "INSERT INTO numbers (n, v) VALUES (:1, :2)", all, texts); got != int64(n) {
		t.Fatalf("%d rows inserted, want %d", got, n)
	}
}

func TestRowsCompleteAroundThePrefetch(t *testing.T) {
	pool := connect(t, start(t), nil)
	numbers(t, pool, 5000)
	for _, limit := range []int{0, 1, 24, 25, 26, 49, 50, 51, 1000, 5000} {
		rows, err := pool.Query("SELECT n, v FROM numbers WHERE n <= :1 ORDER BY n", limit)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for rows.Next() {
			var n int
			var v sql.NullString
			if err := rows.Scan(&n, &v); err != nil {
				t.Fatal(err)
			}
			got++
			if n != got || len(v.String) != (n-1)%200 {
				t.Fatalf("row %d: got %d with %d characters", got, n, len(v.String))
			}
		}
		if rows.Err() != nil || got != limit {
			t.Errorf("got %d rows, want %d, error %v", got, limit, rows.Err())
		}
	}
}

func TestPreparedQueryRunsAgainWithOtherValues(t *testing.T) {
	pool := connect(t, start(t), nil)
	numbers(t, pool, 100)
	stmt, err := pool.Prepare("SELECT COUNT(*) FROM numbers WHERE n <= :1 OR v = :2")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for _, test := range []struct {
		n    any
		v    any
		want int
	}{{10, "-", 10}, {0, "xxx", 1}, {nil, nil, 0}, {100000, strings.Repeat("long", 300), 100}} {
		var got int
		if err := stmt.QueryRow(test.n, test.v).Scan(&got); err != nil || got != test.want {
			t.Errorf("%v: got %d, want %d, error %v", test.n, got, test.want, err)
		}
	}
}

func TestPreparedQueryFetchesAgain(t *testing.T) {
	pool := connect(t, start(t), nil)
	numbers(t, pool, 60)
	stmt, err := pool.Prepare("SELECT n FROM numbers WHERE n > :1 ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for _, from := range []int{0, 30, 59, 60, 10} {
		rows, err := stmt.Query(from)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for rows.Next() {
			got++
		}
		if rows.Err() != nil || got != 60-from {
			t.Errorf("from %d: got %d rows, error %v", from, got, rows.Err())
		}
	}
}

func TestErrorsHaveOraclesCodesAndLeaveTheSessionUsable(t *testing.T) {
	pool := connect(t, start(t), nil)
	pool.SetMaxOpenConns(1)
	exec(t, pool, "CREATE TABLE t (a NUMBER PRIMARY KEY, b VARCHAR2(3) NOT NULL)")
	exec(t, pool, "INSERT INTO t VALUES (1, 'x')")
	for query, want := range map[string]int{
		"SELECT * FROM nowhere":              942,
		"SELECT nothing FROM t":              904,
		"SELEC 1 FROM DUAL":                  900,
		"INSERT INTO t VALUES (1, 'y')":      1,
		"INSERT INTO t VALUES (2, NULL)":     1400,
		"INSERT INTO t VALUES (2, 'longer')": 12899,
		"SELECT 1/0 FROM DUAL":               1476,
		"SELECT a FROM t WHERE a = :1":       1008,
	} {
		_, err := pool.ExecContext(context.Background(), query)
		wantCode(t, err, want)
		if err := pool.Ping(); err != nil {
			t.Fatalf("after %s: %v", query, err)
		}
	}
	_, err := pool.Exec("INSERT INTO t VALUES (:1, 'x')", 1, 2)
	wantCode(t, err, 1036)
}
