package sqldb

import (
	"errors"
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

func numberType() columnType { return columnType{Type: Number, Scale: -127} }

func textType(size int) columnType {
	size = min(max(size, 1), 4000)
	return columnType{Type: Varchar2, Size: size, Chars: size}
}

func isText(t Type) bool    { return t == Varchar2 || t == Char }
func isLob(t Type) bool     { return t == Clob || t == Blob }
func isNumeric(t Type) bool { return t == Number || t == BinaryDouble || t == BinaryFloat }
func isDate(t Type) bool    { return t == Date || t == Timestamp || t == TimestampTZ }

// value translates an expression that has a value. What a grouped query is
// grouped by may stand in it as a whole.
func (t *translator) value(x *expr, sc *scope) val {
	if t.err != nil {
		return val{sql: "NULL"}
	}
	if sc.wantsAgg() && len(sc.keys) > 0 && x.kind != eColumn {
		sc.inAgg++
		v := t.node(x, sc)
		sc.inAgg--
		if t.err == nil && sc.keys[v.sql] {
			return v
		}
		t.err = nil
	}
	v := t.node(x, sc)
	v.sql = t.sized(v.sql)
	return v
}

func (t *translator) node(x *expr, sc *scope) val {
	switch x.kind {
	case eNumber:
		return t.numberLiteral(x)
	case eString:
		if x.text == "" {
			return val{sql: "NULL", t: columnType{Type: Char, Size: 1, Chars: 1}, nullable: true}
		}
		if len(x.text) > 4000 || strings.ContainsRune(x.text, 0) {
			return t.failAt(x, &Error{Code: 1704, Message: "string literal too long"})
		}
		n := len(x.text)
		return val{sql: lit(x.text), t: columnType{Type: Char, Size: n, Chars: len([]rune(x.text))}, literal: x.text, isLit: true}
	case eNull:
		return val{sql: "NULL", nullable: true}
	case eDate, eTimestamp, eInterval:
		return t.dateLiteral(x)
	case eBind:
		return t.bindValue(x)
	case eColumn:
		return t.column(x, sc)
	case eNeg:
		return t.negate(x, sc)
	case eArith:
		return t.arith(x, sc)
	case eFunc:
		return t.function(x, sc)
	case eCase:
		return t.caseValue(x, sc)
	case eSubquery:
		return t.scalarSubquery(x, sc)
	case eCast:
		return t.cast(x, sc)
	case eExtract:
		return t.extract(x, sc)
	case eStar:
		return t.failAt(x, oraErr(936))
	case eTuple:
		return t.failAt(x, oraErr(907))
	}
	return t.failAt(x, oraErr(907))
}

func (t *translator) numberLiteral(x *expr) val {
	text := x.text
	if c := text[len(text)-1] | 0x20; c == 'd' || c == 'f' {
		f, err := format.ParseNumber(text[:len(text)-1])
		if err != nil || c == 'f' {
			return t.failAt(x, unsupported("the literal %s", text))
		}
		return val{sql: blob(format.EncodeDouble(f.Float())), t: columnType{Type: BinaryDouble, Size: 8}}
	}
	n, err := format.ParseNumber(text)
	if err != nil {
		return t.failAt(x, numberError(err))
	}
	b, err := n.Encode()
	if err != nil {
		return t.failAt(x, numberError(err))
	}
	return val{sql: blob(b), t: numberType()}
}

// numberError is Oracle's error for what package format reports.
func numberError(err error) *Error {
	switch {
	case errors.Is(err, format.ErrOverflow):
		return oraErr(1426)
	case errors.Is(err, format.ErrInexact):
		return unsupported("numbers of more than 38 digits")
	}
	return oraErr(1722)
}

func (t *translator) bindValue(x *expr) val {
	if t.noBinds {
		return t.failAt(x, oraErr(1027))
	}
	if x.bind >= len(t.binds) {
		return t.failAt(x, oraErr(1008))
	}
	return val{sql: t.param(param{kind: paramBind, bind: x.bind}), t: t.binds[x.bind], nullable: true}
}

func (t *translator) negate(x *expr, sc *scope) val {
	v := t.value(x.args[0], sc)
	if v.t.Type == BinaryDouble {
		return val{sql: call("ora_dmul", v.sql, blob(format.EncodeDouble(-1))), t: v.t, nullable: v.nullable}
	}
	if x.args[0].kind == eNumber && v.t.Type == Number {
		n, err := format.ParseNumber(x.args[0].text)
		if b, encErr := n.Neg().Encode(); err == nil && encErr == nil {
			return val{sql: blob(b), t: v.t}
		}
	}
	return val{sql: call("ora_neg", t.num(v)), t: numberType(), nullable: v.nullable}
}

func (t *translator) arith(x *expr, sc *scope) val {
	a, b := t.value(x.args[0], sc), t.value(x.args[1], sc)
	if t.err != nil {
		return val{sql: "NULL"}
	}
	if x.text == "||" {
		return t.concat(x, a, b)
	}
	if isDate(a.t.Type) || isDate(b.t.Type) || isInterval(a.t.Type) || isInterval(b.t.Type) {
		return t.dateArith(x, a, b)
	}
	nullable := a.nullable || b.nullable
	if a.t.Type == BinaryDouble || b.t.Type == BinaryDouble || a.t.Type == BinaryFloat || b.t.Type == BinaryFloat {
		name := map[string]string{"+": "ora_dadd", "-": "ora_dsub", "*": "ora_dmul", "/": "ora_ddiv"}[x.text]
		return val{sql: call(name, t.double(a), t.double(b)), t: columnType{Type: BinaryDouble, Size: 8}, nullable: nullable}
	}
	name := map[string]string{"+": "ora_add", "-": "ora_sub", "*": "ora_mul", "/": "ora_div"}[x.text]
	return val{sql: call(name, t.num(a), t.num(b)), t: numberType(), nullable: nullable}
}

func (t *translator) concat(x *expr, a, b val) val {
	if a.t.Type == Blob || b.t.Type == Blob {
		return t.failAt(x, oraErr(932, "CHAR", "BLOB"))
	}
	part := func(v val) string {
		sql := t.text(v)
		if v.nullable {
			return call("ifnull", sql, "''")
		}
		return sql
	}
	out := val{sql: "(" + part(a) + "||" + part(b) + ")", nullable: a.nullable && b.nullable}
	if a.nullable && b.nullable {
		out.sql = "nullif(" + out.sql + ",'')"
	}
	if a.t.Type == Clob || b.t.Type == Clob {
		out.t = columnType{Type: Clob, Size: 4000}
		return out
	}
	out.t = textType(t.textSize(a.t) + t.textSize(b.t))
	out.t.Chars = min(4000, t.textChars(a.t)+t.textChars(b.t))
	if a.t.Type == Char && b.t.Type == Char {
		out.t.Type = Char
	}
	if t.textSize(a.t)+t.textSize(b.t) > 4000 {
		out.sql = call("ora_short", out.sql)
	}
	return out
}

// textSize is how many bytes a value takes as text.
func (t *translator) textSize(ty columnType) int {
	switch {
	case ty.Type == untyped:
		return 0
	case isText(ty.Type):
		return ty.Size
	case ty.Type == Raw:
		return 2 * ty.Size
	case isNumeric(ty.Type):
		return 40
	}
	return 75
}

func (t *translator) textChars(ty columnType) int {
	if isText(ty.Type) {
		return ty.Chars
	}
	return t.textSize(ty)
}

func (t *translator) caseValue(x *expr, sc *scope) val {
	n := len(x.args)
	results := []val{}
	for i := 2; i < n-1; i += 2 {
		results = append(results, t.value(x.args[i], sc))
	}
	if last := x.args[n-1]; last != nil {
		results = append(results, t.value(last, sc))
	} else {
		results = append(results, val{sql: "NULL", nullable: true})
	}
	ty, nullable := t.sameType(x, results)
	var b strings.Builder
	b.WriteString("CASE")
	var operand val
	if x.args[0] != nil {
		operand = t.value(x.args[0], sc)
	}
	for i := 1; i < n-1; i += 2 {
		var cond string
		if x.args[0] != nil {
			cond = t.compare(x, "=", operand, t.value(x.args[i], sc))
		} else {
			cond = t.cond(x.args[i], sc)
		}
		b.WriteString(" WHEN " + cond + " THEN " + t.convert(results[i/2], ty))
		t.sized(b.String())
		if t.err != nil {
			return val{sql: "NULL"}
		}
	}
	b.WriteString(" ELSE " + t.convert(results[len(results)-1], ty) + " END")
	return val{sql: b.String(), t: ty, nullable: nullable}
}

// sameType finds the type of an expression that answers one of several.
func (t *translator) sameType(x *expr, vs []val) (columnType, bool) {
	var ty columnType
	nullable := false
	for _, v := range vs {
		nullable = nullable || v.nullable
		if t.err != nil {
			break
		}
		before := ty
		ty = t.common(ty, v.t)
		if t.err != nil {
			t.err = oraErr(932, before.kind(), v.t.kind()).at(x.pos)
		}
	}
	return ty, nullable
}

func (t *translator) scalarSubquery(x *expr, sc *scope) val {
	q := t.query(x.sub, t.childScope(sc))
	if t.err != nil {
		return val{sql: "NULL"}
	}
	if len(q.cols) != 1 {
		return t.failAt(x, oraErr(913))
	}
	sql := "(" + q.sql + ")"
	if !t.singleRow(x.sub) {
		// SQLite takes the first row; Oracle demands that there is no second.
		sql = "(SELECT ora_single(c1, row_number() OVER ()) FROM (" + q.sql + ") ORDER BY row_number() OVER () DESC LIMIT 1)"
	}
	return val{sql: sql, t: q.cols[0].t, nullable: true}
}

// childScope is the parent that a subquery sees; nothing but a marker when
// there is no query around it.
func (t *translator) childScope(sc *scope) *scope {
	if sc == nil {
		return &scope{}
	}
	return sc
}

// singleRow reports whether a subquery cannot answer more than one row.
func (t *translator) singleRow(q *query) bool {
	s := q.body.sel
	if s == nil {
		return false
	}
	if len(s.group) == 0 && itemsAggregate(s.items) {
		return true
	}
	return len(s.from) == 1 && s.from[0].name.name == "DUAL"
}
