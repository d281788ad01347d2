package sqldb

// name reads a column: [[schema.]table.]name, or a call of a package's
// function.
func (p *parser) name() *expr {
	x := &expr{kind: eColumn, pos: p.peek().pos}
	for p.err == nil {
		t := p.next()
		pseudo := len(x.parts) > 0 && t.kind == tokWord && (t.text == "ROWID" || t.text == "ROWNUM")
		if !isName(t) && !pseudo {
			p.i--
			p.fail(oraErr(1747))
			return x
		}
		x.parts = append(x.parts, t.text)
		if !p.isOp(".") {
			break
		}
		p.next()
		if len(x.parts) > 0 && p.op("*") {
			x.kind = eStar
			return x
		}
		if after := p.peekAt(1); len(x.parts) == 1 && after.kind == tokOp && after.text == "(" {
			return p.call(x.parts[0] + ".")
		}
	}
	if len(x.parts) > 3 {
		p.fail(unsupported("names of more than three parts"))
	}
	if p.isOp("(") && p.peekAt(1).text == "+" && p.peekAt(2).text == ")" {
		p.fail(unsupported("(+), use LEFT JOIN"))
	}
	return x
}

// call reads a function's arguments.
func (p *parser) call(prefix string) *expr {
	t := p.next()
	x := &expr{kind: eFunc, text: prefix + t.text, pos: t.pos}
	p.needOp(906, "(")
	switch {
	case p.op(")"):
	case p.op("*"):
		x.star = true
		p.needOp(907, ")")
	default:
		if p.acceptAny("DISTINCT", "UNIQUE") != "" {
			x.distinct = true
		} else {
			p.accept("ALL")
		}
		p.arguments(x)
	}
	p.callSuffix(x)
	return x
}

func (p *parser) arguments(x *expr) {
	for p.err == nil {
		if p.peek().kind == tokWord && p.peekAt(1).text == "=>" {
			p.fail(unsupported("named arguments"))
		}
		x.args = append(x.args, p.expression())
		if p.accept("ON", "OVERFLOW") {
			p.fail(unsupported("ON OVERFLOW"))
		}
		if p.is("USING") || p.is("DEFAULT") {
			p.fail(unsupported("%s in a function's arguments", p.peek().text))
		}
		p.nullTreatment(x)
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
}

func (p *parser) nullTreatment(x *expr) {
	if p.accept("IGNORE", "NULLS") {
		x.ignore = true
	}
	p.accept("RESPECT", "NULLS")
}

func (p *parser) callSuffix(x *expr) {
	if p.accept("WITHIN", "GROUP") {
		p.needOp(906, "(")
		x.within = p.orderBy()
		p.needOp(907, ")")
	}
	if p.is("KEEP") && p.peekAt(1).text == "(" {
		p.fail(unsupported("KEEP"))
	}
	if p.is("FILTER") && p.peekAt(1).text == "(" {
		p.fail(unsupported("FILTER"))
	}
	p.nullTreatment(x)
	if !p.accept("OVER") {
		return
	}
	x.over = &window{}
	if !p.op("(") {
		p.fail(unsupported("named windows"))
	}
	if p.accept("PARTITION", "BY") {
		x.over.partition = p.exprList()
	}
	if p.is("ORDER") {
		x.over.order = p.orderBy()
	}
	if p.is("ROWS") || p.is("RANGE") {
		p.frame(x.over)
	}
	p.needOp(907, ")")
}

func (p *parser) frame(w *window) {
	w.frame = p.next().text
	bound := func() {
		switch {
		case p.accept("UNBOUNDED"):
			w.frame += " UNBOUNDED"
		case p.accept("CURRENT", "ROW"):
			w.frame += " CURRENT ROW"
			return
		case p.peek().kind == tokNumber && isDigits(p.peek().text) && w.frame[:4] == "ROWS":
			w.frame += " " + p.next().text
		default:
			p.fail(unsupported("this window frame"))
			return
		}
		dir := p.acceptAny("PRECEDING", "FOLLOWING")
		if dir == "" {
			p.fail(oraErr(905))
		}
		w.frame += " " + dir
	}
	if !p.accept("BETWEEN") {
		bound()
		return
	}
	w.frame += " BETWEEN"
	bound()
	p.need(905, "AND")
	w.frame += " AND"
	bound()
}
