package sqldb

func (p *parser) insert() *stmt {
	if p.is("ALL") || p.is("FIRST") {
		p.fail(unsupported("INSERT %s", p.peek().text))
	}
	p.need(925, "INTO")
	ins := &insertStmt{}
	if p.isOp("(") {
		p.fail(unsupported("INSERT INTO a subquery"))
	}
	ins.into = p.objectName(903)
	if isName(p.peek()) && !tableSuffix(p.peek()) {
		ins.alias = p.next().text
	}
	if p.isOp("(") && !p.startsQuery() {
		p.next()
		ins.cols = p.nameList()
	}
	switch {
	case p.accept("VALUES"):
		p.needOp(906, "(")
		ins.values = p.valueList()
		if p.isOp(",") {
			p.fail(unsupported("INSERT of several rows in VALUES"))
		}
	case p.is("SELECT"), p.is("WITH"), p.isOp("("):
		ins.query = p.query()
	default:
		p.fail(oraErr(926))
	}
	ins.returning = p.returning()
	p.noErrorLog()
	return &stmt{kind: DML, verb: "INSERT", ins: ins}
}

// valueList reads the values behind VALUES (; nil stands for DEFAULT.
func (p *parser) valueList() []*expr {
	var out []*expr
	for p.err == nil {
		if p.accept("DEFAULT") {
			out = append(out, nil)
		} else {
			out = append(out, p.expression())
		}
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
	return out
}

func (p *parser) noErrorLog() {
	if p.is("LOG", "ERRORS") {
		p.fail(unsupported("LOG ERRORS"))
	}
}

func (p *parser) returning() returning {
	var r returning
	if p.acceptAny("RETURNING", "RETURN") == "" {
		return r
	}
	r.exprs = p.exprList()
	if p.is("BULK") {
		p.fail(unsupported("BULK COLLECT"))
	}
	p.need(925, "INTO")
	r.into = p.intoBinds()
	if p.err == nil && len(r.into) != len(r.exprs) {
		if len(r.into) < len(r.exprs) {
			p.fail(oraErr(947))
		} else {
			p.fail(oraErr(913))
		}
	}
	return r
}

func (p *parser) intoBinds() []int {
	var out []int
	for p.err == nil {
		out = append(out, p.bind(true).bind)
		if !p.op(",") {
			break
		}
	}
	return out
}

func (p *parser) update() *stmt {
	u := &updateStmt{}
	if p.isOp("(") {
		p.fail(unsupported("UPDATE of a subquery"))
	}
	u.table = p.objectName(903)
	if isName(p.peek()) && !tableSuffix(p.peek()) {
		u.alias = p.next().text
	}
	p.need(971, "SET")
	u.sets = p.setClauses()
	if p.accept("WHERE") {
		u.where = p.whereOfDML()
	}
	u.returning = p.returning()
	p.noErrorLog()
	return &stmt{kind: DML, verb: "UPDATE", upd: u}
}

func (p *parser) whereOfDML() *expr {
	if p.is("CURRENT", "OF") {
		p.fail(unsupported("WHERE CURRENT OF"))
	}
	return p.expression()
}

func (p *parser) setClauses() []setClause {
	var out []setClause
	for p.err == nil {
		var s setClause
		if p.op("(") {
			s.cols = p.nameList()
			p.needOp(927, "=")
			p.needOp(906, "(")
			s.sub = p.subquery()
		} else {
			s.cols = []string{p.setColumn()}
			p.needOp(927, "=")
			if !p.accept("DEFAULT") {
				s.value = p.expression()
			}
		}
		out = append(out, s)
		if !p.op(",") {
			break
		}
	}
	return out
}

// setColumn reads a column's name, whatever it is qualified with.
func (p *parser) setColumn() string {
	name := p.ident(1747)
	for p.err == nil && p.op(".") {
		name = p.ident(1747)
	}
	return name
}

func (p *parser) delete() *stmt {
	p.accept("FROM")
	d := &deleteStmt{}
	if p.isOp("(") {
		p.fail(unsupported("DELETE from a subquery"))
	}
	d.table = p.objectName(903)
	if isName(p.peek()) && !tableSuffix(p.peek()) {
		d.alias = p.next().text
	}
	if p.accept("WHERE") {
		d.where = p.whereOfDML()
	}
	d.returning = p.returning()
	p.noErrorLog()
	return &stmt{kind: DML, verb: "DELETE", del: d}
}

func (p *parser) merge() *stmt {
	m := &mergeStmt{}
	p.need(925, "INTO")
	m.into = p.objectName(903)
	if isName(p.peek()) && !tableSuffix(p.peek()) {
		m.alias = p.next().text
	}
	p.need(905, "USING")
	m.using = p.tableRef()
	p.need(969, "ON")
	if !p.isOp("(") {
		p.fail(oraErr(906))
	}
	m.on = p.expression()
	for p.err == nil && p.accept("WHEN") {
		switch {
		case p.accept("MATCHED", "THEN") && !m.matched:
			p.mergeUpdate(m)
		case p.accept("NOT", "MATCHED", "THEN") && !m.unmatched:
			p.mergeInsert(m)
		default:
			p.fail(oraErr(905))
		}
	}
	if !m.matched && !m.unmatched {
		p.fail(oraErr(905))
	}
	p.noErrorLog()
	return &stmt{kind: DML, verb: "MERGE", merge: m}
}

func (p *parser) mergeUpdate(m *mergeStmt) {
	m.matched = true
	p.need(905, "UPDATE")
	p.need(971, "SET")
	m.sets = p.setClauses()
	if p.accept("WHERE") {
		m.updateWhere = p.expression()
	}
	if p.accept("DELETE") {
		p.need(905, "WHERE")
		m.deleteWhere = p.expression()
	}
}

func (p *parser) mergeInsert(m *mergeStmt) {
	m.unmatched = true
	p.need(905, "INSERT")
	if p.op("(") {
		m.cols = p.nameList()
	}
	p.need(926, "VALUES")
	p.needOp(906, "(")
	m.values = p.valueList()
	if p.accept("WHERE") {
		m.insertWhere = p.expression()
	}
}
