package sqldb

// expression reads a value or a condition.
func (p *parser) expression() *expr {
	if !p.enter() {
		p.leave()
		return &expr{kind: eNull}
	}
	defer p.leave()
	return p.chain(eOr, "OR", func() *expr { return p.chain(eAnd, "AND", p.negation) })
}

func (p *parser) chain(kind exprKind, word string, sub func() *expr) *expr {
	x := sub()
	if !p.is(word) {
		return x
	}
	out := &expr{kind: kind, args: []*expr{x}, pos: x.pos}
	for n := 0; p.err == nil && p.accept(word); n++ {
		p.long(n)
		out.args = append(out.args, sub())
	}
	return out
}

func (p *parser) negation() *expr {
	pos := p.peek().pos
	not := false
	for p.accept("NOT") {
		not = !not
	}
	x := p.condition()
	if not {
		return &expr{kind: eNot, args: []*expr{x}, pos: pos}
	}
	return x
}

// condition reads a value with what may follow it: a comparison, IN, LIKE...
func (p *parser) condition() *expr {
	x := p.sum()
	for n := 0; p.err == nil; n++ {
		p.long(n)
		t := p.peek()
		if t.kind == tokOp {
			op := comparison(t.text)
			if op == "" {
				return x
			}
			p.next()
			y := &expr{kind: eComp, text: op, args: []*expr{x}, pos: t.pos}
			y.quant = p.acceptAny("ANY", "SOME", "ALL")
			y.args = append(y.args, p.sum())
			x = y
			continue
		}
		not := p.is("NOT") && (p.peekAt(1).text == "IN" || p.peekAt(1).text == "LIKE" || p.peekAt(1).text == "BETWEEN")
		if not {
			p.next()
		}
		y := p.wordCondition(x)
		if y == nil {
			return x
		}
		y.not, y.pos = y.not != not, t.pos
		x = y
	}
	return x
}

func comparison(op string) string {
	switch op {
	case "=", "<", ">", "<=", ">=", "<>":
		return op
	case "!=", "^=":
		return "<>"
	}
	return ""
}

func (p *parser) wordCondition(x *expr) *expr {
	switch p.acceptAny("IS", "IN", "LIKE", "BETWEEN", "MEMBER", "LIKEC", "LIKE2", "LIKE4") {
	case "IS":
		not := p.accept("NOT")
		if !p.accept("NULL") {
			p.fail(oraErr(908))
		}
		return &expr{kind: eIsNull, args: []*expr{x}, not: not}
	case "IN":
		return p.inList(x)
	case "LIKE":
		y := &expr{kind: eLike, args: []*expr{x, p.sum()}}
		if p.accept("ESCAPE") {
			y.args = append(y.args, p.sum())
		}
		return y
	case "BETWEEN":
		low := p.sum()
		p.need(905, "AND")
		return &expr{kind: eBetween, args: []*expr{x, low, p.sum()}}
	case "":
		return nil
	}
	p.fail(unsupported("this condition"))
	return nil
}

func (p *parser) inList(x *expr) *expr {
	out := &expr{kind: eIn, args: []*expr{x}}
	if !p.op("(") {
		out.args = append(out.args, p.sum())
		return out
	}
	if p.startsQuery() {
		out.sub = p.subquery()
		return out
	}
	out.args = append(out.args, p.exprList()...)
	p.needOp(907, ")")
	return out
}

func (p *parser) exprList() []*expr {
	var out []*expr
	for p.err == nil {
		out = append(out, p.expression())
		if !p.op(",") {
			break
		}
	}
	return out
}

func (p *parser) sum() *expr {
	x := p.product()
	for n := 0; p.err == nil; n++ {
		p.long(n)
		t := p.peek()
		if t.kind != tokOp || t.text != "+" && t.text != "-" && t.text != "||" {
			break
		}
		p.next()
		x = &expr{kind: eArith, text: t.text, args: []*expr{x, p.product()}, pos: t.pos}
	}
	return x
}

func (p *parser) product() *expr {
	x := p.factor()
	for n := 0; p.err == nil && (p.isOp("*") || p.isOp("/")); n++ {
		p.long(n)
		t := p.next()
		x = &expr{kind: eArith, text: t.text, args: []*expr{x, p.factor()}, pos: t.pos}
	}
	return x
}

func (p *parser) factor() *expr {
	pos := p.peek().pos
	neg := false
	for p.isOp("-") || p.isOp("+") {
		neg = neg != (p.next().text == "-")
	}
	x := p.primary()
	if neg {
		return &expr{kind: eNeg, args: []*expr{x}, pos: pos}
	}
	return x
}

func (p *parser) primary() *expr {
	t := p.peek()
	switch t.kind {
	case tokNumber:
		p.next()
		return &expr{kind: eNumber, text: t.text, pos: t.pos}
	case tokString:
		p.next()
		return &expr{kind: eString, text: t.text, pos: t.pos}
	case tokBind:
		return p.bind(false)
	case tokOp:
		if p.op("(") {
			return p.parenthesis(t.pos)
		}
	case tokQuoted:
		return p.name()
	case tokWord:
		return p.wordPrimary()
	case tokEOF:
	}
	p.fail(oraErr(936))
	return &expr{kind: eNull}
}

func (p *parser) bind(out bool) *expr {
	t := p.next()
	if t.kind != tokBind {
		p.fail(oraErr(1008))
		return &expr{kind: eNull}
	}
	p.binds = append(p.binds, Bind{Name: t.text, Out: out})
	return &expr{kind: eBind, bind: len(p.binds) - 1, text: t.text, pos: t.pos}
}

func (p *parser) parenthesis(pos int) *expr {
	if p.startsQuery() {
		return &expr{kind: eSubquery, sub: p.subquery(), pos: pos}
	}
	list := p.exprList()
	p.needOp(907, ")")
	if len(list) == 1 {
		return list[0]
	}
	return &expr{kind: eTuple, args: list, pos: pos}
}

func (p *parser) startsQuery() bool {
	n := 0
	for p.peekAt(n).kind == tokOp && p.peekAt(n).text == "(" {
		n++
	}
	t := p.peekAt(n)
	return t.kind == tokWord && (t.text == "SELECT" || t.text == "WITH" && n == 0)
}

func (p *parser) wordPrimary() *expr {
	t := p.peek()
	after := p.peekAt(1)
	switch t.text {
	case "NULL":
		p.next()
		return &expr{kind: eNull, pos: t.pos}
	case "CASE":
		return p.caseExpr()
	case "EXISTS":
		p.next()
		p.needOp(906, "(")
		return &expr{kind: eExists, sub: p.subquery(), pos: t.pos}
	case "PRIOR", "CONNECT_BY_ROOT":
		p.fail(unsupported("hierarchical queries"))
	case "DATE", "TIMESTAMP", "INTERVAL":
		if after.kind == tokString {
			return p.literal()
		}
	case "SYSDATE", "ROWNUM", "USER", "UID", "ROWID", "LEVEL":
		p.next()
		if t.text == "USER" && p.isOp("(") {
			break
		}
		return &expr{kind: eFunc, text: t.text, bare: true, pos: t.pos}
	case "CAST":
		return p.cast()
	case "EXTRACT":
		return p.extract()
	case "TRIM":
		return p.trim()
	}
	if after.kind == tokOp && after.text == "(" && (isName(t) || funcWord(t.text)) {
		return p.call("")
	}
	if reserved(t.text) {
		p.fail(oraErr(936))
		return &expr{kind: eNull}
	}
	return p.name()
}

// funcWord reports whether a reserved word is also a function.
func funcWord(word string) bool {
	return word == "CHAR" || word == "USER" || word == "UID"
}

func (p *parser) literal() *expr {
	word, text := p.next(), p.next()
	switch word.text {
	case "DATE":
		return &expr{kind: eDate, text: text.text, pos: word.pos}
	case "TIMESTAMP":
		return &expr{kind: eTimestamp, text: text.text, pos: word.pos}
	}
	x := &expr{kind: eInterval, text: text.text, pos: word.pos}
	unit := func() string {
		u := p.acceptAny("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
		if u == "" {
			p.fail(oraErr(1867))
		}
		if p.op("(") {
			p.integer(1867)
			if p.op(",") {
				p.integer(1867)
			}
			p.needOp(907, ")")
		}
		return u
	}
	x.parts = []string{unit()}
	if p.accept("TO") {
		x.parts = append(x.parts, unit())
	}
	return x
}

func (p *parser) caseExpr() *expr {
	x := &expr{kind: eCase, pos: p.next().pos, args: []*expr{nil}}
	if !p.is("WHEN") {
		x.args[0] = p.expression()
	}
	if !p.is("WHEN") {
		p.fail(oraErr(905))
	}
	for p.err == nil && p.accept("WHEN") {
		x.args = append(x.args, p.expression())
		p.need(905, "THEN")
		x.args = append(x.args, p.expression())
	}
	var other *expr
	if p.accept("ELSE") {
		other = p.expression()
	}
	x.args = append(x.args, other)
	p.need(905, "END")
	return x
}

func (p *parser) cast() *expr {
	x := &expr{kind: eCast, pos: p.next().pos}
	p.needOp(906, "(")
	x.args = []*expr{p.expression()}
	p.need(905, "AS")
	x.typ = p.columnType()
	p.needOp(907, ")")
	return x
}

func (p *parser) extract() *expr {
	x := &expr{kind: eExtract, pos: p.next().pos}
	p.needOp(906, "(")
	x.text = p.next().text
	p.need(905, "FROM")
	x.args = []*expr{p.expression()}
	p.needOp(907, ")")
	return x
}

// trim reads TRIM([LEADING|TRAILING|BOTH] [c] FROM x).
func (p *parser) trim() *expr {
	x := &expr{kind: eFunc, text: "TRIM", pos: p.next().pos}
	p.needOp(906, "(")
	mode := p.acceptAny("LEADING", "TRAILING", "BOTH")
	x.parts = []string{mode}
	if mode != "" && p.accept("FROM") {
		x.args = []*expr{p.expression()}
	} else {
		x.args = []*expr{p.expression()}
		if p.accept("FROM") {
			x.args = []*expr{p.expression(), x.args[0]}
		}
	}
	p.needOp(907, ")")
	return x
}
