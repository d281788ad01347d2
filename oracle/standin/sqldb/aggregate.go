package sqldb

// walk visits an expression and its parts, but no subqueries; visit returns
// whether to go deeper.
func walk(x *expr, visit func(*expr) bool) {
	if x == nil || !visit(x) {
		return
	}
	for _, a := range x.args {
		walk(a, visit)
	}
	for _, o := range x.within {
		walk(o.x, visit)
	}
	if x.over != nil {
		for _, a := range x.over.partition {
			walk(a, visit)
		}
		for _, o := range x.over.order {
			walk(o.x, visit)
		}
	}
}

func isAggregate(name string) bool {
	switch name {
	case "COUNT", "SUM", "AVG", "MIN", "MAX", "LISTAGG", "STDDEV", "VARIANCE", "MEDIAN":
		return true
	}
	return false
}

// hasAggregate reports whether an expression calls an aggregate that is not
// analytic.
func hasAggregate(x *expr) bool {
	found := false
	walk(x, func(y *expr) bool {
		if y.kind == eFunc && y.over == nil && isAggregate(y.text) {
			found = true
		}
		return !found
	})
	return found
}

func itemsAggregate(items []selectItem) bool {
	for _, it := range items {
		if hasAggregate(it.x) {
			return true
		}
	}
	return false
}
