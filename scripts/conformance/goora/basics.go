package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

func basics() []check {
	return []check{
		{"connect", func(c *client) error { return c.row("SELECT 1 FROM DUAL", []any{1}) }},
		{"wrong-password", func(c *client) error {
			c.at.password = "wrong"
			if err := refused(c.at, 1017); err != nil {
				return err
			}
			c.at.user = "nobody"
			return refused(c.at, 1017)
		}},
		{"wrong-service", func(c *client) error {
			c.at.service = "NOSUCH"
			return refused(c.at, 12514)
		}},
		{"ping", func(c *client) error { return c.PingContext(c) }},
		{"bind-in", func(c *client) error {
			at := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
			if err := c.row("SELECT :1, :2, :3, TO_CHAR(:4, 'YYYY-MM-DD HH24:MI:SS'), RAWTOHEX(:5) FROM DUAL",
				[]any{1, 2.5, "text", at.Format(time.DateTime), "0102"}, 1, 2.5, "text", at, []byte{1, 2}); err != nil {
				return err
			}
			return c.row("SELECT :n + 1 FROM DUAL WHERE :t = 'a'", []any{42}, sql.Named("n", 41), sql.Named("t", "a"))
		}},
		{"bind-repeated", func(c *client) error {
			return c.row("SELECT :x, :y, :x FROM DUAL", []any{1, "b", 1}, sql.Named("x", 1), sql.Named("y", "b"))
		}},
		{"large-statement", func(c *client) error {
			sum := strings.Join(strings.Split(strings.Repeat("1", 500), ""), " + ")
			return c.row("SELECT "+sum+" /* "+strings.Repeat("Ä", 100_000)+" */ FROM DUAL", []any{500})
		}},
		{"many-columns", manyColumns},
		{"redefined", redefined},
		{"end-to-end", func(*client) error { return errDriver }},
		{"pool", pool},
		{"concurrent", concurrent},
		{"isolation", isolation},
	}
}

func refused(at target, want int) error {
	db := at.open()
	defer func() { _ = db.Close() }()
	return wantCode(db.PingContext(context.Background()), want)
}

func manyColumns(c *client) error {
	columns, marks, values := make([]string, 200), make([]string, 200), make([]any, 200)
	for i := range columns {
		columns[i], marks[i], values[i] = fmt.Sprintf("c%d NUMBER", i), fmt.Sprintf(":%d", i+1), i
	}
	if err := c.table("goora", strings.Join(columns, ", ")); err != nil {
		return err
	}
	if _, err := c.ExecContext(c, "INSERT INTO goora VALUES ("+strings.Join(marks, ", ")+")", values...); err != nil {
		return err
	}
	return c.row("SELECT * FROM goora", values)
}

func redefined(c *client) error {
	prepared := func(want string) error { return c.row("SELECT v FROM goora", []any{want}) }
	for _, test := range [][2]string{{"NUMBER", "42"}, {"VARCHAR2(10)", "text"}, {"BINARY_DOUBLE", "0.5"}} {
		if err := c.table("goora", "v "+test[0]); err != nil {
			return err
		}
		if err := c.exec("INSERT INTO goora VALUES ('" + test[1] + "')"); err != nil {
			return err
		}
		if err := prepared(test[1]); err != nil {
			return err
		}
	}
	return nil
}

func pool(c *client) error {
	if err := c.table("goora", "n NUMBER"); err != nil {
		return err
	}
	db := c.at.open()
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(2)
	for range 5 {
		tx, err := db.BeginTx(c, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(c, "INSERT INTO goora VALUES (1)"); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
	}
	return c.row("SELECT COUNT(*) FROM goora", []any{0})
}

func concurrent(c *client) error {
	if err := c.table("goora", "n NUMBER"); err != nil {
		return err
	}
	db := c.at.open()
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(8)
	faults := make([]error, 8)
	var all sync.WaitGroup
	for k := range faults {
		all.Go(func() {
			for i := range 20 {
				_, err := db.ExecContext(c, "INSERT INTO goora VALUES (:1)", 100*k+i)
				faults[k] = errors.Join(faults[k], err)
			}
		})
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return c.row("SELECT COUNT(*) FROM goora", []any{160})
}

func isolation(c *client) error {
	if err := fill(c, 300); err != nil {
		return err
	}
	other := c.fetching(10)
	defer func() { _ = other.Close() }()
	rows, err := other.QueryContext(c, "SELECT n FROM goora ORDER BY n")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		if n++; n == 1 {
			if err := c.exec("DELETE FROM goora"); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(rows.Err(), equal(n, 300)); err != nil {
		return err
	}
	return errors.Join(rows.Close(), other.row("SELECT COUNT(*) FROM goora", []any{0}))
}
