package locator

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// A table is what haddock needs of `show table`.
type table struct {
	name, kind string
	size, used int
	rows       map[int]int   // server id -> rows
	longest    time.Duration // the most time that any row has left
}

// A tableReader takes the reply to `show table` line by line: with 100,000
// sessions it has ten megabytes, of which three numbers are wanted.
type tableReader struct {
	table  table
	begun  bool
	counts [256]int // slots have small ids; a map for each of 100,000 rows costs more than the rest
}

func (t *tableReader) line(line []byte) error {
	if !t.begun {
		t.begun = true
		return t.header(string(line))
	}
	id, hasID := numberAfter(line, " server_id=")
	left, hasTime := numberAfter(line, " exp=")
	if !hasID || !hasTime {
		return malformed("show table: a row without server_id and exp: %s", excerpt(line))
	}
	t.table.longest = max(t.table.longest, time.Duration(left)*time.Millisecond)
	if id < len(t.counts) {
		t.counts[id]++
		return nil
	}
	if t.table.rows == nil {
		t.table.rows = map[int]int{}
	}
	t.table.rows[id]++
	return nil
}

// header reads "# table: app, type: string, size:204800, used:2".
func (t *tableReader) header(line string) error {
	rest, ok := strings.CutPrefix(line, "# table: ")
	if !ok {
		return malformed("show table: %s is no header", excerpt(line))
	}
	parts := strings.Split(rest, ",")
	t.table.name = parts[0]
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(part), ":")
		value = strings.TrimSpace(value)
		var err error
		switch key {
		case "type":
			t.table.kind = value
		case "size":
			t.table.size, err = strconv.Atoi(value)
		case "used":
			t.table.used, err = strconv.Atoi(value)
		}
		if err != nil {
			return malformed("show table: %s is no number in %s", excerpt(value), excerpt(line))
		}
	}
	if t.table.name == "" || t.table.size <= 0 || t.table.used < 0 {
		return malformed("show table: no name, size or use in %s", excerpt(line))
	}
	return nil
}

// done returns the table after its last line.
func (t *tableReader) done() (table, error) {
	if !t.begun {
		return table{}, malformed("show table: no header")
	}
	found := t.table
	if found.rows == nil {
		found.rows = map[int]int{}
	}
	for id, n := range t.counts {
		if n > 0 {
			found.rows[id] = n
		}
	}
	return found, nil
}

// numberAfter returns the number behind the last occurrence of a field's name.
// The last one: what stands before it is the session's key, which anybody may
// choose.
func numberAfter(line []byte, field string) (int, bool) {
	i := bytes.LastIndex(line, []byte(field))
	if i < 0 {
		return 0, false
	}
	n, digits := 0, 0
	for _, c := range line[i+len(field):] {
		if c < '0' || c > '9' {
			break
		}
		const tooMany = 12
		if digits++; digits > tooMany {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, digits > 0
}
