package sqldb

import (
	"database/sql/driver"
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// fitFuncs make values obey the limits of columns.
func fitFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_fit_text": {4, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			return s, tooLong(s, asInt(a[1]), asInt(a[2]) == 1, asText(a[3]))
		}},
		"ora_fit_char": {4, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			limit, chars := asInt(a[1]), asInt(a[2]) == 1
			if err := tooLong(s, limit, chars, asText(a[3])); err != nil {
				return nil, err
			}
			return s + strings.Repeat(" ", int(limit)-length(s, chars)), nil
		}},
		"ora_fit_raw": {3, func(a []driver.Value) (driver.Value, error) {
			b := asBytes(a[0])
			if n := asInt(a[1]); int64(len(b)) > n {
				return nil, oraErr(12899, asText(a[2]), len(b), n)
			}
			return b, nil
		}},
		"ora_fit_number": {3, func(a []driver.Value) (driver.Value, error) {
			x, err := decimal(a[0])
			if err != nil {
				return nil, err
			}
			prec, scale := int(asInt(a[1])), int(asInt(a[2]))
			x = x.Round(scale)
			if before, _ := x.Digits(); x.Sign() != 0 && before > prec-scale {
				return nil, oraErr(1438)
			}
			return encoded(x)
		}},
		"ora_fit_timestamp": {2, func(a []driver.Value) (driver.Value, error) { return fitTimestamp(asBytes(a[0]), int(asInt(a[1]))) }},
		"ora_fit_cast": {2, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			if int64(len(s)) > asInt(a[1]) {
				return nil, unsupported("CAST to a VARCHAR2 that is too short for the value")
			}
			return s, nil
		}},
		"ora_cut": {3, func(a []driver.Value) (driver.Value, error) {
			s, n := asText(a[0]), int(asInt(a[1]))
			if asInt(a[2]) == 1 {
				r := []rune(s)
				return string(r[:min(n, len(r))]), nil
			}
			for len(s) > n {
				_, size := utf8.DecodeLastRuneInString(s)
				s = s[:len(s)-size]
			}
			return s, nil
		}},
		"ora_short": {1, func(a []driver.Value) (driver.Value, error) {
			s := asText(a[0])
			if len(s) > 4000 {
				return nil, oraErr(1489)
			}
			return s, nil
		}},
	}
}

func length(s string, chars bool) int {
	if chars {
		return utf8.RuneCountInString(s)
	}
	return len(s)
}

func tooLong(s string, limit int64, chars bool, place string) error {
	if n := length(s, chars); int64(n) > limit {
		return oraErr(12899, place, n, limit)
	}
	return nil
}

// fitTimestamp rounds the fraction of a TIMESTAMP to prec digits.
func fitTimestamp(b []byte, prec int) (driver.Value, error) {
	t, err := format.DecodeDate(b)
	if err != nil {
		return nil, oraErr(1841)
	}
	unit := uint32(1)
	for range 9 - prec {
		unit *= 10
	}
	nanos := binary.BigEndian.Uint32(b[7:])
	if nanos%unit == 0 {
		return b, nil
	}
	nanos %= unit
	step := int64(unit) - int64(nanos)
	if nanos < unit/2 {
		step = -int64(nanos)
	}
	t = t.Add(nanoseconds(step))
	if len(b) == format.TimestampTZLen {
		return zoned(t)
	}
	if t.Year() > 9999 {
		return nil, oraErr(1841)
	}
	return format.EncodeTimestamp(t), nil
}

// zoned writes a TIMESTAMP WITH TIME ZONE, which is kept in UTC.
func zoned(t time.Time) ([]byte, error) {
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, oraErr(1841)
	}
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return nil, unsupported("times that in UTC are before the year 1 or after 9999")
	}
	return format.EncodeTimestampTZ(t), nil
}
