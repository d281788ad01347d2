package sqldb

import (
	"crypto/rand"
	"database/sql/driver"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// A sqlFunc is a function that SQLite calls; it is not called with NULL, and
// answers NULL for an empty text.
type sqlFunc struct {
	args int32
	fn   func(a []driver.Value) (driver.Value, error)
}

// registerFunctions gives the connections of this database the functions that
// translations call.
func (d *Database) registerFunctions() error {
	for _, group := range []map[string]sqlFunc{
		numberFuncs(), numberTextFuncs(), limitFuncs(), doubleFuncs(), textFuncs(), dateFuncs(), dateArithFuncs(), fitFuncs(),
	} {
		for name, f := range group {
			impl := &sqlite.FunctionImpl{NArgs: f.args, Deterministic: true, Scalar: strict(f.fn)}
			if err := d.drv.RegisterFunction(name, impl); err != nil {
				return err
			}
		}
	}
	for name, f := range d.sessionFuncs() {
		impl := &sqlite.FunctionImpl{NArgs: f.args, Scalar: strict(f.fn)}
		if err := d.drv.RegisterFunction(name, impl); err != nil {
			return err
		}
	}
	if err := d.drv.RegisterDeterministicScalarFunction("ora_replace", 3, oraReplace); err != nil {
		return err
	}
	if err := d.drv.RegisterDeterministicScalarFunction("ora_single", 2, oraSingle); err != nil {
		return err
	}
	for _, f := range []string{"ora_to_date", "ora_to_timestamp", "ora_to_timestamp_tz"} {
		if err := d.drv.RegisterDeterministicScalarFunction(f, -1, toDateFunc(f)); err != nil {
			return err
		}
	}
	for name, avg := range map[string]bool{"ora_sum": false, "ora_avg": true} {
		impl := &sqlite.FunctionImpl{NArgs: 1, Deterministic: true, MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) {
			return &sum{avg: avg}, nil
		}}
		if err := d.drv.RegisterFunction(name, impl); err != nil {
			return err
		}
	}
	return d.drv.RegisterCollationUtf8("ora_blank", compareBlankPadded)
}

// strict keeps NULL from a function.
func strict(fn func([]driver.Value) (driver.Value, error)) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
		for _, v := range a {
			if v == nil {
				return nil, nil
			}
		}
		out, err := fn(a)
		if s, ok := out.(string); ok && s == "" {
			return nil, err
		}
		return out, err
	}
}

// compareBlankPadded compares as CHAR does: the shorter is padded with blanks.
func compareBlankPadded(a, b string) int {
	if n := len(b) - len(a); n > 0 {
		a += strings.Repeat(" ", n)
	} else if n < 0 {
		b += strings.Repeat(" ", -n)
	}
	return strings.Compare(a, b)
}

func (d *Database) sessionFuncs() map[string]sqlFunc {
	return map[string]sqlFunc{
		"ora_guid": {0, func([]driver.Value) (driver.Value, error) {
			b := make([]byte, 16)
			_, err := rand.Read(b)
			return b, err
		}},
		"ora_nextval": {3, func(a []driver.Value) (driver.Value, error) {
			n, err := d.drawn(asText(a[0]), asText(a[1]), asInt(a[2]))
			if err != nil {
				return nil, err
			}
			return encoded(format.FromInt(n))
		}},
		"ora_currval": {3, func(a []driver.Value) (driver.Value, error) {
			s := d.session(asInt(a[2]))
			if s == nil {
				return nil, oraErr(8002, asText(a[1]))
			}
			n, ok := s.currval[asText(a[0])+"."+asText(a[1])]
			if !ok {
				return nil, oraErr(8002, asText(a[1]))
			}
			return encoded(format.FromInt(n))
		}},
	}
}

func (d *Database) session(id int64) *Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions[id]
}

// drawn moves a sequence on for a session.
func (d *Database) drawn(owner, name string, session int64) (int64, error) {
	n, err := d.nextval(owner, name)
	if err != nil {
		return 0, err
	}
	if s := d.session(session); s != nil {
		s.currval[owner+"."+name] = n
	}
	return n, nil
}

func oraReplace(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
	s, ok := a[0].(string)
	if !ok {
		return nil, nil
	}
	old, ok := a[1].(string)
	if !ok || old == "" {
		return s, nil
	}
	out := strings.ReplaceAll(s, old, asText(a[2]))
	if out == "" {
		return nil, nil
	}
	return out, nil
}

// oraSingle passes a scalar subquery's value on; the second row is an error.
func oraSingle(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
	if n, _ := a[1].(int64); n > 1 {
		return nil, oraErr(1427)
	}
	return a[0], nil
}

func asInt(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

func asBytes(v driver.Value) []byte {
	b, _ := v.([]byte)
	return b
}

// decimal reads an argument that is a NUMBER.
func decimal(v driver.Value) (format.Decimal, error) {
	x, err := format.DecodeNumber(asBytes(v))
	if err != nil {
		return x, oraErr(1722)
	}
	return x, nil
}

// encoded writes a NUMBER.
func encoded(x format.Decimal) (driver.Value, error) {
	b, err := x.Encode()
	if err != nil {
		return nil, numberError(err)
	}
	return b, nil
}

// whole reads a NUMBER as an integer, cutting its fraction off; numbers that
// are too large are as good as infinite here.
func whole(v driver.Value) (int, error) {
	x, err := decimal(v)
	if err != nil {
		return 0, err
	}
	n, ok := x.Trunc(0).Int()
	const limit = 1 << 30
	switch {
	case !ok && x.Sign() > 0 || n > limit:
		return limit, nil
	case !ok || n < -limit:
		return -limit, nil
	}
	return int(n), nil
}

func systemNow() time.Time { return time.Now().UTC() }

func dateNow() []byte { return format.EncodeDate(systemNow()) }

func validText(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", unsupported("bytes that are not UTF-8 as text")
	}
	return string(b), nil
}
