package standin

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Types that clients name beside those of package sqldb.
const (
	typeVarnum      = 6
	typeVarchar     = 9
	typeRowid       = 11
	typeVarraw      = 15
	typeLongVarchar = 94
	typeLongVarraw  = 95
	typeCharz       = 97
	typeRefCursor   = 102
	typeObject      = 109
	typeJSON        = 119
	typeVector      = 127
	typeTimestamp   = 187
	typeTimestampTZ = 188
	typeLocalTZ     = 232
)

// Flags of a bind's description.
const (
	bindRepeated = 0x80 // go-ora: the value of the first bind of that name counts
	bindArray    = 0x40
)

// morePrefetch has a LOB's locator come with length and chunk size in front.
const morePrefetch = 0x2000000

const (
	formNational  = 2
	longFromBytes = 32767
	maxElements   = 1 << 20
)

// A bindDesc describes a bind, or a column as a client wants it.
type bindDesc struct {
	typ      byte
	flags    byte
	size     int
	elements int
	more     uint64 // further flags
	charset  int
	form     byte
	chars    int
}

func parseBindDesc(d *wire.Decoder, rawText bool) bindDesc {
	desc := bindDesc{typ: d.U8(), flags: d.U8()}
	d.U8() // precision
	if rawText && hasScale(desc.typ) {
		d.UB()
	} else {
		d.U8()
	}
	desc.size = int(d.UB() & 0x7FFFFFFF)
	desc.elements = int(d.UB() & 0x7FFFFFFF)
	desc.more = d.UB()
	d.DLC()
	d.UB()
	desc.charset = int(d.UB() & 0xFFFF)
	desc.form = d.U8()
	desc.chars = int(d.UB() & 0x7FFFFFFF)
	return desc
}

// hasScale reports whether ojdbc writes the type's scale as a number with a
// count; others write a byte.
func hasScale(typ byte) bool {
	switch typ {
	case byte(sqldb.Number), byte(sqldb.Timestamp), byte(sqldb.TimestampTZ), byte(sqldb.TimestampLTZ), 183:
		return true
	}
	return false
}

// isLong reports whether the value comes after those that are not. For some
// clients large room makes a text long whatever its type.
func (b bindDesc) isLong(bySize bool) bool {
	switch b.typ {
	case byte(sqldb.Long), byte(sqldb.LongRaw), typeLongVarchar, typeLongVarraw:
		return true
	case byte(sqldb.Varchar2), byte(sqldb.Raw), byte(sqldb.Char):
		return bySize && b.size > longFromBytes
	}
	return false
}

func (b bindDesc) isArray() bool { return b.flags&bindArray != 0 && b.elements > 0 }

func (b bindDesc) isUTF16() bool { return b.form == formNational || b.charset == charsetUTF16 }

// sqlType is the engine's type for the client's; false when it has none.
func (b bindDesc) sqlType() (sqldb.Type, bool) {
	switch b.typ {
	case byte(sqldb.Varchar2), typeVarchar, typeRowid:
		return sqldb.Varchar2, true
	case byte(sqldb.Number), typeVarnum:
		return sqldb.Number, true
	case byte(sqldb.Long), typeLongVarchar:
		return sqldb.Long, true
	case byte(sqldb.Raw), typeVarraw:
		return sqldb.Raw, true
	case byte(sqldb.LongRaw), typeLongVarraw:
		return sqldb.LongRaw, true
	case byte(sqldb.Char), typeCharz:
		return sqldb.Char, true
	case byte(sqldb.Timestamp), typeTimestamp:
		return sqldb.Timestamp, true
	case byte(sqldb.TimestampTZ), typeTimestampTZ:
		return sqldb.TimestampTZ, true
	case byte(sqldb.TimestampLTZ), typeLocalTZ:
		return sqldb.TimestampLTZ, true
	case byte(sqldb.Date), byte(sqldb.BinaryFloat), byte(sqldb.BinaryDouble), byte(sqldb.Clob), byte(sqldb.Blob):
		return sqldb.Type(b.typ), true
	}
	return 0, false
}

func isLob(t sqldb.Type) bool { return t == sqldb.Clob || t == sqldb.Blob }

// A rawBind is a bind's value as it came.
type rawBind struct {
	data    []byte
	refused bool // of a type that is read past but not taken
}

// readValue reads one value off the wire.
func readValue(d *wire.Decoder, b bindDesc) rawBind {
	if b.isArray() {
		for range d.Count(maxElements) {
			d.CLR()
		}
		return rawBind{refused: true}
	}
	switch b.typ {
	case byte(sqldb.Clob), byte(sqldb.Blob):
		if d.UB() == 0 {
			return rawBind{}
		}
		return rawBind{data: d.CLR()}
	case typeRowid:
		if n := d.U8(); n == 0 || n == 0xFF {
			return rawBind{}
		}
		object, file := d.UB(), d.UB()
		d.U8()
		return rawBind{data: []byte(sqldb.Rowid(object, file, d.UB(), d.UB()))}
	case typeObject:
		for range 4 {
			d.DLC()
		}
		size := d.UB()
		d.Skip(2)
		if size > 0 {
			d.CLR()
		}
		return rawBind{refused: true}
	}
	_, known := b.sqlType()
	return rawBind{data: d.CLR(), refused: !known}
}

// value makes an engine's value of what came.
func (s *session) value(b bindDesc, raw rawBind) (sqldb.Value, *sqldb.Error) {
	typ, known := b.sqlType()
	switch {
	case raw.refused || !known:
		return sqldb.Value{}, oraError(codeUnknownType, "unsupported network datatype or representation %d", b.typ)
	case isLob(typ):
		if raw.data == nil {
			return sqldb.Value{Type: typ}, nil
		}
		lob, err := s.lobs.find(raw.data)
		if err != nil {
			return sqldb.Value{}, err
		}
		return sqldb.Value{Type: lob.typ, Data: lob.data}, nil
	case b.isUTF16() && len(raw.data) > 0:
		return sqldb.Value{Type: typ, Data: fromUTF16(raw.data)}, nil
	case typ == sqldb.TimestampTZ:
		return sqldb.Value{Type: typ, Data: withoutRegion(raw.data)}, nil
	}
	return sqldb.Value{Type: typ, Data: raw.data}, nil
}

func fromUTF16(b []byte) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
