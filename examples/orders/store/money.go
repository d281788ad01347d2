package store

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in hundredths. It is exact: NUMBER(12,2) in the database
// and text such as "19.90" in JSON, never a float.
type Money int64

// ParseMoney reads "19.90", "-3" or ".5". More than two decimals are an error,
// since rounding is a decision that nobody took.
func ParseMoney(s string) (Money, error) {
	rest, negative := strings.CutPrefix(s, "-")
	whole, cents, _ := strings.Cut(rest, ".")
	if whole+cents == "" || len(cents) > 2 || strings.ContainsAny(whole+cents, "+-") {
		return 0, fmt.Errorf("amount %q: want digits and at most two decimals", s)
	}
	n, err := strconv.ParseInt(whole+cents+"00"[len(cents):], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q: %w", s, err)
	}
	if negative {
		n = -n
	}
	return Money(n), nil
}

// String always has two decimals.
func (m Money) String() string {
	sign := ""
	n := int64(m)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// Times multiplies; it reports false when the product does not fit.
func (m Money) Times(quantity int) (Money, bool) {
	q := Money(quantity)
	if q < 0 || m < 0 || (q > 0 && m > math.MaxInt64/q) {
		return 0, false
	}
	return m * q, true
}

// MarshalText makes JSON carry the amount as text.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (m *Money) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMoney(string(text))
	return err
}

// Scan reads a NUMBER. A float is refused: its decimals are not the
// database's.
func (m *Money) Scan(value any) (err error) {
	switch v := value.(type) {
	case int64:
		*m, err = ParseMoney(strconv.FormatInt(v, 10))
	case string:
		*m, err = ParseMoney(v)
	default:
		err = fmt.Errorf("read amount: unexpected %T", value)
	}
	return err
}
