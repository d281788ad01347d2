package format

import (
	"encoding/binary"
	"math"
	"strconv"
)

// EncodeDouble writes a BINARY_DOUBLE.
func EncodeDouble(f float64) []byte {
	if f == 0 {
		f = 0 // one zero only
	}
	if math.IsNaN(f) {
		f = math.NaN()
	}
	bits := math.Float64bits(f)
	if bits == 1<<63 {
		bits = 0
	}
	if bits>>63 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(nil, bits)
}

// DecodeDouble reads a BINARY_DOUBLE (8 bytes) or BINARY_FLOAT (4 bytes).
func DecodeDouble(b []byte) (float64, error) {
	switch len(b) {
	case 8:
		bits := binary.BigEndian.Uint64(b)
		if bits>>63 != 0 {
			bits &^= 1 << 63
		} else {
			bits = ^bits
		}
		return math.Float64frombits(bits), nil
	case 4:
		bits := binary.BigEndian.Uint32(b)
		if bits>>31 != 0 {
			bits &^= 1 << 31
		} else {
			bits = ^bits
		}
		return float64(math.Float32frombits(bits)), nil
	}
	return 0, ErrFormat
}

// EncodeFloat writes a BINARY_FLOAT.
func EncodeFloat(f float32) []byte {
	bits := math.Float32bits(f)
	if f == 0 {
		bits = 0
	}
	if bits>>31 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 31
	}
	return binary.BigEndian.AppendUint32(nil, bits)
}

// Float returns the double nearest to the number.
func (x Decimal) Float() float64 {
	f, err := strconv.ParseFloat(x.String(), 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// FromFloat makes a number of a double, if fifteen digits are enough to write
// it; others give ErrInexact.
func FromFloat(f float64) (Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, ErrOverflow
	}
	x, err := ParseNumber(strconv.FormatFloat(f, 'e', -1, 64))
	if err != nil {
		return Decimal{}, err
	}
	if digits, _ := x.decimals(); len(digits) > 15 {
		return Decimal{}, ErrInexact
	}
	return x, nil
}
