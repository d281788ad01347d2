package sqldb

import (
	"strconv"
)

// function translates a function call.
func (t *translator) function(x *expr, sc *scope) val {
	if x.over != nil {
		return t.analytic(x, sc)
	}
	if isAggregate(x.text) {
		return t.aggregate(x, sc)
	}
	if x.star || x.distinct || x.ignore || x.within != nil {
		return t.failAt(x, unsupported("this use of %s", x.text))
	}
	if v, ok := t.bareFunction(x, sc); ok {
		return v
	}
	for _, group := range []func(*expr, *scope) (val, bool){
		t.nullFunction, t.textFunction, t.numberFunction, t.dateFunction, t.toFunction,
	} {
		if v, ok := group(x, sc); ok {
			return v
		}
	}
	if isAnalytic(x.text) {
		return t.failAt(x, oraErr(30484))
	}
	if knownFunction(x.text) {
		return t.failAt(x, unsupported("function %s", x.text))
	}
	return t.failAt(x, oraErr(904, `"`+x.text+`"`))
}

// knownFunction reports whether Oracle has a function that is missing here.
func knownFunction(name string) bool {
	switch name {
	case "REGEXP_REPLACE", "REGEXP_SUBSTR", "REGEXP_INSTR", "REGEXP_COUNT", "TO_LOB", "TO_NCHAR", "TO_NCLOB", "SUBSTRB", "INSTRB",
		"SOUNDEX", "EXP", "LN", "LOG", "SIN", "COS", "TAN", "ATAN", "ASIN", "ACOS", "ATAN2", "SINH", "COSH", "TANH", "ORA_HASH",
		"STANDARD_HASH", "DUMP", "VSIZE", "XMLAGG", "XMLELEMENT", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY",
		"JSON_ARRAYAGG", "JSON_OBJECTAGG", "JSON_EXISTS", "NLSSORT", "NLS_UPPER", "NLS_LOWER", "CONVERT", "UNISTR", "ASCIISTR",
		"NEW_TIME", "FROM_TZ", "TZ_OFFSET", "SYS_EXTRACT_UTC", "NUMTOYMINTERVAL", "TO_YMINTERVAL", "TO_DSINTERVAL", "WIDTH_BUCKET",
		"NANVL", "REMAINDER", "TO_BINARY_FLOAT", "CARDINALITY", "COLLECT", "CORR", "GROUPING", "GROUPING_ID", "WM_CONCAT",
		"ROWIDTOCHAR", "CHARTOROWID", "SYS_CONNECT_BY_PATH", "BIN_TO_NUM", "COMPOSE", "DECOMPOSE", "VALIDATE_CONVERSION", "PERCENTILE_CONT":
		return true
	}
	for i := range len(name) {
		if name[i] == '.' {
			return true
		}
	}
	return false
}

// args translates the arguments of a call and checks their number.
func (t *translator) args(x *expr, sc *scope, least, most int) []val {
	if len(x.args) < least {
		t.failAt(x, oraErr(938))
	}
	if len(x.args) > most {
		t.failAt(x, oraErr(939))
	}
	out := make([]val, max(len(x.args), most))
	for i := range out {
		out[i] = val{sql: "NULL", nullable: true}
	}
	for i, a := range x.args {
		out[i] = t.value(a, sc)
	}
	if t.err != nil {
		for i := range out {
			out[i] = val{sql: "NULL"}
		}
	}
	return out
}

// texts, nums convert arguments and cut those that were not given.
func (t *translator) texts(x *expr, vs []val) []string {
	out := make([]string, 0, len(x.args))
	for i := range x.args {
		out = append(out, t.text(vs[i]))
	}
	return out
}

func (t *translator) bareFunction(x *expr, sc *scope) (val, bool) {
	switch x.text {
	case "SYSDATE":
		return val{sql: t.now(), t: columnType{Type: Date, Size: 7}}, t.timely(x)
	case "CURRENT_DATE":
		return val{sql: call("ora_local_date", t.zoned()), t: columnType{Type: Date, Size: 7}}, t.timely(x)
	case "SYSTIMESTAMP":
		return val{sql: t.param(param{kind: paramNowTZ}), t: columnType{Type: TimestampTZ, Prec: 6, Size: 13}}, t.timely(x)
	case "CURRENT_TIMESTAMP":
		return val{sql: t.zoned(), t: columnType{Type: TimestampTZ, Prec: 6, Size: 13}}, t.timely(x)
	case "LOCALTIMESTAMP":
		return val{sql: call("ora_local_timestamp", t.zoned()), t: columnType{Type: Timestamp, Prec: 6, Size: 11}}, t.timely(x)
	case "USER":
		return val{sql: lit(t.s.user), t: textType(maxIdent)}, true
	case "UID":
		return val{sql: call("ora_int", strconv.FormatInt(t.s.id+100, 10)), t: numberType()}, true
	case "SESSIONTIMEZONE":
		return val{sql: lit(systemNow().In(t.s.zone).Format("-07:00")), t: textType(75)}, true
	case "DBTIMEZONE":
		return val{sql: lit("+00:00"), t: textType(6)}, true
	case "SYS_GUID":
		return val{sql: "ora_guid()", t: columnType{Type: Raw, Size: 16}}, true
	case "ROWNUM":
		if sc == nil || sc.rownum == "" {
			return t.failAt(x, unsupported("ROWNUM here")), true
		}
		return val{sql: sc.rownum, t: numberType()}, true
	case "ROWID":
		return t.rowid(x, sc, ""), true
	case "LEVEL":
		return t.failAt(x, unsupported("%s", x.text)), true
	case "EMPTY_CLOB":
		return val{sql: "''", t: columnType{Type: Clob, Size: 4000}}, true
	case "EMPTY_BLOB":
		return val{sql: "x''", t: columnType{Type: Blob, Size: 4000}}, true
	}
	return val{}, false
}

// timely fails where the present time has no place: in checks.
func (t *translator) timely(x *expr) bool {
	if t.noBinds && t.plain {
		t.failAt(x, &Error{Code: 2436, Message: "date or system variable wrongly specified in CHECK constraint"})
	}
	return true
}

// zoned is the present instant in the session's time zone.
func (t *translator) zoned() string {
	return call("ora_at_zone", t.param(param{kind: paramNowTZ}), strconv.Itoa(t.s.zoneMinutes()))
}

func (t *translator) nullFunction(x *expr, sc *scope) (val, bool) {
	switch x.text {
	case "NVL":
		a := t.args(x, sc, 2, 2)
		return t.nvl(x, a[0], a[1]), true
	case "NVL2":
		a := t.args(x, sc, 3, 3)
		ty := t.nvlType(a[1].t, a[2].t)
		sql := "CASE WHEN " + a[0].sql + " IS NOT NULL THEN " + t.convert(a[1], ty) + " ELSE " + t.convert(a[2], ty) + " END"
		return val{sql: sql, t: ty, nullable: a[1].nullable || a[2].nullable}, true
	case "COALESCE":
		a := t.args(x, sc, 2, 1000)[:len(x.args)]
		ty, _ := t.sameType(x, a)
		nullable := true
		parts := make([]string, len(a))
		for i, v := range a {
			parts[i] = t.convert(v, ty)
			nullable = nullable && v.nullable
		}
		return val{sql: call("coalesce", parts...), t: ty, nullable: nullable}, true
	case "NULLIF":
		a := t.args(x, sc, 2, 2)
		sql := "CASE WHEN " + t.compare(x, "=", a[0], a[1]) + " THEN NULL ELSE " + a[0].sql + " END"
		return val{sql: sql, t: a[0].t, nullable: true}, true
	case "DECODE":
		return t.decode(x, sc), true
	case "GREATEST", "LEAST":
		return t.extreme(x, sc), true
	}
	return val{}, false
}

// nvlType is the type of NVL(a, b): a's, except that text becomes VARCHAR2.
func (t *translator) nvlType(a, b columnType) columnType {
	switch {
	case a.Type == untyped:
		a, b = b, a
	case isNumeric(a.Type) && isNumeric(b.Type), isDate(a.Type) && isDate(b.Type):
		return t.common(a, b)
	}
	if isText(a.Type) {
		out := a
		out.Type = Varchar2
		out.Size, out.Chars = max(a.Size, t.textSize(b)), max(a.Chars, t.textChars(b))
		return out
	}
	if a.Type == Number {
		return numberType()
	}
	return a
}

func (t *translator) nvl(x *expr, a, b val) val {
	if isNumeric(a.t.Type) && isDate(b.t.Type) || isDate(a.t.Type) && isNumeric(b.t.Type) {
		return t.failAt(x, oraErr(932, a.t.kind(), b.t.kind()))
	}
	ty := t.nvlType(a.t, b.t)
	return val{sql: call("coalesce", t.convert(a, ty), t.convert(b, ty)), t: ty, nullable: a.nullable && b.nullable}
}

// decode compares so that NULL equals NULL; the first search value gives the
// type of the comparison, the first result that of the answer.
func (t *translator) decode(x *expr, sc *scope) val {
	a := t.args(x, sc, 3, 255)[:len(x.args)]
	if len(a) < 3 || t.err != nil {
		return val{sql: "NULL"}
	}
	ty := a[2].t
	if ty.Type == untyped || isText(ty.Type) {
		ty = textType(1)
		for i := 2; i < len(a); i += 2 {
			ty.Size, ty.Chars = max(ty.Size, t.textSize(a[i].t)), max(ty.Chars, t.textChars(a[i].t))
		}
		if last := a[len(a)-1]; len(a)%2 == 0 {
			ty.Size, ty.Chars = max(ty.Size, t.textSize(last.t)), max(ty.Chars, t.textChars(last.t))
		}
	}
	if ty.Type == Number {
		ty = numberType()
	}
	sql, nullable := "CASE", false
	for i := 1; i+1 < len(a); i += 2 {
		search := val{sql: t.convert(a[i], a[1].t), t: a[1].t}
		l, r, suffix := t.comparable(x, a[0], search)
		sql += " WHEN " + l + " IS " + r + suffix + " THEN " + t.convert(a[i+1], ty)
		nullable = nullable || a[i+1].nullable
		t.sized(sql)
		if t.err != nil {
			return val{sql: "NULL"}
		}
	}
	if len(a)%2 == 0 {
		sql += " ELSE " + t.convert(a[len(a)-1], ty)
		nullable = nullable || a[len(a)-1].nullable
	} else {
		nullable = true
	}
	return val{sql: sql + " END", t: ty, nullable: nullable}
}

// extreme translates GREATEST and LEAST, whose first argument gives the type.
func (t *translator) extreme(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 255)[:len(x.args)]
	if len(a) == 0 {
		return val{sql: "NULL"}
	}
	ty := a[0].t
	for _, v := range a {
		if isDate(ty.Type) != isDate(v.t.Type) && !isText(v.t.Type) && v.t.Type != untyped || isBinary(v.t.Type) {
			return t.failAt(x, unsupported("%s of mixed types", x.text))
		}
	}
	if isText(ty.Type) || ty.Type == Number {
		ty = numberType()
		if isText(a[0].t.Type) {
			ty = textType(1)
			for _, v := range a {
				ty.Size, ty.Chars = max(ty.Size, t.textSize(v.t)), max(ty.Chars, t.textChars(v.t))
			}
		}
	}
	if ty.Type == TimestampTZ || isLob(ty.Type) || ty.Type == untyped {
		return t.failAt(x, unsupported("%s of %s", x.text, ty.name()))
	}
	parts := make([]string, len(a))
	nullable := false
	for i, v := range a {
		parts[i] = t.convert(v, ty)
		nullable = nullable || v.nullable
	}
	name := map[string]string{"GREATEST": "max", "LEAST": "min"}[x.text]
	if len(parts) == 1 {
		return val{sql: parts[0], t: ty, nullable: nullable}
	}
	return val{sql: call(name, parts...), t: ty, nullable: nullable}
}
