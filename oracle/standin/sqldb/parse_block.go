package sqldb

// blockStmt reads BEGIN ... END, of statements that need no PL/SQL.
func (p *parser) blockStmt() *stmt {
	if !p.enter() {
		p.leave()
		return &stmt{}
	}
	defer p.leave()
	p.plsql = true
	p.need(900, "BEGIN")
	st := &stmt{kind: Block, verb: "BEGIN"}
	for p.err == nil && !p.is("END") && !p.is("EXCEPTION") {
		st.block = append(st.block, p.blockPart())
	}
	if p.err == nil && len(st.block) == 0 {
		p.fail(oraErr(6550, 1, 1, "PLS-00103: a statement was expected"))
	}
	if p.accept("EXCEPTION") {
		if !p.accept("WHEN", "OTHERS", "THEN", "NULL") {
			p.fail(unsupported("exception handlers other than WHEN OTHERS THEN NULL"))
		}
		p.needOp(900, ";")
		st.handled = true
	}
	p.need(900, "END")
	if isName(p.peek()) {
		p.next()
	}
	if !p.op(";") {
		p.fail(oraErr(6550, 1, 1, "PLS-00103: \";\" was expected at the end of the block"))
	}
	p.op("/")
	return st
}

func (p *parser) blockPart() *stmt {
	st := p.blockStatement()
	if st.kind != Block {
		if !p.op(";") {
			p.fail(unsupported("PL/SQL beyond simple statements"))
		}
	}
	return st
}

func (p *parser) blockStatement() *stmt {
	switch {
	case p.is("BEGIN"):
		return p.blockStmt()
	case p.accept("NULL"):
		return &stmt{kind: Control, verb: "NOTHING"}
	case p.is("SELECT"), p.is("WITH"):
		return &stmt{kind: Query, verb: "SELECT INTO", query: p.query()}
	case p.is("COMMIT"), p.is("ROLLBACK"), p.is("SAVEPOINT"), p.is("SET"), p.is("LOCK"):
		return p.control()
	case p.accept("EXECUTE", "IMMEDIATE"):
		return p.executeImmediate()
	case p.peek().kind == tokBind && p.peekAt(1).text == ":=":
		target := p.bind(true).bind
		p.next()
		if p.isCall("SYS", "PRIVATE_JDBC") && p.peekAt(4).text == "GET_MAX_STRING_SIZE" {
			p.i += 7 // ojdbc's getTypeInfo; MAX_STRING_SIZE is STANDARD
			return &stmt{kind: Query, verb: "ASSIGN", assign: &expr{kind: eNumber, text: "4000"}, target: target}
		}
		return &stmt{kind: Query, verb: "ASSIGN", assign: p.expression(), target: target}
	case p.isCall("DBMS_SESSION", "SLEEP"), p.isCall("DBMS_LOCK", "SLEEP"):
		p.i += 3
		p.needOp(906, "(")
		m := &miscStmt{seconds: p.expression()}
		p.needOp(907, ")")
		return &stmt{kind: Control, verb: "SLEEP", misc: m}
	case p.isCall("DBMS_OUTPUT", "ENABLE"), p.isCall("DBMS_OUTPUT", "PUT_LINE"), p.isCall("DBMS_APPLICATION_INFO", "SET_MODULE"):
		p.fail(unsupported("package %s", p.peek().text))
	}
	if st := p.dml(); st != nil {
		return st
	}
	p.fail(unsupported("PL/SQL beyond simple statements"))
	return &stmt{}
}

func (p *parser) isCall(pkg, proc string) bool {
	return p.is(pkg) && p.peekAt(1).text == "." && p.peekAt(2).text == proc
}

func (p *parser) executeImmediate() *stmt {
	t := p.next()
	if t.kind != tokString || !p.isOp(";") {
		p.fail(unsupported("EXECUTE IMMEDIATE of anything but one literal"))
		return &stmt{}
	}
	inner, err := parseNested(t.text, p.depth+1)
	if err != nil {
		// Oracle looks at the text when it gets there, not before.
		return &stmt{kind: Control, verb: "RAISE", raise: err}
	}
	if inner.kind == Query || len(inner.binds) > 0 {
		p.fail(unsupported("EXECUTE IMMEDIATE of a query or with binds"))
	}
	return inner
}
