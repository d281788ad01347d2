package standin

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// Facts of locators.
const (
	locatorSize = 40
	lobChunk    = 8132
	locatorBlob = 1
	locatorClob = 2
)

// A lob is what a locator stands for: a value as it was when it was fetched,
// or a temporary one that the client fills.
type lob struct {
	typ  sqldb.Type
	data []byte
	temp bool
	open bool
}

// length is the LOB's length in the units of its offsets.
func (l lob) length() int64 {
	if l.typ == sqldb.Clob {
		return units(l.data)
	}
	return int64(len(l.data))
}

// lobs are a session's LOBs by the number in their locator. When too many
// bytes are held, the oldest fetched values are dropped, and reading one of
// those is ORA-01555, as it is for a snapshot too old.
type lobs struct {
	limit  int
	held   int
	last   uint64
	oldest uint64
	byID   map[uint64]*lob
}

// add keeps a LOB and returns its locator.
func (ls *lobs) add(l lob) []byte {
	if ls.byID == nil {
		ls.byID = make(map[uint64]*lob)
		ls.oldest = 1
	}
	ls.last++
	ls.byID[ls.last] = &l
	ls.held += len(l.data)
	ls.evict()
	return locator(ls.last, l)
}

func (ls *lobs) evict() {
	for ; ls.held > ls.limit && ls.oldest < ls.last; ls.oldest++ {
		if l := ls.byID[ls.oldest]; l != nil && !l.temp {
			ls.free(ls.oldest)
		}
	}
}

func (ls *lobs) free(id uint64) {
	if l := ls.byID[id]; l != nil {
		ls.held -= len(l.data)
		delete(ls.byID, id)
	}
}

// set replaces a temporary LOB's data.
func (ls *lobs) set(l *lob, data []byte) *sqldb.Error {
	if ls.held-len(l.data)+len(data) > ls.limit {
		return oraError(codeNoMemory, "out of process memory when trying to allocate %d bytes (stand-in's limit for LOBs)", len(data))
	}
	ls.held += len(data) - len(l.data)
	l.data = data
	return nil
}

// find returns the LOB of a locator.
func (ls *lobs) find(locator []byte) (*lob, *sqldb.Error) {
	id := locatorID(locator)
	if l := ls.byID[id]; l != nil {
		return l, nil
	}
	if id > 0 && id <= ls.last {
		return nil, oraError(codeSnapshotOld, "snapshot too old: the stand-in no longer holds this LOB")
	}
	return nil, oraError(codeNotLocator, "invalid LOB locator specified")
}

func locator(id uint64, l lob) []byte {
	b := make([]byte, locatorSize)
	b[1] = locatorSize - 2
	b[3] = 1
	b[4] = locatorBlob
	if l.typ == sqldb.Clob {
		b[4] = locatorClob
	}
	b[5] = 8
	if l.temp {
		b[7] = 1
	}
	binary.BigEndian.PutUint64(b[10:], id)
	return b
}

func locatorID(locator []byte) uint64 {
	if len(locator) != locatorSize {
		return 0
	}
	return binary.BigEndian.Uint64(locator[10:])
}

// units counts the UTF-16 code units of UTF-8 text, in which Oracle measures
// a CLOB.
func units(text []byte) int64 {
	n := int64(0)
	for _, r := range string(text) {
		n += runeUnits(r)
	}
	return n
}

func runeUnits(r rune) int64 {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// unitOffset returns the place in the text after n units, and the text's end
// if it has fewer.
func unitOffset(text []byte, n int64) int {
	at := 0
	for n > 0 && at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		n -= runeUnits(r)
		at += size
	}
	return at
}

func toUTF16(text []byte) []byte {
	encoded := utf16.Encode([]rune(string(text)))
	b := make([]byte, 0, 2*len(encoded))
	for _, u := range encoded {
		b = binary.BigEndian.AppendUint16(b, u)
	}
	return b
}
