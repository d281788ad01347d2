package sqldb

import (
	"bytes"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// bindType maps a type that a client sends to the one it is treated as.
func bindType(t Type) (columnType, *Error) {
	switch t {
	case untyped:
		return columnType{Type: Varchar2, Size: 4000, Chars: 4000}, nil
	case Varchar2, Char, Long:
		// What clients bind as CHAR is text without padding in practice: only
		// VARCHAR2 comparison finds it.
		return columnType{Type: Varchar2, Size: 4000, Chars: 4000}, nil
	case Clob:
		return columnType{Type: Clob, Size: 4000}, nil
	case Raw, LongRaw:
		return columnType{Type: Raw, Size: 2000}, nil
	case Blob:
		return columnType{Type: Blob, Size: 4000}, nil
	case Number:
		return columnType{Type: Number, Scale: -127}, nil
	case BinaryDouble, BinaryFloat:
		return columnType{Type: BinaryDouble, Size: 8}, nil
	case Date:
		return columnType{Type: Date, Size: 7}, nil
	case Timestamp:
		return columnType{Type: Timestamp, Prec: 9, Size: 11}, nil
	case TimestampTZ:
		return columnType{Type: TimestampTZ, Prec: 9, Size: 13}, nil
	}
	return columnType{}, unsupported("binds of type %d", t)
}

// sqliteValue turns a bind's value into what SQLite keeps.
func sqliteValue(v Value) (any, error) {
	if v.Data == nil || len(v.Data) == 0 && v.Type != Clob && v.Type != Blob {
		return nil, nil
	}
	switch v.Type {
	case Varchar2, Char, Long, Clob, untyped:
		if bytes.IndexByte(v.Data, 0) >= 0 {
			return nil, unsupported("CHR(0) in text") // SQLite takes it for the text's end
		}
		return string(v.Data), nil
	case Number:
		b, err := format.Canonical(v.Data)
		if err != nil {
			return nil, numberError(err)
		}
		return b, nil
	case BinaryDouble, BinaryFloat:
		f, err := format.DecodeDouble(v.Data)
		if err != nil {
			return nil, oraErr(1722)
		}
		return format.EncodeDouble(f), nil
	case Date, Timestamp, TimestampTZ:
		return dateValue(v)
	case Raw, LongRaw, Blob:
		return v.Data, nil
	}
	return nil, unsupported("binds of type %d", v.Type)
}

func dateValue(v Value) (any, error) {
	data := v.Data
	if v.Type == TimestampTZ && len(data) < format.TimestampTZLen {
		data = append(append([]byte{}, format.ToTimestamp(data)...), 20, 60)
	}
	t, err := format.DecodeDate(data)
	if err != nil {
		if len(data) == format.TimestampTZLen && data[11]&0xC0 != 0 {
			return nil, unsupported("time zones by name in binds")
		}
		if data[0] < 100 || data[0] == 100 && len(data) > 1 && data[1] < 100 {
			return nil, beforeYear1()
		}
		return nil, oraErr(1841)
	}
	switch v.Type {
	case Date:
		return format.EncodeDate(t), nil
	case Timestamp:
		return format.EncodeTimestamp(t), nil
	}
	return zoned(t)
}
