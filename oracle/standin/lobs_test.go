package standin

import (
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

func TestOldestFetchedLobsAreDroppedFirst(t *testing.T) {
	ls := lobs{limit: 100}
	temp := ls.add(lob{typ: sqldb.Blob, data: make([]byte, 30), temp: true})
	oldest := ls.add(lob{typ: sqldb.Blob, data: make([]byte, 40)})
	newest := ls.add(lob{typ: sqldb.Blob, data: make([]byte, 60)})
	if _, err := ls.find(oldest); err == nil || err.Code != codeSnapshotOld {
		t.Errorf("oldest: got %v, want code %d", err, codeSnapshotOld)
	}
	for name, locator := range map[string][]byte{"temporary": temp, "newest": newest} {
		if _, err := ls.find(locator); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ls.held != 90 {
		t.Errorf("%d bytes held, want 90", ls.held)
	}
	if _, err := ls.find([]byte("no locator")); err == nil || err.Code != codeNotLocator {
		t.Errorf("no locator: got %v, want code %d", err, codeNotLocator)
	}
}

func TestTemporaryLobsAreBounded(t *testing.T) {
	s := &session{}
	s.lobs.limit = 1000
	create := lobRequest{op: lobCreate, source: make([]byte, locatorSize), destOffset: uint64(sqldb.Clob)}
	if err := s.lob(&create); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]lobRequest{
		"too much":     {op: lobWrite, source: create.source, offset: 1, data: make([]byte, 1001)},
		"too far away": {op: lobWrite, source: create.source, offset: 1 << 60, data: []byte("x")},
	} {
		if err := s.lob(&write); err == nil || err.Code != codeNoMemory {
			t.Errorf("%s: got %v, want code %d", name, err, codeNoMemory)
		}
	}
	write := lobRequest{op: lobWrite, source: create.source, offset: 4, data: []byte("x")}
	if err := s.lob(&write); err != nil {
		t.Fatal(err)
	}
	l, err := s.lobs.find(create.source)
	if err != nil || string(l.data) != "   x" {
		t.Errorf("got %q, error %v", l.data, err)
	}
}

func TestFetchedLobsAreReadOnly(t *testing.T) {
	s := &session{}
	s.lobs.limit = 1000
	write := lobRequest{op: lobWrite, offset: 1, data: []byte("x"), source: s.lobs.add(lob{typ: sqldb.Clob, data: []byte("abc")})}
	if err := s.lob(&write); err == nil || err.Code != codeNotInStandIn {
		t.Errorf("got %v, want code %d", err, codeNotInStandIn)
	}
}

func TestClobsAreMeasuredInUTF16(t *testing.T) {
	text := []byte("aé𝄞b")
	if n := units(text); n != 5 {
		t.Errorf("got %d units, want 5", n)
	}
	for n, want := range map[int64]string{0: "aé𝄞b", 1: "é𝄞b", 2: "𝄞b", 4: "b", 5: "", 9: ""} {
		if got := string(text[unitOffset(text, n):]); got != want {
			t.Errorf("after %d units: got %q, want %q", n, got, want)
		}
	}
}

func TestErrorTextsAreCutBetweenCharacters(t *testing.T) {
	if got := clip(strings.Repeat("é", 10), 5); got != "éé" {
		t.Errorf("got %q", got)
	}
}

func TestOjdbcTextsHaveNoLength(t *testing.T) {
	sql := "select 1 from dual"
	call := executeBytes(sql, nil, nil)
	at := strings.Index(string(call), sql)
	raw := append(call[:at-1:at-1], call[at:]...) // without the length in front
	d := decoderOf(raw)
	if req := parseExecute(d, true); req.sql != sql || d.Err() != nil {
		t.Errorf("got %q, error %v", req.sql, d.Err())
	}
}
