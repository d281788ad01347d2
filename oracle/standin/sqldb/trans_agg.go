package sqldb

import "strings"

// aggregate translates COUNT, SUM and their like.
func (t *translator) aggregate(x *expr, sc *scope) val {
	if sc == nil || !sc.grouped || sc.noAgg != "" {
		return t.failAt(x, oraErr(934))
	}
	if sc.inAgg > 0 {
		if sc.hasKeys {
			return t.failAt(x, unsupported("aggregates of aggregates"))
		}
		return t.failAt(x, &Error{Code: 978, Message: "nested group function without GROUP BY"})
	}
	sc.inAgg++
	defer func() { sc.inAgg-- }()
	v := t.aggregateCall(x, sc)
	if x.text == "COUNT" {
		v.sql = "ora_int(" + v.sql + ")"
	}
	return v
}

// aggregateCall translates the call itself, for aggregates and windows.
func (t *translator) aggregateCall(x *expr, sc *scope) val {
	distinct := ""
	if x.distinct {
		distinct = "DISTINCT "
	}
	if x.star {
		if x.text != "COUNT" {
			return t.failAt(x, oraErr(936))
		}
		return val{sql: "count(*)", t: columnType{Type: Number, Scale: -127}}
	}
	if x.text == "LISTAGG" {
		return t.listagg(x, sc)
	}
	a := t.args(x, sc, 1, 1)
	if t.err != nil {
		return val{sql: "NULL"}
	}
	v := a[0]
	if isLob(v.t.Type) && (x.text != "COUNT" || x.distinct) {
		return t.failAt(x, oraErr(932, "-", v.t.kind()))
	}
	switch x.text {
	case "COUNT":
		if v.t.Type == TimestampTZ && x.distinct {
			v.sql = "substr(" + v.sql + ",1,11)"
		}
		return val{sql: "count(" + distinct + v.sql + ")", t: numberType()}
	case "SUM", "AVG":
		if isBinary(v.t.Type) {
			return t.failAt(x, unsupported("%s of BINARY_DOUBLE", x.text))
		}
		name := map[string]string{"SUM": "ora_sum", "AVG": "ora_avg"}[x.text]
		return val{sql: name + "(" + distinct + t.num(v) + ")", t: numberType(), nullable: true}
	case "MIN", "MAX":
		return val{sql: strings.ToLower(x.text) + "(" + v.sql + ")", t: v.t, nullable: true}
	}
	return t.failAt(x, unsupported("function %s", x.text))
}

func (t *translator) listagg(x *expr, sc *scope) val {
	a := t.args(x, sc, 1, 2)
	sep := "''"
	if len(x.args) == 2 && a[1].sql != "NULL" {
		sep = t.text(a[1])
	}
	order := ""
	if len(x.within) > 0 {
		var parts []string
		for _, o := range x.within {
			v := t.value(o.x, sc)
			parts = append(parts, v.sql+direction(o))
		}
		order = " ORDER BY " + strings.Join(parts, ",")
	}
	if x.distinct {
		return t.failAt(x, unsupported("LISTAGG(DISTINCT)"))
	}
	return val{sql: "ora_short(group_concat(" + t.text(a[0]) + "," + sep + order + "))", t: textType(4000), nullable: true}
}

func isAnalytic(name string) bool {
	switch name {
	case "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTILE", "PERCENT_RANK", "CUME_DIST", "RATIO_TO_REPORT", "NTH_VALUE":
		return true
	}
	return false
}

// analytic translates a call with OVER.
func (t *translator) analytic(x *expr, sc *scope) val {
	if sc == nil || sc.noAgg != "" {
		return t.failAt(x, oraErr(30483))
	}
	over := t.over(x, sc)
	if len(x.over.order) == 0 && x.over.frame == "" {
		switch x.text {
		case "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "NTILE":
			return t.failAt(x, &Error{Code: 30485, Message: "missing ORDER BY expression in the window specification"})
		}
	}
	integer := func(sql string) val { return val{sql: "ora_int(" + sql + over + ")", t: numberType()} }
	switch x.text {
	case "ROW_NUMBER", "RANK", "DENSE_RANK":
		t.args(x, sc, 0, 0)
		return integer(strings.ToLower(x.text) + "()")
	case "LAG", "LEAD":
		return t.lag(x, sc, over)
	case "FIRST_VALUE", "LAST_VALUE":
		if x.ignore {
			return t.failAt(x, unsupported("IGNORE NULLS"))
		}
		a := t.args(x, sc, 1, 1)
		return val{sql: strings.ToLower(x.text) + "(" + a[0].sql + ")" + over, t: a[0].t, nullable: true}
	case "COUNT", "SUM", "AVG", "MIN", "MAX":
		if x.distinct {
			return t.failAt(x, unsupported("DISTINCT in an analytic function"))
		}
		v := t.aggregateCall(x, sc)
		if x.text == "COUNT" {
			return integer(v.sql)
		}
		v.sql += over
		return v
	}
	return t.failAt(x, unsupported("analytic function %s", x.text))
}

func (t *translator) lag(x *expr, sc *scope, over string) val {
	if x.ignore {
		return t.failAt(x, unsupported("IGNORE NULLS"))
	}
	a := t.args(x, sc, 1, 3)
	args := []string{a[0].sql}
	if len(x.args) > 1 {
		args = append(args, call("ora_limit", t.num(a[1])))
	}
	if len(x.args) > 2 {
		args = append(args, t.convert(a[2], a[0].t))
	}
	return val{sql: call(strings.ToLower(x.text), args...) + over, t: a[0].t, nullable: true}
}

func (t *translator) over(x *expr, sc *scope) string {
	var parts []string
	if len(x.over.partition) > 0 {
		var keys []string
		for _, p := range x.over.partition {
			v := t.value(p, sc)
			if v.t.Type == TimestampTZ {
				v.sql = "substr(" + v.sql + ",1,11)"
			}
			keys = append(keys, v.sql)
		}
		parts = append(parts, "PARTITION BY "+strings.Join(keys, ","))
	}
	if len(x.over.order) > 0 {
		var keys []string
		for _, o := range x.over.order {
			v := t.value(o.x, sc)
			if v.t.Type == TimestampTZ {
				v.sql = "substr(" + v.sql + ",1,11)"
			}
			keys = append(keys, v.sql+direction(o))
		}
		parts = append(parts, "ORDER BY "+strings.Join(keys, ","))
	}
	if x.over.frame != "" {
		parts = append(parts, x.over.frame)
	}
	return " OVER (" + strings.Join(parts, " ") + ")"
}
