package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"
)

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func types() []check {
	at := time.Date(2026, 11, 22, 23, 59, 58, 0, time.UTC)
	return []check{
		{"number", number},
		{"varchar2", func(c *client) error {
			return around(c, "VARCHAR2(4000)", text("plain"), text("Größe"), text("日本語"), text("🚀 and 𝄞"), text(strings.Repeat("x", 3000)), sql.NullString{})
		}},
		{"nvarchar2", func(c *client) error {
			return around(c, "NVARCHAR2(100)", goora.NVarChar("Größe 🚀"), goora.NVarChar("日本語"))
		}},
		{"char", func(c *client) error {
			if err := c.table("goora", "v CHAR(5)"); err != nil {
				return err
			}
			if err := c.exec("INSERT INTO goora VALUES ('ab')"); err != nil {
				return err
			}
			return c.row("SELECT v, COUNT(*) OVER () FROM goora WHERE v = 'ab'", []any{"ab   ", 1})
		}},
		{"date", func(c *client) error { return moments(c, "DATE", at) }},
		{"timestamp", func(c *client) error { return moments(c, "TIMESTAMP(9)", at.Add(123456789)) }},
		{"timestamp-tz", func(c *client) error {
			return moments(c, "TIMESTAMP WITH TIME ZONE", at.In(time.FixedZone("", 19800)))
		}},
		{"timestamp-ltz", func(c *client) error { return moments(c, "TIMESTAMP WITH LOCAL TIME ZONE", at) }},
		{"interval", func(c *client) error {
			return c.row("SELECT INTERVAL '3 04:05:06' DAY TO SECOND FROM DUAL", []any{"+03 04:05:06.000000"})
		}},
		{"raw", func(c *client) error {
			return around(c, "RAW(2000)", []byte{0, 255, 127}, bytes.Repeat([]byte("x"), 2000), nil)
		}},
		{"binary-double", func(c *client) error {
			if err := around(c, "BINARY_DOUBLE", 1.5, -2.25, 0); err != nil {
				return err
			}
			return around(c, "BINARY_FLOAT", 0.5, -8.0)
		}},
		{"clob", func(c *client) error { return clobs(c, "short", strings.Repeat("Größe 🚀", 5000)) }},
		{"blob", func(c *client) error { return blobs(c, []byte{0, 1}, bytes.Repeat([]byte("bytes"), 14000)) }},
		{"lob-large", func(c *client) error {
			if err := blobs(c, bytes.Repeat([]byte("some bytes"), 200_000)); err != nil {
				return err
			}
			return clobs(c, strings.Repeat("0123456789abcdef", 1<<17))
		}},
		{"boolean", func(c *client) error { return c.row("SELECT TRUE FROM DUAL", []any{true}) }},
		{"json", func(c *client) error { return around(c, "JSON", `{"a":[1,2]}`) }},
		{"rowid", rowid},
		{"null", nulls},
	}
}

func number(c *client) error {
	if err := c.table("goora", "id NUMBER, v NUMBER"); err != nil {
		return err
	}
	for i, v := range []string{
		"99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0", "-0.1", "3.14", "-7",
		"12345678901234567890.123456789012345678",
	} {
		n, err := goora.NewNumberFromString(v)
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(c, "INSERT INTO goora VALUES (:1, :2)", i, n); err != nil {
			return err
		}
		if err := c.row("SELECT v FROM goora WHERE id = :1", []any{v}, i); err != nil {
			return err
		}
	}
	return c.row("SELECT 5/2, 10/5, 1/4*4 FROM DUAL", []any{2.5, 2, 1})
}

func moments(c *client, kind string, want time.Time) error {
	if err := c.table("goora", "v "+kind); err != nil {
		return err
	}
	if _, err := c.ExecContext(c, "INSERT INTO goora VALUES (:1)", goora.TimeStampTZ(want)); err != nil {
		return err
	}
	var got time.Time
	if err := c.QueryRowContext(c, "SELECT v FROM goora").Scan(&got); err != nil {
		return err
	}
	same := got.Equal(want)
	if kind == "DATE" || strings.HasPrefix(kind, "TIMESTAMP(") {
		same = got.Format(time.DateTime) == want.Format(time.DateTime)
	}
	if !same {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func clobs(c *client, values ...string) error {
	if err := c.table("goora_clob", "id NUMBER, w CLOB"); err != nil {
		return err
	}
	for i, v := range values {
		if _, err := c.ExecContext(c, "INSERT INTO goora_clob VALUES (:1, :2)", i, goora.Clob{String: v, Valid: true}); err != nil {
			return err
		}
		if err := c.row("SELECT w FROM goora_clob WHERE id = :1", []any{v}, i); err != nil {
			return err
		}
	}
	return nil
}

func blobs(c *client, values ...[]byte) error {
	if err := c.table("goora_blob", "id NUMBER, w BLOB"); err != nil {
		return err
	}
	for i, v := range values {
		if _, err := c.ExecContext(c, "INSERT INTO goora_blob VALUES (:1, :2)", i, goora.Blob{Data: v}); err != nil {
			return err
		}
		var got []byte
		if err := c.QueryRowContext(c, "SELECT w FROM goora_blob WHERE id = :1", i).Scan(&got); err != nil {
			return err
		}
		if !bytes.Equal(got, v) {
			return fmt.Errorf("%d bytes came back as %d others", len(v), len(got))
		}
	}
	return nil
}

func nulls(c *client) error {
	if err := c.table("goora", "a NUMBER, b VARCHAR2(5), c DATE, d TIMESTAMP, e RAW(5), f CLOB, g BLOB, h CHAR(2), i BINARY_DOUBLE"); err != nil {
		return err
	}
	none := make([]any, 9)
	if _, err := c.ExecContext(c, "INSERT INTO goora VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9)", none...); err != nil {
		return err
	}
	return c.row("SELECT * FROM goora", none)
}

func rowid(c *client) error {
	if err := c.table("goora", "n NUMBER"); err != nil {
		return err
	}
	if err := c.exec("INSERT INTO goora VALUES (42)"); err != nil {
		return err
	}
	var id string
	if err := c.QueryRowContext(c, "SELECT ROWID FROM goora").Scan(&id); err != nil {
		return err
	}
	return c.row("SELECT n FROM goora WHERE ROWID = :1", []any{42}, id)
}
