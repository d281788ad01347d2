package sqldb

import (
	"strconv"
)

// toFunction translates the conversions.
func (t *translator) toFunction(x *expr, sc *scope) (val, bool) {
	switch x.text {
	case "TO_CHAR":
		return t.toChar(x, sc), true
	case "TO_NUMBER":
		a := t.args(x, sc, 1, 2)
		if len(x.args) == 2 {
			return val{sql: call("ora_to_number_format", t.text(a[0]), t.text(a[1])), t: numberType(), nullable: true}, true
		}
		return val{sql: t.num(a[0]), t: numberType(), nullable: a[0].nullable}, true
	case "TO_DATE", "TO_TIMESTAMP", "TO_TIMESTAMP_TZ":
		return t.toDate(x, sc), true
	case "TO_CLOB":
		a := t.args(x, sc, 1, 1)
		return val{sql: t.text(a[0]), t: columnType{Type: Clob, Size: 4000}, nullable: true}, true
	case "TO_BLOB":
		a := t.args(x, sc, 1, 1)
		return val{sql: t.raw(a[0]), t: columnType{Type: Blob, Size: 4000}, nullable: true}, true
	case "TO_BINARY_DOUBLE":
		a := t.args(x, sc, 1, 1)
		return val{sql: t.double(a[0]), t: columnType{Type: BinaryDouble, Size: 8}, nullable: true}, true
	case "RAWTOHEX":
		a := t.args(x, sc, 1, 1)
		if a[0].t.Type != Raw && a[0].t.Type != untyped {
			return t.failAt(x, unsupported("RAWTOHEX of %s", a[0].t.name())), true
		}
		return val{sql: "nullif(hex(" + a[0].sql + "),'')", t: textType(2 * a[0].t.Size), nullable: a[0].nullable}, true
	case "HEXTORAW":
		a := t.args(x, sc, 1, 1)
		return val{sql: call("ora_hextoraw", t.text(a[0])), t: columnType{Type: Raw, Size: max(1, a[0].t.Size/2)}, nullable: true}, true
	case "UTL_RAW.CAST_TO_RAW":
		a := t.args(x, sc, 1, 1)
		return val{sql: "CAST(" + t.text(a[0]) + " AS BLOB)", t: columnType{Type: Raw, Size: min(2000, a[0].t.Size)}, nullable: true}, true
	case "UTL_RAW.CAST_TO_VARCHAR2":
		a := t.args(x, sc, 1, 1)
		return val{sql: call("ora_raw_text", t.raw(a[0])), t: textType(2000), nullable: true}, true
	}
	return val{}, false
}

func (t *translator) toChar(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 3)
	v := a[0]
	if len(x.args) == 3 {
		return t.failAt(x, unsupported("TO_CHAR with NLS parameters"))
	}
	if len(x.args) == 1 {
		return val{sql: t.text(v), t: textType(t.textSize(v.t)), nullable: v.nullable}
	}
	model := t.text(a[1])
	switch {
	case isDate(v.t.Type):
		return val{sql: call("ora_date_text", v.sql, model), t: textType(75), nullable: v.nullable || a[1].nullable}
	case v.t.Type == Number || isText(v.t.Type) || v.t.Type == untyped:
		return val{sql: call("ora_number_format", t.num(v), model), t: textType(75), nullable: v.nullable || a[1].nullable}
	}
	return t.failAt(x, unsupported("TO_CHAR of %s with a format", v.t.name()))
}

func (t *translator) toDate(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 3)
	if len(x.args) == 3 {
		return t.failAt(x, unsupported("%s with NLS parameters", x.text))
	}
	if len(x.args) == 1 {
		switch x.text {
		case "TO_DATE":
			return val{sql: t.date(a[0]), t: columnType{Type: Date, Size: 7}, nullable: a[0].nullable}
		case "TO_TIMESTAMP":
			return val{sql: t.timestamp(a[0]), t: columnType{Type: Timestamp, Prec: 9, Size: 11}, nullable: a[0].nullable}
		}
		return val{sql: t.timestampTZ(a[0]), t: columnType{Type: TimestampTZ, Prec: 9, Size: 13}, nullable: a[0].nullable}
	}
	text, model := t.text(a[0]), t.text(a[1])
	nullable := a[0].nullable || a[1].nullable
	switch x.text {
	case "TO_DATE":
		return val{sql: call("ora_to_date", text, model, t.now()), t: columnType{Type: Date, Size: 7}, nullable: nullable}
	case "TO_TIMESTAMP":
		return val{sql: call("ora_to_timestamp", text, model, t.now()), t: columnType{Type: Timestamp, Prec: 9, Size: 11}, nullable: nullable}
	}
	return val{
		sql:      call("ora_to_timestamp_tz", text, model, t.now(), strconv.Itoa(t.s.zoneMinutes())),
		t:        columnType{Type: TimestampTZ, Prec: 9, Size: 13},
		nullable: nullable,
	}
}

func (t *translator) cast(x *expr, sc *scope) val {
	v := t.value(x.args[0], sc)
	to := *x.typ
	if t.err != nil {
		return val{sql: "NULL"}
	}
	if isLob(to.Type) || isLob(v.t.Type) {
		return t.failAt(x, unsupported("CAST of LOBs"))
	}
	sql := t.convert(v, to)
	switch {
	case to.Type == Varchar2:
		// CAST cuts text where an assignment fails; numbers must fit.
		if !isText(v.t.Type) && v.t.Type != untyped && t.textSize(v.t) > to.Size {
			return val{sql: call("ora_fit_cast", sql, strconv.Itoa(to.Size)), t: to, nullable: v.nullable}
		}
		unit, limit := "0", to.Size
		if to.CharSem {
			unit, limit = "1", to.Chars
		}
		sql = call("ora_cut", sql, strconv.Itoa(limit), unit)
	case to.Type == Char && !isText(v.t.Type):
		return t.failAt(x, unsupported("CAST to CHAR"))
	case to.Type == Char:
		sql = call("ora_fit_char", call("ora_cut", sql, strconv.Itoa(to.Size), "0"), strconv.Itoa(to.Size), "0", "''")
	default:
		sql = t.fit(sql, v.t, to, "CAST")
	}
	return val{sql: sql, t: to, nullable: v.nullable}
}

// sequence translates seq.NEXTVAL and seq.CURRVAL.
func (t *translator) sequence(x *expr) val {
	n := len(x.parts)
	name := x.parts[n-2]
	owner := t.schema
	if n == 3 {
		owner = x.parts[0]
	}
	exists, err := t.s.db.sequenceExists(t.ctx, owner, name)
	if err != nil {
		return t.fail(err)
	}
	if !exists || owner != t.user && !t.rights.mayOn("SELECT", owner, name) {
		return t.failAt(x, oraErr(2289))
	}
	if x.parts[n-1] == "CURRVAL" {
		if t.seqOnce && t.seqs[owner+"."+name] > 0 {
			return t.nextval(x, owner, name)
		}
		if t.seqs[owner+"."+name] > 0 {
			return t.failAt(x, unsupported("NEXTVAL and CURRVAL of one sequence in one statement"))
		}
		return val{sql: call("ora_currval", lit(owner), lit(name), t.param(param{kind: paramSession})), t: numberType()}
	}
	return t.nextval(x, owner, name)
}

func (t *translator) nextval(x *expr, owner, name string) val {
	key := owner + "." + name
	t.seqs[key]++
	switch {
	case t.seqOnce:
		// VALUES: one row, so one number per execution, however often asked for.
		return val{sql: t.param(param{kind: paramNextval, owner: owner, name: name}), t: numberType()}
	case !t.seqOK:
		return t.failAt(x, oraErr(2287))
	case t.seqs[key] > 1:
		return t.failAt(x, unsupported("NEXTVAL twice in one query"))
	}
	return val{sql: call("ora_nextval", lit(owner), lit(name), t.param(param{kind: paramSession})), t: numberType()}
}
