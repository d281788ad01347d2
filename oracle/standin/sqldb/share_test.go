package sqldb

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestEverythingSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 {
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		s := loginTest(t, d, "APP")
		if round == 0 {
			must(t, s, "CREATE SEQUENCE sq", "CREATE TABLE t (id NUMBER DEFAULT sq.NEXTVAL PRIMARY KEY, v VARCHAR2(9))", "INSERT INTO t (v) VALUES ('kept')", "COMMIT", "INSERT INTO t (v) VALUES ('lost')",
				"CREATE VIEW w AS SELECT v FROM t")
			must(t, s, "INSERT INTO t (v) VALUES ('lost')")
		} else {
			check(t, s, [][2]string{{"SELECT id, t.v FROM w, t WHERE w.v = t.v ORDER BY id", "1,kept;2,lost"}, {"SELECT sq.NEXTVAL FROM dual", "4"}, {"INSERT INTO t VALUES (1, 'x')", "ORA-00001: unique constraint (APP.SYS_C0008001) violated"}})
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASessionSeesWhatOthersCommitted(t *testing.T) {
	d := openTest(t)
	a, b := loginTest(t, d, "APP"), loginTest(t, d, "APP")
	must(t, a, "CREATE TABLE t (n NUMBER)", "INSERT INTO t VALUES (1)")
	check(t, b, [][2]string{{"SELECT COUNT(*) FROM t", "0"}})
	must(t, a, "COMMIT")
	st, err := b.Prepare("SELECT n FROM t")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := st.Query(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	must(t, a, "INSERT INTO t VALUES (2)", "COMMIT")
	must(t, b, "INSERT INTO t VALUES (3)") // although its query is open on an older state
	n := 0
	for {
		if _, err := rows.Next(t.Context()); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("an open query saw %d rows, want those of its beginning", n)
	}
	check(t, b, [][2]string{{"SELECT COUNT(*) FROM t", "3"}})
	check(t, a, [][2]string{{"SELECT COUNT(*) FROM t", "2"}, {"SELECT n FROM t FOR UPDATE NOWAIT", "ORA-00054: resource busy and acquire with NOWAIT specified or timeout expired"}})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, a, [][2]string{{"SELECT COUNT(*) FROM t", "2"}, {"SELECT n FROM t WHERE n = 1 FOR UPDATE NOWAIT", "1"}})
}

func TestASecondProcessSeesChangesOfTheCatalog(t *testing.T) {
	dir := t.TempDir()
	var s [2]*Session
	for i := range s {
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		s[i] = loginTest(t, d, "APP")
	}
	must(t, s[0], "CREATE TABLE t (a NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT", "CREATE SEQUENCE q")
	check(t, s[1], [][2]string{{"SELECT a FROM t", "1"}, {"SELECT q.NEXTVAL FROM dual", "1"}, {"ALTER TABLE t ADD b NUMBER", "0"}})
	check(t, s[0], [][2]string{{"SELECT * FROM t", "1,NULL"}, {"SELECT q.NEXTVAL FROM dual", "2"}})
}

func TestSchemasNeedGrants(t *testing.T) {
	d := openTest(t)
	a, b, sys := loginTest(t, d, "A"), loginTest(t, d, "B"), loginTest(t, d, "SYSTEM")
	must(t, a, "CREATE TABLE t (n NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT")
	check(t, b, [][2]string{{"SELECT n FROM a.t", "ORA-00942: table or view does not exist"}, {"SELECT n FROM t", "ORA-00942: table or view does not exist"}, {"CREATE TABLE a.x (n NUMBER)", "ORA-01031: insufficient privileges"}, {"CREATE USER c IDENTIFIED BY c", "ORA-01031: insufficient privileges"}})
	must(t, a, "GRANT SELECT ON t TO b", "CREATE VIEW v AS SELECT n + 1 AS m FROM t", "GRANT SELECT ON v TO b")
	check(t, b, [][2]string{{"SELECT n FROM a.t", "1"}, {"SELECT m FROM a.v", "2"}, {"INSERT INTO a.t VALUES (2)", "ORA-01031: insufficient privileges"}, {"ALTER SESSION SET CURRENT_SCHEMA = a", "0"}, {"SELECT n FROM t", "1"}, {"SELECT owner, table_name FROM all_tables", "A,T"}})
	must(t, a, "GRANT INSERT ON t TO b", "REVOKE SELECT ON v FROM b")
	check(t, b, [][2]string{{"INSERT INTO a.t VALUES (2)", "1"}, {"SELECT m FROM a.v", "ORA-00942: table or view does not exist"}, {"COMMIT", "0"}})
	called := 0
	d.OnRegister(func() { called++ })
	check(t, sys, [][2]string{
		{"SELECT COUNT(*) FROM a.t", "2"},
		{"ALTER SYSTEM REGISTER", "0"},
		{"CREATE USER c IDENTIFIED BY x QUOTA UNLIMITED ON users DEFAULT TABLESPACE users", "0"},
		{"GRANT CONNECT, RESOURCE TO c", "0"},
		{"GRANT nope TO c", "ORA-01919: role 'NOPE' does not exist"},
		{"GRANT CONNECT TO nobody", "ORA-01917: user or role 'NOBODY' does not exist"},
		{"CREATE USER c IDENTIFIED BY x", "ORA-01920: user name 'C' conflicts with another user or role name"},
		{"CREATE USER n IDENTIFIED BY n", "0"},
		{"GRANT DB_DEVELOPER_ROLE TO n", "0"},
		{"DROP USER a", "ORA-01940: cannot drop a user that is currently connected"},
		{"DROP USER zz", "ORA-01918: user 'ZZ' does not exist"},
		{"SELECT username FROM all_users ORDER BY username", "A;B;C;N;SYS;SYSTEM"},
	})
	if called != 1 {
		t.Errorf("ALTER SYSTEM REGISTER called %d times", called)
	}
	c, n := loginTest(t, d, "C"), loginTest(t, d, "N")
	must(t, c, "CREATE TABLE t (n NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT")
	check(t, n, [][2]string{{"CREATE TABLE t (n NUMBER)", "0"}, {"INSERT INTO t VALUES (1)", "ORA-01950: no privileges on tablespace 'USERS'"}})
	if err := errors.Join(c.Close(), n.Close()); err != nil {
		t.Fatal(err)
	}
	check(t, sys, [][2]string{{"DROP USER c", "ORA-01922: CASCADE must be specified to drop 'C'"}, {"DROP USER c CASCADE", "0"}, {"SELECT COUNT(*) FROM c.t", "ORA-00942: table or view does not exist"}, {"CREATE USER c IDENTIFIED BY y", "0"}})
}

func TestSessionSettings(t *testing.T) {
	s := newSession(t)
	check(t, s, [][2]string{
		{"ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD'", "0"},
		{"SELECT TO_CHAR(DATE '2024-05-07') FROM dual", "2024-05-07"},
		{"ALTER SESSION SET TIME_ZONE = '+05:30'", "0"},
		{"SELECT SESSIONTIMEZONE FROM dual", "+05:30"},
		{"SELECT TO_CHAR(CURRENT_TIMESTAMP, 'TZR') FROM dual", "+05:30"},
		{"ALTER SESSION SET NLS_SORT = 'GERMAN'", "ORA-03001: not in the stand-in: NLS_SORT other than BINARY"},
		{"ALTER SESSION SET CURRENT_SCHEMA = nobody", "ORA-01435: user does not exist"},
		{"SET TRANSACTION READ ONLY", "ORA-03001: not in the stand-in: SET TRANSACTION READ ONLY"},
	})
}

func TestHugeStatementsAreRefused(t *testing.T) {
	s := newSession(t)
	for name, sql := range map[string]string{
		"chain":   "SELECT 1" + strings.Repeat("+1", 100000) + " FROM dual",
		"parens":  "SELECT " + strings.Repeat("(", 100000) + "1",
		"or":      "SELECT 1 FROM dual WHERE 1=1" + strings.Repeat(" OR 1=1", 50000),
		"union":   "SELECT 1 FROM dual" + strings.Repeat(" UNION ALL SELECT 1 FROM dual", 5000),
		"join":    "SELECT 1 FROM dual" + strings.Repeat(" CROSS JOIN dual", 5000),
		"commas":  "SELECT 1 FROM dual" + strings.Repeat(", dual", 500),
		"signs":   "SELECT " + strings.Repeat("-+", 10000) + "1 FROM nope",
		"not":     "SELECT 1 FROM nope WHERE " + strings.Repeat("NOT ", 10000) + "1=1",
		"decode":  "SELECT " + strings.Repeat("DECODE(", 60) + "1" + strings.Repeat(",1,1,2,2,3,3)", 60) + " FROM dual",
		"long":    "SELECT '" + strings.Repeat("x", maxStatement) + "' FROM dual",
		"compare": "SELECT 1 FROM dual WHERE 1" + strings.Repeat("=1", 100000),
	} {
		if got := try(t, s, sql); !strings.HasPrefix(got, "ORA-") {
			t.Errorf("%s: %.80s", name, got)
		}
	}
}

func FuzzStatement(f *testing.F) {
	for _, sql := range []string{
		"SELECT a.x, COUNT(*) FROM t a LEFT JOIN (SELECT 1 y FROM dual) b ON a.x = b.y WHERE ROWNUM < 3 GROUP BY a.x HAVING COUNT(*) > 1 ORDER BY 1 DESC NULLS LAST", "MERGE INTO t USING u ON (t.a = u.a) WHEN MATCHED THEN UPDATE SET b = 1",
		"CREATE TABLE x (id NUMBER(3) GENERATED ALWAYS AS IDENTITY, v VARCHAR2(3) DEFAULT 'x' CHECK (v > 'a'))", "BEGIN UPDATE t SET v = :x RETURNING v INTO :y; END;", "GRANT SELECT ON t TO x", "ALTER TABLE t MODIFY (v VARCHAR2(9) NOT NULL)",
		"SELECT q'[x]', N'y', TRIM(BOTH ' ' FROM 'a'), CASE WHEN 1=1 THEN DATE '2020-01-01' END, TO_CHAR(1,'9'), SUM(x) OVER (PARTITION BY x ORDER BY y ROWS 1 PRECEDING) FROM t", "WITH a (b) AS (SELECT 1 FROM dual) SELECT * FROM a UNION ALL (SELECT 2 FROM dual) FETCH FIRST 1 ROW ONLY",
	} {
		f.Add(sql)
	}
	d, err := Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	s := loginTest(f, d, "APP")
	must(f, s, "CREATE TABLE t (x NUMBER, v VARCHAR2(9), a NUMBER, b NUMBER, y DATE)", "CREATE TABLE u (a NUMBER)")
	f.Fuzz(func(t *testing.T, sql string) {
		st, err := s.Prepare(sql)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "ORA-") {
				t.Fatalf("%q: %v", sql, err)
			}
			return
		}
		cols, err := st.Describe(t.Context(), nil)
		if err != nil && !strings.HasPrefix(err.Error(), "ORA-") {
			t.Fatalf("%q: %v", sql, err)
		}
		if err == nil && st.Kind == Query && len(st.Binds) == 0 && len(cols) > 0 && !strings.Contains(strings.ToUpper(sql), "FOR") {
			if rows, err := st.Query(t.Context(), nil); err == nil {
				_, _ = rows.Next(t.Context())
				rows.Close()
			} else if !strings.HasPrefix(err.Error(), "ORA-") {
				t.Fatalf("%q: %v", sql, err)
			}
		}
	})
}
