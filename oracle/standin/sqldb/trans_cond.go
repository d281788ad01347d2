package sqldb

import (
	"strings"
)

// cond translates a condition.
func (t *translator) cond(x *expr, sc *scope) string {
	if t.err != nil {
		return "NULL"
	}
	switch x.kind {
	case eAnd, eOr:
		parts := make([]string, len(x.args))
		for i, a := range x.args {
			parts[i] = t.cond(a, sc)
		}
		word := " AND "
		if x.kind == eOr {
			word = " OR "
		}
		return t.sized("(" + strings.Join(parts, word) + ")")
	case eNot:
		return "(NOT " + t.cond(x.args[0], sc) + ")"
	case eComp:
		return t.comparison(x, sc)
	case eIsNull:
		v := t.value(x.args[0], sc)
		if x.not {
			return "(" + v.sql + " IS NOT NULL)"
		}
		return "(" + v.sql + " IS NULL)"
	case eIn:
		return negated(x.not, t.in(x, sc))
	case eBetween:
		v, low, high := t.value(x.args[0], sc), t.value(x.args[1], sc), t.value(x.args[2], sc)
		return negated(x.not, "("+t.compare(x, ">=", v, low)+" AND "+t.compare(x, "<=", v, high)+")")
	case eLike:
		return negated(x.not, t.like(x, sc))
	case eExists:
		q := t.query(x.sub, t.childScope(sc))
		return "EXISTS (" + q.sql + ")"
	case eFunc:
		if x.text == "REGEXP_LIKE" {
			t.failAt(x, unsupported("REGEXP_LIKE"))
			return "NULL"
		}
	case eTuple:
		if len(x.args) == 1 {
			return t.cond(x.args[0], sc)
		}
	}
	t.failAt(x, oraErr(920))
	return "NULL"
}

func negated(not bool, sql string) string {
	if not {
		return "(NOT " + sql + ")"
	}
	return sql
}

func (t *translator) comparison(x *expr, sc *scope) string {
	a, b := x.args[0], x.args[1]
	if x.quant != "" {
		return t.quantified(x, sc)
	}
	if a.kind == eTuple || b.kind == eTuple {
		if b.kind == eSubquery && a.kind == eTuple && x.text == "=" {
			return t.in(&expr{kind: eIn, args: []*expr{a}, sub: b.sub, pos: x.pos}, sc)
		}
		t.failAt(x, unsupported("comparing lists"))
		return "NULL"
	}
	if isRownum(a) || isRownum(b) {
		t.failAt(x, unsupported("ROWNUM inside a condition other than ROWNUM <= n"))
		return "NULL"
	}
	return t.compare(x, x.text, t.value(a, sc), t.value(b, sc))
}

// quantified translates = ANY and <> ALL, which are IN and NOT IN.
func (t *translator) quantified(x *expr, sc *scope) string {
	in := &expr{kind: eIn, args: []*expr{x.args[0]}, pos: x.pos}
	switch r := x.args[1]; r.kind {
	case eSubquery:
		in.sub = r.sub
	case eTuple:
		in.args = append(in.args, r.args...)
	default:
		in.args = append(in.args, r)
	}
	switch {
	case x.text == "=" && x.quant != "ALL":
		return t.in(in, sc)
	case x.text == "<>" && x.quant == "ALL":
		return negated(true, t.in(in, sc))
	}
	t.failAt(x, unsupported("%s %s", x.text, x.quant))
	return "NULL"
}

func (t *translator) in(x *expr, sc *scope) string {
	if x.sub != nil {
		return t.inSubquery(x, sc)
	}
	if x.args[0].kind == eTuple {
		t.failAt(x, unsupported("IN with a list of lists"))
		return "NULL"
	}
	v := t.value(x.args[0], sc)
	if len(x.args) > 1001 {
		t.failAt(x, &Error{Code: 1795, Message: "maximum number of expressions in a list is 1000"})
	}
	parts := make([]string, 0, len(x.args)-1)
	same := true
	list := make([]string, 0, len(x.args)-1)
	for _, a := range x.args[1:] {
		w := t.value(a, sc)
		l, r, suffix := t.comparable(x, v, w)
		same = same && l == v.sql && suffix == ""
		list = append(list, r)
		parts = append(parts, "("+l+"="+r+suffix+")")
	}
	if same {
		return t.sized("(" + v.sql + " IN (" + strings.Join(list, ",") + "))")
	}
	return t.sized("(" + strings.Join(parts, " OR ") + ")")
}

// inSubquery compares with the rows of a subquery, whose values are converted
// where they are selected.
func (t *translator) inSubquery(x *expr, sc *scope) string {
	left := []*expr{x.args[0]}
	if x.args[0].kind == eTuple {
		left = x.args[0].args
	}
	q := t.query(x.sub, t.childScope(sc))
	if t.err != nil {
		return "NULL"
	}
	if len(q.cols) != len(left) {
		code := 947
		if len(q.cols) > len(left) {
			code = 913
		}
		t.failAt(x, oraErr(code))
		return "NULL"
	}
	lefts, rights := make([]string, len(left)), make([]string, len(left))
	plain := true
	for i, a := range left {
		l, r, suffix := t.comparable(x, t.value(a, sc), val{sql: columnName(i), t: q.cols[i].t})
		if suffix != "" {
			// CHAR against CHAR: without trailing blanks both are comparable.
			l, r = call("rtrim", l, "' '"), call("rtrim", r, "' '")
		}
		plain = plain && r == columnName(i)
		lefts[i], rights[i] = l, r
	}
	sql := q.sql
	if !plain {
		sql = "SELECT " + strings.Join(rights, ",") + " FROM (" + q.sql + ")"
	}
	if len(lefts) == 1 {
		return "(" + lefts[0] + " IN (" + sql + "))"
	}
	return "((" + strings.Join(lefts, ",") + ") IN (" + sql + "))"
}

func (t *translator) like(x *expr, sc *scope) string {
	args := []string{}
	for _, a := range x.args {
		v := t.value(a, sc)
		if v.t.Type == Blob {
			t.failAt(a, oraErr(932, "CHAR", "BLOB"))
		}
		args = append(args, t.text(v))
	}
	return call("ora_like", args...)
}

// compare translates a comparison of two values.
func (t *translator) compare(x *expr, op string, a, b val) string {
	l, r, suffix := t.comparable(x, a, b)
	return "(" + l + op + r + suffix + ")"
}

// comparable converts two values so that SQLite compares them as Oracle
// would; the suffix names a collation.
func (t *translator) comparable(x *expr, a, b val) (l, r, suffix string) {
	if t.err != nil {
		return "NULL", "NULL", ""
	}
	at, bt := a.t.Type, b.t.Type
	switch {
	case isLob(at) || isLob(bt):
		lob := a.t
		if !isLob(at) {
			lob = b.t
		}
		t.failAt(x, oraErr(932, "-", lob.kind()))
	case at == untyped || bt == untyped:
		return a.sql, b.sql, ""
	case isText(at) && isText(bt):
		if at == Char && bt == Char {
			return a.sql, b.sql, " COLLATE ora_blank"
		}
		return a.sql, b.sql, ""
	case isDate(at) && (isDate(bt) || isText(bt)), isText(at) && isDate(bt):
		return t.comparableDates(a, b)
	case isNumeric(at) && (isNumeric(bt) || isText(bt)), isText(at) && isNumeric(bt):
		if isBinary(at) || isBinary(bt) {
			return t.double(a), t.double(b), ""
		}
		return t.num(a), t.num(b), ""
	case (at == Raw || bt == Raw) && (at == bt || isText(at) || isText(bt)):
		return t.raw(a), t.raw(b), ""
	case at == bt && isInterval(at):
		return a.sql, b.sql, ""
	default:
		t.failAt(x, oraErr(932, a.t.kind(), b.t.kind()))
	}
	return "NULL", "NULL", ""
}

func isBinary(t Type) bool { return t == BinaryDouble || t == BinaryFloat }

func (t *translator) comparableDates(a, b val) (l, r, suffix string) {
	rank := max(dateRank(a.t.Type), dateRank(b.t.Type))
	switch rank {
	case 1:
		return t.date(a), t.date(b), ""
	case 2:
		return t.timestamp(a), t.timestamp(b), ""
	}
	instant := func(v val) string { return "substr(" + t.timestampTZ(v) + ",1,11)" }
	return instant(a), instant(b), ""
}

// dateRank orders the date types by what they can hold; 0 is none of them.
func dateRank(t Type) int {
	switch t {
	case Date:
		return 1
	case Timestamp:
		return 2
	case TimestampTZ:
		return 3
	}
	return 0
}
