package format

import (
	"encoding/binary"
	"time"
)

// Lengths of the internal formats.
const (
	DateLen        = 7
	TimestampLen   = 11
	TimestampTZLen = 13
)

// EncodeDate writes t's date and time of day, as they read in t's zone, as a
// DATE. Years must be 1 to 9999.
func EncodeDate(t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	return []byte{
		byte(year/100 + 100), byte(year%100 + 100), byte(month), byte(day),
		byte(hour + 1), byte(minute + 1), byte(sec + 1),
	}
}

// EncodeTimestamp is EncodeDate with nanoseconds, always 11 bytes.
func EncodeTimestamp(t time.Time) []byte {
	return binary.BigEndian.AppendUint32(EncodeDate(t), uint32(t.Nanosecond()))
}

// EncodeTimestampTZ writes an instant and the offset of its zone.
func EncodeTimestampTZ(t time.Time) []byte {
	_, offset := t.Zone()
	minutes := offset / 60
	return append(EncodeTimestamp(t.UTC()), byte(minutes/60+20), byte(minutes%60+60))
}

// DecodeDate reads a DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE. The first
// two come back in UTC, the third in its own offset.
func DecodeDate(b []byte) (time.Time, error) {
	if len(b) != DateLen && len(b) != TimestampLen && len(b) != TimestampTZLen {
		return time.Time{}, ErrFormat
	}
	nanos := 0
	if len(b) >= TimestampLen {
		nanos = int(binary.BigEndian.Uint32(b[7:]))
	}
	year := (int(b[0])-100)*100 + int(b[1]) - 100
	if year < 1 || year > 9999 || b[2] < 1 || b[2] > 12 || b[3] < 1 || b[3] > 31 ||
		b[4] < 1 || b[4] > 24 || b[5] < 1 || b[5] > 60 || b[6] < 1 || b[6] > 60 || nanos > 999999999 {
		return time.Time{}, ErrFormat
	}
	t := time.Date(year, time.Month(b[2]), int(b[3]), int(b[4])-1, int(b[5])-1, int(b[6])-1, nanos, time.UTC)
	if t.Day() != int(b[3]) {
		return time.Time{}, ErrFormat // such as a February 30
	}
	if len(b) < TimestampTZLen {
		return t, nil
	}
	if b[11]&0xC0 != 0 {
		return time.Time{}, ErrFormat // a region's id or local fields: not written here
	}
	offset := (int(b[11])-20)*3600 + (int(b[12])-60)*60
	if offset == 0 {
		return t, nil
	}
	return t.In(time.FixedZone("", offset)), nil
}

// ToTimestamp lengthens a DATE, or a TIMESTAMP sent without its fraction, to
// the 11 bytes of a TIMESTAMP.
func ToTimestamp(b []byte) []byte {
	if len(b) != DateLen {
		return b
	}
	return append(append(make([]byte, 0, TimestampLen), b...), 0, 0, 0, 0)
}
