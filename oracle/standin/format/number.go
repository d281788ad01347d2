// Package format holds Oracle's internal formats of NUMBER, DATE, TIMESTAMP
// and BINARY_DOUBLE and the exact decimal arithmetic on them. All formats
// compare byte by byte as the values they stand for.
package format

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// What can be wrong with a value.
var (
	ErrInvalid  = errors.New("not a number")
	ErrOverflow = errors.New("number too large")
	ErrInexact  = errors.New("more digits than NUMBER holds")
	ErrFormat   = errors.New("malformed internal format")
)

// Limits of NUMBER: twenty digits to the base 100, and the powers of 100 that
// the first of them may have.
const (
	maxDigits = 20
	maxExp    = 62
	minExp    = -65
)

// A Decimal is an exact decimal number. Its zero value is 0.
type Decimal struct {
	neg bool
	exp int    // the first digit counts 100^exp
	dig []byte // digits to the base 100, without zeros at either end; empty for 0
}

// normal cuts the zeros off both ends.
func normal(neg bool, exp int, dig []byte) Decimal {
	for len(dig) > 0 && dig[0] == 0 {
		dig, exp = dig[1:], exp-1
	}
	for len(dig) > 0 && dig[len(dig)-1] == 0 {
		dig = dig[:len(dig)-1]
	}
	if len(dig) == 0 {
		return Decimal{}
	}
	return Decimal{neg: neg, exp: exp, dig: dig}
}

// DecodeNumber reads the internal format.
func DecodeNumber(b []byte) (Decimal, error) {
	if len(b) == 0 || len(b) > maxDigits+2 {
		return Decimal{}, ErrFormat
	}
	if b[0]&0x80 != 0 {
		if len(b) == 1 {
			if b[0] == 0x80 {
				return Decimal{}, nil
			}
			return Decimal{}, ErrFormat
		}
		dig := make([]byte, len(b)-1)
		for i, c := range b[1:] {
			if c < 1 || c > 100 {
				return Decimal{}, ErrFormat
			}
			dig[i] = c - 1
		}
		return normal(false, int(b[0])-193, dig), nil
	}
	body := b[1:]
	if n := len(body); n > 0 && body[n-1] == 0x66 {
		body = body[:n-1]
	}
	if len(body) == 0 {
		return Decimal{}, ErrFormat // minus infinity
	}
	dig := make([]byte, len(body))
	for i, c := range body {
		if c < 2 || c > 101 {
			return Decimal{}, ErrFormat
		}
		dig[i] = 101 - c
	}
	return normal(true, 62-int(b[0]), dig), nil
}

// Encode writes the internal format. It fails with ErrOverflow or, rather
// than round, with ErrInexact.
func (x Decimal) Encode() ([]byte, error) {
	if len(x.dig) == 0 || x.exp < minExp {
		return []byte{0x80}, nil
	}
	if x.exp > maxExp {
		return nil, ErrOverflow
	}
	if len(x.dig) > maxDigits {
		return nil, ErrInexact
	}
	out := make([]byte, 0, len(x.dig)+2)
	if !x.neg {
		out = append(out, byte(193+x.exp))
		for _, d := range x.dig {
			out = append(out, d+1)
		}
		return out, nil
	}
	out = append(out, byte(62-x.exp))
	for _, d := range x.dig {
		out = append(out, 101-d)
	}
	if len(x.dig) < maxDigits {
		out = append(out, 0x66)
	}
	return out, nil
}

// Canonical returns the one encoding that stands for b's number, so that
// equal numbers have equal bytes.
func Canonical(b []byte) ([]byte, error) {
	x, err := DecodeNumber(b)
	if err != nil {
		return nil, err
	}
	return x.Encode()
}

// ParseNumber reads a decimal literal: sign, digits, point, exponent.
func ParseNumber(s string) (Decimal, error) {
	s = strings.Trim(s, " \t\r\n")
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	}
	exp10 := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || s[i+1:] == "" || strings.HasPrefix(s[i+1:], "+-") {
			return Decimal{}, ErrInvalid
		}
		if e > 1000 || e < -1000 {
			return Decimal{}, ErrOverflow
		}
		exp10, s = e, s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole+frac == "" || len(s) > 4000 {
		return Decimal{}, ErrInvalid
	}
	digits := []byte(whole + frac)
	for i, c := range digits {
		if c < '0' || c > '9' {
			return Decimal{}, ErrInvalid
		}
		digits[i] = c - '0'
	}
	return fromDecimals(neg, digits, len(whole)+exp10), nil
}

// fromDecimals makes the number 0.d1d2d3... * 10^point.
func fromDecimals(neg bool, digits []byte, point int) Decimal {
	if len(digits) == 0 {
		return Decimal{}
	}
	if point%2 != 0 {
		digits = append([]byte{0}, digits...)
		point++
	}
	if len(digits)%2 != 0 {
		digits = append(slices.Clip(digits), 0)
	}
	dig := make([]byte, len(digits)/2)
	for i := range dig {
		dig[i] = digits[2*i]*10 + digits[2*i+1]
	}
	return normal(neg, point/2-1, dig)
}

// decimals is the inverse of fromDecimals, without zeros at either end.
func (x Decimal) decimals() (digits []byte, point int) {
	digits = make([]byte, 0, 2*len(x.dig))
	for _, d := range x.dig {
		digits = append(digits, d/10, d%10)
	}
	point = 2 * (x.exp + 1)
	for len(digits) > 0 && digits[0] == 0 {
		digits, point = digits[1:], point-1
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	return digits, point
}

// String writes the number as TO_CHAR does: plain digits, no zero before the
// point.
func (x Decimal) String() string {
	digits, point := x.decimals()
	if len(digits) == 0 {
		return "0"
	}
	for i := range digits {
		digits[i] += '0'
	}
	var s string
	switch {
	case point <= 0:
		s = "." + strings.Repeat("0", -point) + string(digits)
	case point >= len(digits):
		s = string(digits) + strings.Repeat("0", point-len(digits))
	default:
		s = string(digits[:point]) + "." + string(digits[point:])
	}
	if x.neg {
		return "-" + s
	}
	return s
}

// FromInt makes a number of an integer.
func FromInt(n int64) Decimal {
	x, err := ParseNumber(strconv.FormatInt(n, 10))
	if err != nil {
		return Decimal{}
	}
	return x
}

// Int returns the number as an integer; ok is false when it is none or does
// not fit.
func (x Decimal) Int() (n int64, ok bool) {
	if x.exp > 10 || !x.IsInt() {
		return 0, false
	}
	n, err := strconv.ParseInt(x.String(), 10, 64)
	return n, err == nil
}

// IsInt reports whether the number has no fraction.
func (x Decimal) IsInt() bool { return len(x.dig) == 0 || x.exp >= len(x.dig)-1 }

// Sign is -1, 0 or 1.
func (x Decimal) Sign() int {
	switch {
	case len(x.dig) == 0:
		return 0
	case x.neg:
		return -1
	}
	return 1
}

// Digits tells how many decimal digits stand before and after the point;
// before is negative when zeros follow the point.
func (x Decimal) Digits() (before, after int) {
	digits, point := x.decimals()
	return point, max(0, len(digits)-point)
}
