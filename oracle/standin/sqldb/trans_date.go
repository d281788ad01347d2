package sqldb

import (
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func isInterval(t Type) bool { return t == intervalDS || t == intervalYM }

func (t *translator) dateLiteral(x *expr) val {
	switch x.kind {
	case eDate:
		at, err := parseDate(strings.TrimSpace(x.text), "YYYY-MM-DD")
		if err != nil {
			return t.failAt(x, err)
		}
		return val{sql: blob(format.EncodeDate(at)), t: columnType{Type: Date, Size: 7}}
	case eTimestamp:
		return t.timestampLiteral(x)
	}
	n, ty, err := parseInterval(x.text, x.parts)
	if err != nil {
		return t.failAt(x, err)
	}
	return val{sql: strconv.FormatInt(n, 10), t: columnType{Type: ty}}
}

func (t *translator) timestampLiteral(x *expr) val {
	text := strings.TrimSpace(x.text)
	model := "YYYY-MM-DD HH24:MI:SS.FF"
	if at, err := parseDate(text, model); err == nil {
		return val{sql: blob(format.EncodeTimestamp(at)), t: columnType{Type: Timestamp, Prec: 9, Size: 11}}
	}
	i := strings.LastIndexAny(text, "+-")
	if i < 11 {
		_, err := parseDate(text, model)
		return t.failAt(x, err)
	}
	local := strings.TrimSpace(text[:i])
	if !strings.Contains(local, ".") {
		local += ".0"
	}
	at, err := parseDate(local+" "+text[i:], model+" TZH:TZM")
	if err != nil {
		return t.failAt(x, err)
	}
	b, failed := zoned(at)
	if oe, ok := asError2(failed); ok {
		return t.failAt(x, oe)
	}
	return val{sql: blob(b), t: columnType{Type: TimestampTZ, Prec: 9, Size: 13}}
}

// parseInterval reads an INTERVAL literal: nanoseconds or months.
func parseInterval(text string, units []string) (int64, Type, *Error) {
	neg := strings.HasPrefix(text, "-")
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"))
	scale := map[string]int64{
		"YEAR": 12, "MONTH": 1, "DAY": 24 * int64(time.Hour), "HOUR": int64(time.Hour), "MINUTE": int64(time.Minute), "SECOND": int64(time.Second),
	}
	names := []string{"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}
	at := func(u string) int {
		for i, n := range names {
			if n == u {
				return i
			}
		}
		return -1
	}
	first, last := at(units[0]), at(units[len(units)-1])
	ty := intervalDS
	if first < 2 {
		ty = intervalYM
	}
	if last < first || first < 2 && last >= 2 {
		return 0, ty, oraErr(905)
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ':' || r == '-' })
	if len(parts) != last-first+1 {
		return 0, ty, oraErr(1867)
	}
	var sum int64
	for i, p := range parts {
		n, err := format.ParseNumber(p)
		if err != nil || first+i != 5 && !n.IsInt() {
			return 0, ty, oraErr(1867)
		}
		v, ok := n.Mul(format.FromInt(scale[names[first+i]])).Int()
		if !ok || v > 1<<61 || v < 0 {
			return 0, ty, oraErr(1873)
		}
		sum += v
	}
	if neg {
		sum = -sum
	}
	return sum, ty, nil
}

// dateArith translates + and - with a date or interval on one side.
func (t *translator) dateArith(x *expr, a, b val) val {
	nullable := a.nullable || b.nullable
	if x.text == "+" && !isDate(a.t.Type) && !isInterval(a.t.Type) {
		a, b = b, a
	}
	if x.text == "+" && isInterval(a.t.Type) && isDate(b.t.Type) {
		a, b = b, a
	}
	switch {
	case x.text != "+" && x.text != "-":
		return t.failAt(x, oraErr(932, "NUMBER", dateOf(a, b).t.kind()))
	case isDate(a.t.Type) && isDate(b.t.Type):
		return t.dateDifference(x, a, b, nullable)
	case isDate(a.t.Type) && isInterval(b.t.Type):
		name := "ora_add_interval"
		if b.t.Type == intervalYM {
			name = "ora_add_year_month"
		}
		n := b.sql
		if x.text == "-" {
			n = "-(" + n + ")"
		}
		return val{sql: call(name, a.sql, n), t: a.t, nullable: nullable}
	case isDate(a.t.Type) && (b.t.Type == Number || isText(b.t.Type) || b.t.Type == untyped):
		n := t.num(b)
		if x.text == "-" {
			n = call("ora_neg", n)
		}
		return val{sql: call("ora_add_days", t.date(a), n), t: columnType{Type: Date, Size: 7}, nullable: nullable}
	case isInterval(a.t.Type) && a.t.Type == b.t.Type:
		return val{sql: call("ora_add_integers", a.sql, "("+x.text+"("+b.sql+"))"), t: a.t, nullable: nullable}
	case isText(a.t.Type) && isDate(b.t.Type) && x.text == "-":
		return t.dateDifference(x, val{sql: t.date(a), t: columnType{Type: Date}}, b, nullable)
	}
	return t.failAt(x, oraErr(932, "NUMBER", dateOf(a, b).t.kind()))
}

func dateOf(a, b val) val {
	if isDate(a.t.Type) || isInterval(a.t.Type) {
		return a
	}
	return b
}

func (t *translator) dateDifference(x *expr, a, b val, nullable bool) val {
	if x.text == "+" {
		return t.failAt(x, &Error{Code: 975, Message: "date + date not allowed"})
	}
	rank := max(dateRank(a.t.Type), dateRank(b.t.Type))
	switch rank {
	case 1:
		return val{sql: call("ora_days_between", a.sql, b.sql), t: numberType(), nullable: nullable}
	case 2:
		return val{sql: call("ora_nanos_between", t.timestamp(a), t.timestamp(b)), t: columnType{Type: intervalDS}, nullable: nullable}
	}
	return val{sql: call("ora_nanos_between", t.timestampTZ(a), t.timestampTZ(b)), t: columnType{Type: intervalDS}, nullable: nullable}
}

// dateFunction translates functions of dates.
func (t *translator) dateFunction(x *expr, sc *scope) (val, bool) {
	date := columnType{Type: Date, Size: 7}
	switch x.text {
	case "ADD_MONTHS":
		a := t.args(x, sc, 2, 2)
		return val{sql: call("ora_add_months", t.date(a[0]), t.num(a[1])), t: date, nullable: a[0].nullable || a[1].nullable}, true
	case "LAST_DAY":
		a := t.args(x, sc, 1, 1)
		return val{sql: call("ora_last_day", t.date(a[0])), t: date, nullable: a[0].nullable}, true
	case "NEXT_DAY":
		a := t.args(x, sc, 2, 2)
		return val{sql: call("ora_next_day", t.date(a[0]), t.text(a[1])), t: date, nullable: true}, true
	case "MONTHS_BETWEEN":
		a := t.args(x, sc, 2, 2)
		return val{sql: call("ora_months_between", t.date(a[0]), t.date(a[1])), t: numberType(), nullable: a[0].nullable || a[1].nullable}, true
	case "NUMTODSINTERVAL":
		a := t.args(x, sc, 2, 2)
		return val{sql: call("ora_nanos", t.num(a[0]), t.text(a[1])), t: columnType{Type: intervalDS}, nullable: true}, true
	}
	return val{}, false
}

func (t *translator) extract(x *expr, sc *scope) val {
	v := t.value(x.args[0], sc)
	field := x.text
	switch field {
	case "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE":
	default:
		return t.failAt(x, unsupported("EXTRACT(%s)", field))
	}
	if isInterval(v.t.Type) {
		if v.t.Type == intervalYM {
			return t.failAt(x, unsupported("EXTRACT from INTERVAL YEAR TO MONTH"))
		}
		return val{sql: call("ora_extract_interval", lit(field), v.sql), t: numberType(), nullable: v.nullable}
	}
	ok := isDate(v.t.Type)
	if v.t.Type == Date && field != "YEAR" && field != "MONTH" && field != "DAY" {
		ok = false
	}
	if v.t.Type != TimestampTZ && len(field) > 8 {
		ok = false
	}
	if !ok {
		return t.failAt(x, &Error{Code: 30076, Message: "invalid extract field for extract source"})
	}
	return val{sql: call("ora_extract", lit(field), v.sql), t: numberType(), nullable: v.nullable}
}
