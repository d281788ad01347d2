package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"
)

func statements() []check {
	return []check{
		{"array", func(c *client) error {
			if err := fill(c, 1000); err != nil {
				return err
			}
			return c.row("SELECT COUNT(*), SUM(n), COUNT(v) FROM goora", []any{1000, 499500, 990})
		}},
		{"batch-errors", func(*client) error { return errDriver }},
		{"returning", returning},
		{"plsql-out", func(c *client) error {
			var n int64
			var v string
			if _, err := c.ExecContext(c, "BEGIN :n := :a + 1; :v := UPPER(:b); END;", sql.Named("n", sql.Out{Dest: &n}), sql.Named("a", 41),
				sql.Named("v", goora.Out{Dest: &v, Size: 20}), sql.Named("b", "text")); err != nil {
				return err
			}
			return equal([]any{n, v}, []any{int64(42), "TEXT"})
		}},
		{"plsql-procedure", func(c *client) error {
			return c.exec("CREATE OR REPLACE PROCEDURE goora_twice(a IN NUMBER, b OUT NUMBER) AS BEGIN b := a * 2; END;")
		}},
		{"ref-cursor", refCursor},
		{"implicit-results", func(c *client) error {
			return c.exec("DECLARE c SYS_REFCURSOR; BEGIN OPEN c FOR SELECT 1 FROM DUAL; DBMS_SQL.RETURN_RESULT(c); END;")
		}},
		{"transaction", transaction},
		{"serializable", func(c *client) error { return c.exec("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE") }},
		{"savepoint", savepoint},
		{"ora-codes", oraCodes},
		{"sequence", sequence},
		{"fetch", fetch},
		{"cancel", cancel},
		{"cancel-rows", func(*client) error { return errDriver }}, // it sends no break while it fetches
		{"describe", describe},
		{"metadata", func(c *client) error {
			if err := c.table("goora", "a NUMBER PRIMARY KEY, b VARCHAR2(20)"); err != nil {
				return err
			}
			return c.row("SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'GOORA' AND column_id = 2", []any{"B", "VARCHAR2"})
		}},
		{"lob-read", func(c *client) error { return clobs(c, strings.Repeat("Größe 🚀", 4000)) }},
		{"lob-write", func(*client) error { return errDriver }},
	}
}

func fill(c *client, n int) error {
	if err := c.table("goora", "n NUMBER, v VARCHAR2(100)"); err != nil {
		return err
	}
	all, texts := make([]int, n), make([]string, n)
	for i := range all {
		all[i], texts[i] = i, strings.Repeat("x", i%100)
	}
	_, err := c.ExecContext(c, "INSERT INTO goora (n, v) VALUES (:1, :2)", all, texts)
	return err
}

func returning(c *client) error {
	if err := c.table("goora", "n NUMBER GENERATED ALWAYS AS IDENTITY, v VARCHAR2(10)"); err != nil {
		return err
	}
	var n int64
	var v string
	if _, err := c.ExecContext(c, "INSERT INTO goora (v) VALUES (:1) RETURNING n, v INTO :2, :3", "one", sql.Out{Dest: &n}, goora.Out{Dest: &v, Size: 10}); err != nil {
		return err
	}
	return equal([]any{n, v}, []any{int64(1), "one"})
}

func refCursor(c *client) error {
	var cursor goora.RefCursor
	if _, err := c.ExecContext(c, "BEGIN OPEN :c FOR SELECT 1 a, 'x' b FROM DUAL UNION ALL SELECT 2, 'y' FROM DUAL; END;", sql.Out{Dest: &cursor}); err != nil {
		return err
	}
	rows, err := goora.WrapRefCursor(c, c.DB, &cursor)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		n++
	}
	return errors.Join(rows.Err(), equal(n, 2))
}

func transaction(c *client) error {
	if err := c.table("goora", "n NUMBER"); err != nil {
		return err
	}
	for i, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		tx, err := c.BeginTx(c, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(c, "INSERT INTO goora VALUES (1)"); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := errors.Join(end(tx), c.row("SELECT COUNT(*) FROM goora", []any{i})); err != nil {
			return err
		}
	}
	return nil
}

func savepoint(c *client) error {
	if err := c.table("goora", "n NUMBER"); err != nil {
		return err
	}
	tx, err := c.BeginTx(c, nil)
	if err != nil {
		return err
	}
	for _, s := range []string{"INSERT INTO goora VALUES (1)", "SAVEPOINT here", "INSERT INTO goora VALUES (2)", "ROLLBACK TO SAVEPOINT here"} {
		if _, err := tx.ExecContext(c, s); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return errors.Join(tx.Commit(), c.row("SELECT COUNT(*) FROM goora", []any{1}))
}

func oraCodes(c *client) error {
	if err := errors.Join(c.table("goora", "n NUMBER(3) PRIMARY KEY, v VARCHAR2(3) NOT NULL, c NUMBER CHECK (c > 0)"),
		c.table("goora_child", "n NUMBER REFERENCES goora(n)"),
		c.exec("INSERT INTO goora VALUES (1, 'a', 1)", "INSERT INTO goora_child VALUES (1)")); err != nil {
		return err
	}
	for statement, want := range map[string]int{
		"INSERT INTO goora VALUES (1, 'b', 1)": 1, "INSERT INTO goora VALUES (2, NULL, 1)": 1400, "INSERT INTO goora VALUES (2, 'b', 0)": 2290,
		"INSERT INTO goora_child VALUES (9)": 2291, "DELETE FROM goora": 2292, "INSERT INTO goora VALUES (2, 'long', 1)": 12899,
		"INSERT INTO goora VALUES (1234, 'b', 1)": 1438, "INSERT INTO goora VALUES ('x', 'b', 1)": 1722, "UPDATE goora SET nosuch = 1": 904,
		"DELETE FROM nosuch": 942, "SELEC 1": 900,
	} {
		if err := wantCode(c.exec(statement), want); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func sequence(c *client) error {
	if err := c.exec("DROP SEQUENCE goora_seq"); err != nil && code(err) != 2289 {
		return err
	}
	if err := c.exec("CREATE SEQUENCE goora_seq START WITH 5 INCREMENT BY 2"); err != nil {
		return err
	}
	for _, want := range []int{5, 7, 9} {
		if err := c.row("SELECT goora_seq.NEXTVAL FROM DUAL", []any{want}); err != nil {
			return err
		}
	}
	return c.row("SELECT goora_seq.CURRVAL FROM DUAL", []any{9})
}

func fetch(c *client) error {
	if err := fill(c, 20000); err != nil {
		return err
	}
	for _, size := range []int{1000, 7, 1} {
		limit := 20000
		if size == 1 {
			limit = 200
		}
		own := c.fetching(size)
		if err := errors.Join(count(own, limit), own.Close()); err != nil {
			return err
		}
	}
	return nil
}

// count expects the numbers up to a limit.
func count(c *client, limit int) error {
	rows, err := c.QueryContext(c, "SELECT n FROM goora WHERE n < :1 ORDER BY n", limit)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var got int
		if err := errors.Join(rows.Scan(&got), equal(got, n)); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), equal(n, limit))
}

// cancelled runs fn with a context that ends soon.
func cancelled(c *client, fn func(context.Context) error) error {
	ctx, stop := context.WithTimeout(c, 100*time.Millisecond)
	defer stop()
	start := time.Now()
	err := fn(ctx)
	if took := time.Since(start); took > 3*time.Second {
		return fmt.Errorf("it took %v", took)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return wantCode(err, 1013)
}

func cancel(c *client) error {
	if err := fill(c, 2000); err != nil {
		return err
	}
	for range 3 {
		if err := cancelled(c, func(ctx context.Context) error {
			var n int
			return c.QueryRowContext(ctx, "SELECT COUNT(*) FROM goora a, goora b, goora c WHERE a.n + b.n + c.n < 0").Scan(&n)
		}); err != nil {
			return err
		}
	}
	return c.row("SELECT 7 FROM DUAL", []any{7})
}

func describe(c *client) error {
	if err := c.table("goora", "a NUMBER(10,2) NOT NULL, b VARCHAR2(20), c DATE, e CHAR(4), f CLOB, g RAW(8)"); err != nil {
		return err
	}
	rows, err := c.QueryContext(c, "SELECT * FROM goora")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	var names []string
	for _, col := range columns {
		names = append(names, col.Name())
	}
	precision, scale, _ := columns[0].DecimalSize()
	if !slices.Equal(names, []string{"A", "B", "C", "E", "F", "G"}) || precision != 10 || scale != 2 {
		return fmt.Errorf("got %v, NUMBER(%d,%d)", names, precision, scale)
	}
	return rows.Err()
}
