package standin_test

import (
	"bytes"
	"database/sql"
	"strings"
	"testing"

	goora "github.com/sijms/go-ora/v2"
)

func TestLobsComeInlineAndByLocator(t *testing.T) {
	port := start(t)
	exec(t, connect(t, port, nil), "CREATE TABLE docs (id NUMBER, c CLOB, b BLOB, note VARCHAR2(20))")
	text, data := strings.Repeat("Größe 𝄞 ", 3000), bytes.Repeat([]byte{0, 1, 2}, 9000)
	for mode, options := range map[string]map[string]string{
		"inline":  {"lob fetch": "pre"},
		"locator": {"lob fetch": "post"},
	} {
		t.Run(mode, func(t *testing.T) {
			pool := connect(t, port, options)
			exec(t, pool, "DELETE FROM docs")
			insert, err := pool.Prepare("INSERT INTO docs VALUES (:1, :2, :3, :4)")
			if err != nil {
				t.Fatal(err)
			}
			defer insert.Close()
			for i := range 40 {
				_, err := insert.Exec(i, goora.Clob{String: text, Valid: true}, goora.Blob{Data: data}, "note")
				if err != nil {
					t.Fatal(err)
				}
			}
			exec(t, pool, "INSERT INTO docs VALUES (:1, :2, :3, :4)", 40, goora.Clob{}, goora.Blob{}, nil)
			exec(t, pool, "INSERT INTO docs VALUES (:1, :2, :3, :4)", 41, "short", []byte{7}, nil)
			for range 2 {
				checkLobs(t, pool, text, data)
			}
		})
	}
}

func checkLobs(t *testing.T, pool *sql.DB, text string, data []byte) {
	t.Helper()
	rows, err := pool.Query("SELECT id, c, note, b FROM docs ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id int
		var c, note sql.NullString
		var b []byte
		if err := rows.Scan(&id, &c, &note, &b); err != nil {
			t.Fatal(err)
		}
		switch {
		case id == 40 && !c.Valid && len(b) == 0:
		case id == 41 && c.String == "short" && bytes.Equal(b, []byte{7}):
		case id == n && c.String == text && bytes.Equal(b, data) && note.String == "note":
		default:
			t.Fatalf("row %d: id %d, %d characters, %d bytes, note %q", n, id, len(c.String), len(b), note.String)
		}
	}
	if n != 42 || rows.Err() != nil {
		t.Errorf("%d rows, error %v", n, rows.Err())
	}
}

func TestPreparedLobQueryRunsAgain(t *testing.T) {
	pool := connect(t, start(t), nil)
	exec(t, pool, "CREATE TABLE docs (id NUMBER, c CLOB)")
	for i, text := range []string{"one", strings.Repeat("two", 20_000), "three"} {
		exec(t, pool, "INSERT INTO docs VALUES (:1, :2)", i, text)
	}
	stmt, err := pool.Prepare("SELECT c FROM docs WHERE id = :1")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for i, want := range []int{3, 60_000, 5} {
		var c string
		if err := stmt.QueryRow(i).Scan(&c); err != nil || len(c) != want {
			t.Errorf("got %d characters, want %d, error %v", len(c), want, err)
		}
	}
}
