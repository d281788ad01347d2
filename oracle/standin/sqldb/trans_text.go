package sqldb

import "unicode/utf8"

// textFunction translates functions of text.
func (t *translator) textFunction(x *expr, sc *scope) (val, bool) {
	switch x.text {
	case "UPPER", "LOWER", "INITCAP":
		a := t.args(x, sc, 1, 1)
		ty := t.resultText(a[0])
		ty.Size = min(4000, 3*ty.Size)
		if a[0].isLit {
			ty.Size = max(ty.Chars, len(a[0].literal))
		}
		name := map[string]string{"UPPER": "ora_upper", "LOWER": "ora_lower", "INITCAP": "ora_initcap"}[x.text]
		return val{sql: call(name, t.text(a[0])), t: ty, nullable: a[0].nullable}, true
	case "SUBSTR", "DBMS_LOB.SUBSTR":
		return t.substr(x, sc), true
	case "INSTR":
		a := t.args(x, sc, 2, 4)
		args := []string{t.text(a[0]), t.text(a[1])}
		for i := 2; i < len(x.args); i++ {
			args = append(args, t.num(a[i]))
		}
		return val{sql: call("ora_instr", args...), t: numberType(), nullable: true}, true
	case "LENGTH", "LENGTHB", "DBMS_LOB.GETLENGTH":
		a := t.args(x, sc, 1, 1)
		switch {
		case a[0].t.Type == Blob || a[0].t.Type == Raw && x.text == "LENGTHB":
			return val{sql: "ora_int(length(" + a[0].sql + "))", t: numberType(), nullable: true}, true
		case x.text == "LENGTHB":
			return val{sql: "ora_int(octet_length(" + t.text(a[0]) + "))", t: numberType(), nullable: true}, true
		}
		return val{sql: "ora_int(length(" + t.text(a[0]) + "))", t: numberType(), nullable: a[0].nullable}, true
	case "TRIM":
		return t.trim(x, sc), true
	case "LTRIM", "RTRIM":
		a := t.args(x, sc, 1, 2)
		args := t.texts(x, a)
		if len(args) == 1 {
			args = append(args, "' '")
		}
		name := map[string]string{"LTRIM": "ora_ltrim", "RTRIM": "ora_rtrim"}[x.text]
		return val{sql: call(name, args...), t: t.resultText(a[0]), nullable: true}, true
	}
	return t.textFunction2(x, sc)
}

func (t *translator) textFunction2(x *expr, sc *scope) (val, bool) {
	switch x.text {
	case "REPLACE":
		a := t.args(x, sc, 2, 3)
		args := []string{t.text(a[0]), t.text(a[1]), "NULL"}
		if len(x.args) == 3 {
			args[2] = t.text(a[2])
		}
		ty := textType(4000)
		if a[0].t.Type == Clob {
			ty = a[0].t
		}
		return val{sql: call("ora_replace", args...), t: ty, nullable: true}, true
	case "LPAD", "RPAD":
		a := t.args(x, sc, 2, 3)
		args := []string{t.text(a[0]), t.num(a[1]), "' '"}
		if len(x.args) == 3 {
			args[2] = t.text(a[2])
		}
		name := map[string]string{"LPAD": "ora_lpad", "RPAD": "ora_rpad"}[x.text]
		return val{sql: call(name, args...), t: textType(4000), nullable: true}, true
	case "TRANSLATE":
		a := t.args(x, sc, 3, 3)
		return val{sql: call("ora_translate", t.texts(x, a)...), t: textType(4000), nullable: true}, true
	case "CONCAT":
		a := t.args(x, sc, 2, 2)
		return t.concat(x, a[0], a[1]), true
	case "CHR":
		a := t.args(x, sc, 1, 1)
		return val{sql: call("ora_chr", t.num(a[0])), t: textType(4), nullable: true}, true
	case "ASCII":
		a := t.args(x, sc, 1, 1)
		return val{sql: call("ora_ascii", t.text(a[0])), t: numberType(), nullable: true}, true
	case "SYS_CONTEXT":
		return t.sysContext(x, sc), true
	case "USERENV":
		return t.sysContext(&expr{kind: eFunc, text: x.text, pos: x.pos, args: append([]*expr{{kind: eString, text: "USERENV"}}, x.args...)}, sc), true
	}
	return val{}, false
}

// resultText is the type of a function that answers text no longer than its
// argument.
func (t *translator) resultText(v val) columnType {
	if v.t.Type == Clob || v.t.Type == Char {
		return v.t
	}
	if v.t.Type == Varchar2 {
		return v.t
	}
	return textType(t.textSize(v.t))
}

func (t *translator) substr(x *expr, sc *scope) val {
	if x.text == "DBMS_LOB.SUBSTR" {
		a := t.args(x, sc, 1, 3)
		if !isText(a[0].t.Type) && a[0].t.Type != Clob {
			return t.failAt(x, unsupported("DBMS_LOB.SUBSTR of %s", a[0].t.name()))
		}
		args := []string{t.text(a[0]), "x'C102'", "x'C24401'"}
		if len(x.args) > 1 {
			args[2] = t.num(a[1])
		}
		if len(x.args) > 2 {
			args[1] = t.num(a[2])
		}
		return val{sql: call("ora_short", call("ora_substr", args...)), t: textType(4000), nullable: true}
	}
	a := t.args(x, sc, 2, 3)
	args := []string{t.text(a[0]), t.num(a[1])}
	if len(x.args) == 3 {
		args = append(args, t.num(a[2]))
	}
	ty := t.resultText(a[0])
	if ty.Type == Char {
		ty.Type = Varchar2
	}
	return val{sql: call("ora_substr", args...), t: ty, nullable: true}
}

func (t *translator) trim(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 2)
	text := t.text(a[0])
	set := "' '"
	if len(x.args) == 2 {
		set = t.text(a[1])
		if a[1].isLit && utf8.RuneCountInString(a[1].literal) != 1 {
			return t.failAt(x, &Error{Code: 30001, Message: "trim set should have only one character"})
		}
	}
	sql := ""
	switch x.parts[0] {
	case "LEADING":
		sql = call("ora_ltrim", text, set)
	case "TRAILING":
		sql = call("ora_rtrim", text, set)
	default:
		sql = call("ora_rtrim", call("ora_ltrim", text, set), set)
	}
	ty := t.resultText(a[0])
	if ty.Type == Char {
		ty.Type = Varchar2
	}
	return val{sql: sql, t: ty, nullable: true}
}

func (t *translator) sysContext(x *expr, sc *scope) val {
	a := t.args(x, sc, 2, 3)
	if !a[0].isLit || !a[1].isLit || foldName(a[0].literal) != "USERENV" {
		return t.failAt(x, unsupported("SYS_CONTEXT other than of USERENV with a literal"))
	}
	text := ""
	switch foldName(a[1].literal) {
	case "SESSION_USER", "CURRENT_USER", "AUTHENTICATED_IDENTITY":
		text = t.s.user
	case "CURRENT_SCHEMA":
		text = t.s.schema
	case "CON_NAME", "SERVICE_NAME", "DB_NAME", "CDB_NAME", "INSTANCE_NAME", "DB_UNIQUE_NAME":
		text = "FAKE"
	case "LANG":
		text = "US"
	case "LANGUAGE":
		text = "AMERICAN_AMERICA.AL32UTF8"
	default:
		return t.failAt(x, unsupported("SYS_CONTEXT('USERENV', '%s')", a[1].literal))
	}
	return val{sql: lit(text), t: textType(256), nullable: true}
}

// numberFunction translates functions of numbers.
func (t *translator) numberFunction(x *expr, sc *scope) (val, bool) {
	one := map[string]string{"ABS": "ora_abs", "CEIL": "ora_ceil", "FLOOR": "ora_floor", "SIGN": "ora_sign", "SQRT": "ora_sqrt"}
	two := map[string]string{"MOD": "ora_mod", "POWER": "ora_power", "BITAND": "ora_bitand"}
	switch {
	case one[x.text] != "":
		a := t.args(x, sc, 1, 1)
		if isBinary(a[0].t.Type) {
			return t.failAt(x, unsupported("%s of BINARY_DOUBLE", x.text)), true
		}
		return val{sql: call(one[x.text], t.num(a[0])), t: numberType(), nullable: a[0].nullable}, true
	case two[x.text] != "":
		a := t.args(x, sc, 2, 2)
		if isBinary(a[0].t.Type) || isBinary(a[1].t.Type) {
			return t.failAt(x, unsupported("%s of BINARY_DOUBLE", x.text)), true
		}
		return val{sql: call(two[x.text], t.num(a[0]), t.num(a[1])), t: numberType(), nullable: a[0].nullable || a[1].nullable}, true
	case x.text == "ROUND" || x.text == "TRUNC":
		return t.round(x, sc), true
	}
	return val{}, false
}

func (t *translator) round(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 2)
	name := map[string]string{"ROUND": "ora_round", "TRUNC": "ora_trunc"}[x.text]
	if isDate(a[0].t.Type) {
		unit := "'DDD'"
		if len(x.args) == 2 {
			unit = t.text(a[1])
		}
		return val{sql: call(name+"_date", t.date(a[0]), unit), t: columnType{Type: Date, Size: 7}, nullable: true}
	}
	if isBinary(a[0].t.Type) {
		return t.failAt(x, unsupported("%s of BINARY_DOUBLE", x.text))
	}
	places := "x'80'"
	if len(x.args) == 2 {
		places = t.num(a[1])
	}
	return val{sql: call(name, t.num(a[0]), places), t: numberType(), nullable: true}
}
