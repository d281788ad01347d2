package sqldb

import "strconv"

// num converts a value to NUMBER.
func (t *translator) num(v val) string {
	switch {
	case v.t.Type == Number || v.t.Type == untyped:
		return v.sql
	case isText(v.t.Type) || v.t.Type == Clob:
		return call("ora_to_number", v.sql)
	case isBinary(v.t.Type):
		return call("ora_double_number", v.sql)
	}
	t.fail(oraErr(932, "NUMBER", v.t.kind()))
	return "NULL"
}

// double converts a value to BINARY_DOUBLE.
func (t *translator) double(v val) string {
	switch {
	case v.t.Type == BinaryFloat:
		return call("ora_float_double", v.sql)
	case v.t.Type == BinaryDouble || v.t.Type == untyped:
		return v.sql
	case v.t.Type == Number || isText(v.t.Type):
		return call("ora_to_double", t.num(v))
	}
	t.fail(oraErr(932, "BINARY_DOUBLE", v.t.kind()))
	return "NULL"
}

// text converts a value to characters.
func (t *translator) text(v val) string {
	switch v.t.Type {
	case Varchar2, Char, Clob, untyped:
		return v.sql
	case Number:
		return call("ora_number_text", v.sql)
	case Date:
		return call("ora_date_text", v.sql, lit(t.s.nls.date))
	case Timestamp:
		return call("ora_date_text", v.sql, lit(t.s.nls.timestamp))
	case TimestampTZ:
		return call("ora_date_text", v.sql, lit(t.s.nls.timestampTZ))
	case Raw:
		return "nullif(hex(" + v.sql + "),'')"
	case BinaryDouble, BinaryFloat:
		t.fail(unsupported("BINARY_DOUBLE as text"))
	case intervalDS, intervalYM:
		t.fail(unsupported("intervals as text"))
	default:
		t.fail(oraErr(932, "CHAR", v.t.kind()))
	}
	return "NULL"
}

func (t *translator) raw(v val) string {
	switch {
	case v.t.Type == Raw || v.t.Type == untyped || v.t.Type == Blob:
		return v.sql
	case isText(v.t.Type):
		return call("ora_hextoraw", v.sql)
	}
	t.fail(oraErr(932, "BINARY", v.t.kind()))
	return "NULL"
}

// now is the parameter for formats that leave parts of a date open.
func (t *translator) now() string {
	if t.noBinds {
		return "NULL"
	}
	return t.param(param{kind: paramNow})
}

func (t *translator) date(v val) string {
	switch {
	case v.t.Type == Date || v.t.Type == untyped:
		return v.sql
	case v.t.Type == Timestamp || v.t.Type == TimestampTZ:
		return call("ora_local_date", v.sql)
	case isText(v.t.Type):
		return call("ora_to_date", v.sql, lit(t.s.nls.date), t.now())
	}
	t.fail(oraErr(932, "DATE", v.t.kind()))
	return "NULL"
}

func (t *translator) timestamp(v val) string {
	switch {
	case v.t.Type == Timestamp || v.t.Type == untyped:
		return v.sql
	case v.t.Type == Date || v.t.Type == TimestampTZ:
		return call("ora_local_timestamp", v.sql)
	case isText(v.t.Type):
		return call("ora_to_timestamp", v.sql, lit(t.s.nls.timestamp), t.now())
	}
	t.fail(oraErr(932, "TIMESTAMP", v.t.kind()))
	return "NULL"
}

func (t *translator) timestampTZ(v val) string {
	switch {
	case v.t.Type == TimestampTZ || v.t.Type == untyped:
		return v.sql
	case v.t.Type == Date || v.t.Type == Timestamp:
		return call("ora_with_zone", v.sql, strconv.Itoa(t.s.zoneMinutes()))
	case isText(v.t.Type):
		return call("ora_to_timestamp_tz", v.sql, lit(t.s.nls.timestampTZ), t.now(), strconv.Itoa(t.s.zoneMinutes()))
	}
	t.fail(oraErr(932, "TIMESTAMP WITH TIME ZONE", v.t.kind()))
	return "NULL"
}

// convert changes a value's type as Oracle does without being asked.
func (t *translator) convert(v val, to columnType) string {
	if v.t.Type == to.Type || v.t.Type == untyped || to.Type == untyped {
		return v.sql
	}
	switch to.Type {
	case Number:
		return t.num(v)
	case BinaryDouble:
		return t.double(v)
	case Varchar2, Char:
		if v.t.Type == Clob {
			return call("ora_short", v.sql)
		}
		return t.text(v)
	case Clob:
		return t.text(v)
	case Date:
		return t.date(v)
	case Timestamp:
		return t.timestamp(v)
	case TimestampTZ:
		return t.timestampTZ(v)
	case Raw, Blob:
		return t.raw(v)
	case BinaryFloat:
		return call("ora_to_float", t.double(v))
	}
	t.fail(oraErr(932, to.kind(), v.t.kind()))
	return "NULL"
}

// assign converts a value to a column's type and checks that it fits.
func (t *translator) assign(v val, schema, table string, c *columnDef) string {
	place := `"` + schema + `"."` + table + `"."` + c.Name + `"`
	if isDate(c.Type.Type) && isNumeric(v.t.Type) || isNumeric(c.Type.Type) && isDate(v.t.Type) ||
		isLob(c.Type.Type) && (isDate(v.t.Type) || isNumeric(v.t.Type)) {
		t.fail(oraErr(932, c.Type.kind(), v.t.kind()))
		return "NULL"
	}
	return t.fit(t.convert(v, c.Type), v.t, c.Type, place)
}

// fit makes a value obey the limits of a type.
func (t *translator) fit(sql string, from, to columnType, place string) string {
	if sql == "NULL" {
		return sql
	}
	limit := strconv.Itoa(to.Size)
	unit := "0"
	if to.CharSem {
		limit, unit = strconv.Itoa(to.Chars), "1"
	}
	switch to.Type {
	case Varchar2:
		if from.Type == Varchar2 && !from.CharSem && !to.CharSem && from.Size <= to.Size && from.Size < 4000 {
			return sql
		}
		return call("ora_fit_text", sql, limit, unit, lit(place))
	case Char:
		return call("ora_fit_char", sql, limit, unit, lit(place))
	case Raw:
		return call("ora_fit_raw", sql, limit, lit(place))
	case Number:
		if to.Prec == 0 {
			return sql
		}
		return call("ora_fit_number", sql, strconv.Itoa(to.Prec), strconv.Itoa(to.Scale))
	case Timestamp, TimestampTZ:
		if to.Prec == 9 {
			return sql
		}
		return call("ora_fit_timestamp", sql, strconv.Itoa(to.Prec))
	}
	return sql
}

func (s *Session) zoneMinutes() int {
	_, offset := systemNow().In(s.zone).Zone()
	return offset / 60
}
