package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func openTest(tb testing.TB) *Database {
	tb.Helper()
	d, err := Open(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

func loginTest(tb testing.TB, d *Database, user string) *Session {
	tb.Helper()
	if ok, err := d.userExists(user); err != nil {
		tb.Fatal(err)
	} else if !ok {
		if err := d.CreateUser(user, "secret"); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := d.Login(user)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

func newSession(tb testing.TB) *Session {
	tb.Helper()
	return loginTest(tb, openTest(tb), "APP")
}

func bindOf(tb testing.TB, v any) Value {
	tb.Helper()
	switch v := v.(type) {
	case nil:
		return Value{Type: Varchar2}
	case string:
		return Value{Type: Varchar2, Data: []byte(v)}
	case int:
		b, err := format.FromInt(int64(v)).Encode()
		if err != nil {
			tb.Fatal(err)
		}
		return Value{Type: Number, Data: b}
	case []byte:
		return Value{Type: Raw, Data: v}
	case time.Time:
		return Value{Type: TimestampTZ, Data: format.EncodeTimestampTZ(v)}
	case Value:
		return v
	}
	tb.Fatalf("bind of %T", v)
	return Value{}
}

func bindsOf(tb testing.TB, vs []any) []Value {
	tb.Helper()
	out := make([]Value, len(vs))
	for i, v := range vs {
		out[i] = bindOf(tb, v)
	}
	return out
}

// textOf writes a value for comparison.
func textOf(v Value) string {
	if v.Data == nil {
		return "NULL"
	}
	switch v.Type {
	case Number:
		x, err := format.DecodeNumber(v.Data)
		if err != nil {
			return "bad number"
		}
		return x.String()
	case Date, Timestamp, TimestampTZ:
		at, err := format.DecodeDate(v.Data)
		if err != nil {
			return "bad date"
		}
		return at.Format(map[Type]string{
			Date: "2006-01-02 15:04:05", Timestamp: "2006-01-02 15:04:05.999999999", TimestampTZ: "2006-01-02 15:04:05.999999999 -07:00",
		}[v.Type])
	case Raw, Blob:
		return fmt.Sprintf("%X", v.Data)
	case BinaryDouble:
		f, _ := format.DecodeDouble(v.Data)
		return fmt.Sprint(f)
	}
	return string(v.Data)
}

// try runs a statement and writes its rows, "a,b;c,d", or its error.
func try(tb testing.TB, s *Session, sql string, binds ...any) string {
	tb.Helper()
	st, err := s.Prepare(sql)
	if err != nil {
		return err.Error()
	}
	ctx := tb.Context()
	if st.Kind != Query {
		res, err := st.Exec(ctx, [][]Value{bindsOf(tb, binds)})
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(res.Rows)
	}
	rows, err := st.Query(ctx, bindsOf(tb, binds))
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var out []string
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return strings.Join(out, ";")
		}
		if err != nil {
			return err.Error()
		}
		cells := make([]string, len(row))
		for i, v := range row {
			if v.Type != rows.Columns[i].Type {
				tb.Errorf("%s: column %d is %d, its value %d", sql, i, rows.Columns[i].Type, v.Type)
			}
			cells[i] = textOf(v)
		}
		out = append(out, strings.Join(cells, ","))
	}
}

// must runs statements that work.
func must(tb testing.TB, s *Session, sqls ...string) {
	tb.Helper()
	for _, sql := range sqls {
		if got := try(tb, s, sql); strings.HasPrefix(got, "ORA-") || strings.HasPrefix(got, "stand-in") {
			tb.Fatalf("%s\n%s", sql, got)
		}
	}
}

// check compares what statements answer, in order.
func check(t *testing.T, s *Session, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		if got := try(t, s, c[0]); got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

func TestUserIsUnknownOrLockedOrMayNotConnect(t *testing.T) {
	d := openTest(t)
	if _, err := d.Verifier("NOBODY"); err == nil || !strings.HasPrefix(err.Error(), "ORA-01017") {
		t.Errorf("unknown user: %v", err)
	}
	if err := d.CreateUser("a", "x"); err != nil {
		t.Fatal(err)
	}
	if err := d.CreateUser("A", "x"); err == nil || !strings.HasPrefix(err.Error(), "ORA-01920") {
		t.Errorf("second user: %v", err)
	}
	v, err := d.Verifier("A")
	if err != nil || !v.Matches("x") || v.Matches("y") {
		t.Errorf("verifier: %v", err)
	}
	sys := loginTest(t, d, "SYSTEM")
	must(t, sys, `CREATE USER b IDENTIFIED BY "p w"`)
	if _, err := d.Login("B"); err == nil || err.Error() != "ORA-01045: user B lacks CREATE SESSION privilege; logon denied" {
		t.Errorf("without CREATE SESSION: %v", err)
	}
	must(t, sys, "GRANT CREATE SESSION TO b", "ALTER USER b ACCOUNT LOCK")
	if _, err := d.Verifier("B"); err == nil || !strings.HasPrefix(err.Error(), "ORA-28000") {
		t.Errorf("locked: %v", err)
	}
	must(t, sys, "ALTER USER b IDENTIFIED BY q ACCOUNT UNLOCK")
	if v, err := d.Verifier("B"); err != nil || !v.Matches("q") {
		t.Errorf("new password: %v", err)
	}
}

func TestTextThatSQLiteWouldCutIsRefused(t *testing.T) {
	s := newSession(t)
	if got := try(t, s, "SELECT :1 FROM dual", "a\x00b"); !strings.HasPrefix(got, "ORA-03001") {
		t.Errorf("got %s", got)
	}
}

func TestContextEndsAStatement(t *testing.T) {
	s := newSession(t)
	st, err := s.Prepare("BEGIN DBMS_SESSION.SLEEP(30); END;")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := st.Exec(ctx, nil); err == nil || !strings.HasPrefix(err.Error(), "ORA-01013") {
		t.Errorf("sleep: %v", err)
	}
	must(t, s, "CREATE TABLE t (n NUMBER)", "INSERT INTO t SELECT 1 FROM dual")
	for range 14 {
		must(t, s, "INSERT INTO t SELECT n FROM t")
	}
	st, err = s.Prepare("SELECT COUNT(*) FROM t a, t b, t c WHERE a.n + b.n + c.n = 0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if rows, err := st.Query(ctx, nil); err == nil || !strings.HasPrefix(err.Error(), "ORA-01013") {
		t.Errorf("join: %v %v", rows, err)
	}
	check(t, s, [][2]string{{"SELECT COUNT(*) FROM t", "16384"}})
	must(t, s, "COMMIT")
	if st, err = s.Prepare("DELETE FROM t WHERE n IN (SELECT COUNT(*) FROM t a, t b, t c WHERE a.n + b.n + c.n = 0)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := st.Exec(ctx, nil); err == nil || !strings.HasPrefix(err.Error(), "ORA-01013") || s.InTransaction() {
		t.Errorf("delete: %v", err)
	}
	check(t, s, [][2]string{{"INSERT INTO t VALUES (2)", "1"}, {"COMMIT", "0"}, {"SELECT COUNT(*) FROM t", "16385"}})
}
