package sqldb

import (
	"database/sql/driver"
	"math/big"
	"strings"

	"modernc.org/sqlite"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// unary and dyadic make SQL functions of functions of decimals.
func unary(fn func(x format.Decimal) (format.Decimal, error)) sqlFunc {
	return sqlFunc{1, func(a []driver.Value) (driver.Value, error) {
		x, err := decimal(a[0])
		if err != nil {
			return nil, err
		}
		if x, err = fn(x); err != nil {
			return nil, err
		}
		return encoded(x)
	}}
}

func dyadic(fn func(x, y format.Decimal) (format.Decimal, error)) sqlFunc {
	return sqlFunc{2, func(a []driver.Value) (driver.Value, error) {
		x, err := decimal(a[0])
		if err != nil {
			return nil, err
		}
		y, err := decimal(a[1])
		if err != nil {
			return nil, err
		}
		if x, err = fn(x, y); err != nil {
			return nil, err
		}
		return encoded(x)
	}}
}

func exact(fn func(x format.Decimal) format.Decimal) sqlFunc {
	return unary(func(x format.Decimal) (format.Decimal, error) { return fn(x), nil })
}

func exact2(fn func(x, y format.Decimal) format.Decimal) sqlFunc {
	return dyadic(func(x, y format.Decimal) (format.Decimal, error) { return fn(x, y), nil })
}

func numberFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_add":    exact2(format.Decimal.Add),
		"ora_sub":    exact2(format.Decimal.Sub),
		"ora_mul":    exact2(format.Decimal.Mul),
		"ora_div":    dyadic(divide),
		"ora_neg":    exact(format.Decimal.Neg),
		"ora_abs":    exact(format.Decimal.Abs),
		"ora_ceil":   exact(format.Decimal.Ceil),
		"ora_floor":  exact(format.Decimal.Floor),
		"ora_sign":   exact(func(x format.Decimal) format.Decimal { return format.FromInt(int64(x.Sign())) }),
		"ora_mod":    exact2(format.Decimal.Mod),
		"ora_power":  dyadic(power),
		"ora_sqrt":   unary(sqrt),
		"ora_bitand": dyadic(bitand),
		"ora_round":  dyadic(func(x, n format.Decimal) (format.Decimal, error) { return x.Round(places(n)), nil }),
		"ora_trunc":  dyadic(func(x, n format.Decimal) (format.Decimal, error) { return x.Trunc(places(n)), nil }),
	}
}

// numberTextFuncs convert between numbers and text.
func numberTextFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_to_number": {1, func(a []driver.Value) (driver.Value, error) {
			x, err := format.ParseNumber(asText(a[0]))
			if err != nil {
				return nil, numberError(err)
			}
			return encoded(x)
		}},
		"ora_number_text": {1, func(a []driver.Value) (driver.Value, error) { return numberText(a[0]) }},
		"ora_number_format": {2, func(a []driver.Value) (driver.Value, error) {
			x, err := decimal(a[0])
			if err != nil {
				return nil, err
			}
			return formatNumber(x, asText(a[1]))
		}},
		"ora_to_number_format": {2, func(a []driver.Value) (driver.Value, error) {
			x, err := parseNumberFormat(asText(a[0]), asText(a[1]))
			if err != nil {
				return nil, err
			}
			return encoded(x)
		}},
		"ora_rowid": {2, func(a []driver.Value) (driver.Value, error) { return rowidText(asInt(a[0]), asText(a[1])), nil }},
		"ora_int":   {1, func(a []driver.Value) (driver.Value, error) { return encoded(format.FromInt(asInt(a[0]))) }},
	}
}

// limitFuncs turn a NUMBER into a number of rows.
func limitFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_limit": {1, func(a []driver.Value) (driver.Value, error) {
			n, err := whole(a[0])
			return int64(max(n, 0)), err
		}},
		"ora_limit_below": {1, func(a []driver.Value) (driver.Value, error) {
			x, err := decimal(a[0])
			if err != nil {
				return nil, err
			}
			n, ok := x.Ceil().Int()
			if !ok {
				n = int64(x.Sign()) << 40
			}
			return max(n-1, 0), nil
		}},
		"ora_limit_one": {1, func(a []driver.Value) (driver.Value, error) {
			x, err := decimal(a[0])
			if err != nil {
				return nil, err
			}
			if x.Cmp(format.FromInt(1)) == 0 {
				return int64(1), nil
			}
			return int64(0), nil
		}},
	}
}

func doubleFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_dadd": double2(func(x, y float64) float64 { return x + y }),
		"ora_dsub": double2(func(x, y float64) float64 { return x - y }),
		"ora_dmul": double2(func(x, y float64) float64 { return x * y }),
		"ora_ddiv": double2(func(x, y float64) float64 { return x / y }),
		"ora_double_number": {1, func(a []driver.Value) (driver.Value, error) {
			f, err := format.DecodeDouble(asBytes(a[0]))
			if err != nil {
				return nil, oraErr(1722)
			}
			x, err := format.FromFloat(f)
			if err != nil {
				return nil, numberError(err)
			}
			return encoded(x)
		}},
		"ora_to_double": {1, func(a []driver.Value) (driver.Value, error) {
			x, err := decimal(a[0])
			return format.EncodeDouble(x.Float()), err
		}},
		"ora_float_double": {1, func(a []driver.Value) (driver.Value, error) {
			f, err := format.DecodeDouble(asBytes(a[0]))
			return format.EncodeDouble(f), err
		}},
		"ora_to_float": {1, func(a []driver.Value) (driver.Value, error) {
			f, err := format.DecodeDouble(asBytes(a[0]))
			return format.EncodeFloat(float32(f)), err
		}},
	}
}

func double2(fn func(x, y float64) float64) sqlFunc {
	return sqlFunc{2, func(a []driver.Value) (driver.Value, error) {
		x, err := format.DecodeDouble(asBytes(a[0]))
		if err != nil {
			return nil, oraErr(1722)
		}
		y, err := format.DecodeDouble(asBytes(a[1]))
		if err != nil {
			return nil, oraErr(1722)
		}
		return format.EncodeDouble(fn(x, y)), nil
	}}
}

func divide(x, y format.Decimal) (format.Decimal, error) {
	if y.Sign() == 0 {
		return x, oraErr(1476)
	}
	return x.Quo(y), nil
}

func places(n format.Decimal) int {
	k, ok := n.Trunc(0).Int()
	if !ok || k > 400 || k < -400 {
		k = 400 * int64(n.Sign())
	}
	return int(k)
}

// power is exact for whole exponents; other results would be guesses.
func power(x, y format.Decimal) (format.Decimal, error) {
	n, ok := y.Int()
	if !ok || n > 10000 || n < -10000 {
		return x, unsupported("POWER with such an exponent")
	}
	if x.Sign() == 0 && n < 0 {
		return x, oraErr(1428, "0")
	}
	out := format.FromInt(1)
	for range max(n, -n) {
		out = out.Mul(x)
		if _, err := out.Encode(); err != nil {
			return x, numberError(err)
		}
	}
	if n < 0 {
		inverse := format.FromInt(1).Quo(out)
		if inverse.Mul(out).Cmp(format.FromInt(1)) != 0 {
			return x, unsupported("POWER whose result is not exact")
		}
		return inverse, nil
	}
	return out, nil
}

// sqrt answers roots that are exact.
func sqrt(x format.Decimal) (format.Decimal, error) {
	if x.Sign() < 0 {
		return x, oraErr(1428, x.String())
	}
	_, after := x.Digits()
	after += after % 2
	scale, err := format.ParseNumber("1e" + big.NewInt(int64(after)).String())
	if err != nil {
		return x, numberError(err)
	}
	n, ok := new(big.Int).SetString(x.Mul(scale).String(), 10)
	if !ok {
		return x, oraErr(1722)
	}
	root := new(big.Int).Sqrt(n)
	if new(big.Int).Mul(root, root).Cmp(n) != 0 {
		return x, unsupported("SQRT whose result is not exact")
	}
	return format.ParseNumber(root.String() + "e-" + big.NewInt(int64(after/2)).String())
}

func bitand(x, y format.Decimal) (format.Decimal, error) {
	a, ok1 := x.Int()
	b, ok2 := y.Int()
	if !ok1 || !ok2 || a < 0 || b < 0 {
		return x, unsupported("BITAND of such numbers")
	}
	return format.FromInt(a & b), nil
}

// numberText is TO_CHAR without a format, as far as 40 characters reach.
func numberText(v driver.Value) (driver.Value, error) {
	x, err := decimal(v)
	if err != nil {
		return nil, err
	}
	s := x.String()
	if len(strings.TrimLeft(s, "-.")) > 40 {
		return nil, unsupported("numbers that need an exponent as text")
	}
	return s, nil
}

// sum is SUM and AVG.
type sum struct {
	avg   bool
	n     int64
	total format.Decimal
}

// Step adds a row.
func (s *sum) Step(_ *sqlite.FunctionContext, a []driver.Value) error { return s.move(a[0], 1) }

// WindowInverse takes a row away.
func (s *sum) WindowInverse(_ *sqlite.FunctionContext, a []driver.Value) error {
	return s.move(a[0], -1)
}

func (s *sum) move(v driver.Value, by int64) error {
	if v == nil {
		return nil
	}
	x, err := decimal(v)
	if err != nil {
		return err
	}
	if by < 0 {
		x = x.Neg()
	}
	s.total = s.total.Add(x)
	s.n += by
	return nil
}

// WindowValue is the result so far.
func (s *sum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if s.n == 0 {
		return nil, nil
	}
	if s.avg {
		return encoded(s.total.Quo(format.FromInt(s.n)))
	}
	return encoded(s.total)
}

// Final ends the aggregate.
func (s *sum) Final(*sqlite.FunctionContext) {}
