package sqldb

// physicalOptions skips what only says how Oracle stores a table or index.
func (p *parser) physicalOptions() {
	for p.err == nil {
		switch p.acceptAny("TABLESPACE", "PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS", "STORAGE", "LOGGING", "NOLOGGING", "COMPRESS",
			"NOCOMPRESS", "CACHE", "NOCACHE", "PARALLEL", "NOPARALLEL", "MONITORING", "ONLINE", "COMPUTE", "INMEMORY", "REVERSE") {
		case "TABLESPACE":
			p.ident(959)
		case "PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS":
			p.integer(922)
		case "STORAGE":
			p.skipParentheses()
		case "PARALLEL", "COMPRESS":
			if p.peek().kind == tokNumber {
				p.next()
			}
		case "COMPUTE":
			p.need(922, "STATISTICS")
		case "":
			switch {
			case p.accept("SEGMENT", "CREATION"):
				p.next()
			case p.accept("ORGANIZATION", "HEAP"), p.accept("ROW", "STORE", "COMPRESS"), p.accept("ENABLE", "ROW", "MOVEMENT"),
				p.accept("DISABLE", "ROW", "MOVEMENT"):
			case p.is("PARTITION"), p.is("ORGANIZATION"), p.is("CLUSTER"), p.is("LOB"), p.is("LOCAL"), p.is("GLOBAL"):
				p.fail(unsupported("%s in a table's or index's storage", p.peek().text))
			default:
				return
			}
		}
	}
}

func (p *parser) skipParentheses() {
	p.needOp(906, "(")
	for depth := 1; depth > 0 && p.err == nil; {
		switch t := p.next(); {
		case t.kind == tokEOF:
			p.fail(oraErr(907))
		case t.text == "(" && t.kind == tokOp:
			depth++
		case t.text == ")" && t.kind == tokOp:
			depth--
		}
	}
}

func (p *parser) alterTable() *stmt {
	t := &tableStmt{name: p.objectName(903)}
	for p.err == nil && p.peek().kind != tokEOF && !p.isOp(";") {
		p.alterActions(t)
	}
	if p.err == nil && len(t.actions) == 0 {
		p.fail(oraErr(940))
	}
	return &stmt{kind: DDL, verb: "ALTER TABLE", table: t}
}

func (p *parser) alterActions(t *tableStmt) {
	add := func(a alterAction) { t.actions = append(t.actions, a) }
	switch {
	case p.accept("ADD"):
		p.addElements(t)
	case p.accept("MODIFY"):
		p.modifyColumns(t)
	case p.accept("DROP"):
		add(p.dropAction())
	case p.accept("RENAME", "TO"):
		add(alterAction{verb: "RENAME", new: p.ident(903)})
	case p.accept("RENAME", "COLUMN"), p.accept("RENAME", "CONSTRAINT"):
		a := alterAction{verb: "RENAME " + p.toks[p.i-1].text}
		a.old = p.ident(904)
		p.need(905, "TO")
		a.new = p.ident(904)
		add(a)
	case p.is("ENABLE"), p.is("DISABLE"):
		verb := p.next().text
		p.accept("VALIDATE")
		if verb == "ENABLE" && p.accept("ROW", "MOVEMENT") {
			add(alterAction{verb: "NOTHING"})
			return
		}
		if !p.accept("CONSTRAINT") {
			p.fail(unsupported("%s without CONSTRAINT", verb))
		}
		add(alterAction{verb: verb, old: p.ident(904)})
	default:
		n := p.i
		p.physicalOptions()
		if p.err == nil && p.i == n {
			p.fail(oraErr(1735))
		}
		add(alterAction{verb: "NOTHING"})
	}
}

func (p *parser) addElements(t *tableStmt) {
	one := func() {
		if c, ok := p.tableConstraint(); ok {
			t.actions = append(t.actions, alterAction{verb: "ADD CONSTRAINT", constraint: c})
			return
		}
		col, cons := p.columnDef(false)
		t.actions = append(t.actions, alterAction{verb: "ADD", column: col})
		for _, c := range cons {
			t.actions = append(t.actions, alterAction{verb: "ADD CONSTRAINT", constraint: c})
		}
	}
	if !p.op("(") {
		p.accept("COLUMN")
		one()
		return
	}
	for p.err == nil {
		one()
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
}

func (p *parser) modifyColumns(t *tableStmt) {
	if p.is("CONSTRAINT") || p.is("PARTITION") || p.is("LOB") {
		p.fail(unsupported("MODIFY %s", p.peek().text))
	}
	one := func() {
		col, cons := p.columnDef(true)
		t.actions = append(t.actions, alterAction{verb: "MODIFY", column: col})
		for _, c := range cons {
			t.actions = append(t.actions, alterAction{verb: "ADD CONSTRAINT", constraint: c})
		}
	}
	if !p.op("(") {
		one()
		return
	}
	for p.err == nil {
		one()
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
}

func (p *parser) dropAction() alterAction {
	a := alterAction{}
	switch {
	case p.accept("COLUMN"):
		a.verb, a.names = "DROP COLUMN", []string{p.ident(904)}
	case p.op("("):
		a.verb, a.names = "DROP COLUMN", p.nameList()
	case p.accept("CONSTRAINT"):
		a.verb, a.old = "DROP CONSTRAINT", p.ident(904)
	case p.accept("PRIMARY", "KEY"):
		a.verb = "DROP PRIMARY KEY"
	case p.accept("UNIQUE"):
		p.needOp(906, "(")
		a.verb, a.names = "DROP UNIQUE", p.nameList()
	default:
		p.fail(oraErr(905))
	}
	for p.err == nil {
		switch {
		case p.accept("CASCADE", "CONSTRAINTS"), p.accept("CASCADE"):
			a.cascade = true
		case p.accept("KEEP", "INDEX"), p.accept("DROP", "INDEX"), p.accept("ONLINE"):
		default:
			return a
		}
	}
	return a
}

func (p *parser) createIndex(unique bool) *stmt {
	m := &miscStmt{flag: unique, options: map[string]string{}}
	m.name = p.objectName(953)
	p.need(969, "ON")
	table := p.objectName(903)
	m.options["schema"], m.options["table"] = table.schema, table.name
	p.needOp(906, "(")
	for p.err == nil {
		var c indexCol
		text := p.source(func() { c.x = p.expression() })
		m.names = append(m.names, text)
		if p.accept("DESC") {
			c.desc = true
		} else {
			p.accept("ASC")
		}
		m.cols = append(m.cols, c)
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
	p.physicalOptions()
	return &stmt{kind: DDL, verb: "CREATE INDEX", misc: m}
}

func (p *parser) sequenceOptions() *sequenceOptions {
	o := &sequenceOptions{}
	value := func() *int64 {
		n := p.integer(1722)
		return &n
	}
	for p.err == nil {
		switch p.acceptAny("START", "INCREMENT", "MINVALUE", "MAXVALUE", "NOMINVALUE", "NOMAXVALUE", "CYCLE", "NOCYCLE", "CACHE",
			"NOCACHE", "ORDER", "NOORDER", "KEEP", "NOKEEP", "RESTART", "SCALE", "NOSCALE", "GLOBAL", "SESSION") {
		case "START":
			p.need(905, "WITH")
			if p.is("LIMIT") {
				p.fail(unsupported("START WITH LIMIT VALUE"))
			}
			o.start = value()
		case "INCREMENT":
			p.need(905, "BY")
			o.increment = value()
		case "MINVALUE":
			o.minValue = value()
		case "MAXVALUE":
			o.maxValue = value()
		case "CYCLE":
			o.cycle = true
		case "CACHE":
			p.integer(1722)
		case "RESTART":
			o.restart = true
		case "SCALE", "SESSION":
			p.fail(unsupported("this kind of sequence"))
		case "":
			return o
		}
	}
	return o
}
