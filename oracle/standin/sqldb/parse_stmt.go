package sqldb

// statement reads any statement.
func (p *parser) statement() *stmt {
	t := p.peek()
	switch {
	case t.kind == tokEOF:
		p.fail(oraErr(900))
	case p.is("SELECT"), p.is("WITH"), p.isOp("("):
		if !p.startsQuery() {
			break
		}
		return &stmt{kind: Query, verb: "SELECT", query: p.query()}
	case p.is("BEGIN"):
		return p.blockStmt()
	case p.is("DECLARE"), p.isOp("<"), p.is("CALL"):
		p.fail(unsupported("PL/SQL beyond simple BEGIN ... END blocks"))
	default:
		if st := p.dml(); st != nil {
			return st
		}
		if st := p.control(); st != nil {
			return st
		}
		if st := p.ddl(); st != nil {
			return st
		}
	}
	p.fail(oraErr(900))
	return &stmt{}
}

func (p *parser) dml() *stmt {
	switch p.acceptAny("INSERT", "UPDATE", "DELETE", "MERGE") {
	case "INSERT":
		return p.insert()
	case "UPDATE":
		return p.update()
	case "DELETE":
		return p.delete()
	case "MERGE":
		return p.merge()
	}
	return nil
}

func (p *parser) control() *stmt {
	switch {
	case p.accept("COMMIT"):
		p.accept("WORK")
		if p.accept("COMMENT") {
			p.next()
		}
		if p.accept("WRITE") {
			for p.acceptAny("WAIT", "NOWAIT", "IMMEDIATE", "BATCH") != "" {
			}
		}
		return &stmt{kind: Control, verb: "COMMIT"}
	case p.accept("ROLLBACK"):
		p.accept("WORK")
		st := &stmt{kind: Control, verb: "ROLLBACK"}
		if p.accept("TO") {
			p.accept("SAVEPOINT")
			st.verb = "ROLLBACK TO"
			st.misc = &miscStmt{text: p.ident(3001)}
		}
		return st
	case p.accept("SAVEPOINT"):
		return &stmt{kind: Control, verb: "SAVEPOINT", misc: &miscStmt{text: p.ident(3001)}}
	case p.accept("SET"):
		return p.setStmt()
	case p.accept("LOCK", "TABLE"):
		return p.lockTable()
	case p.accept("ALTER", "SESSION"):
		return p.alterSession()
	case p.accept("ALTER", "SYSTEM"):
		return p.alterSystem()
	}
	return nil
}

func (p *parser) setStmt() *stmt {
	switch {
	case p.accept("TRANSACTION"):
		m := &miscStmt{}
		switch {
		case p.accept("READ", "ONLY"):
			p.fail(unsupported("SET TRANSACTION READ ONLY"))
		case p.accept("READ", "WRITE"):
		case p.accept("ISOLATION", "LEVEL"):
			if !p.accept("READ", "COMMITTED") {
				p.fail(unsupported("ISOLATION LEVEL SERIALIZABLE"))
			}
		}
		if p.accept("NAME") {
			p.next()
		}
		return &stmt{kind: Control, verb: "SET TRANSACTION", misc: m}
	case p.is("CONSTRAINT"), p.is("CONSTRAINTS"):
		p.fail(unsupported("SET CONSTRAINTS"))
	case p.is("ROLE"):
		p.fail(unsupported("SET ROLE"))
	}
	p.fail(oraErr(922))
	return &stmt{kind: Control}
}

func (p *parser) lockTable() *stmt {
	m := &miscStmt{name: p.objectName(903)}
	if p.isOp(",") {
		p.fail(unsupported("LOCK TABLE of several tables"))
	}
	p.need(905, "IN")
	for p.err == nil && !p.is("MODE") && p.peek().kind == tokWord {
		p.next()
	}
	p.need(905, "MODE")
	m.flag = p.accept("NOWAIT")
	if p.accept("WAIT") {
		p.integer(905)
	}
	return &stmt{kind: Control, verb: "LOCK TABLE", misc: m}
}

func (p *parser) alterSession() *stmt {
	m := &miscStmt{options: map[string]string{}}
	switch {
	case p.accept("SET"):
		for p.err == nil && (p.peek().kind == tokWord || p.peek().kind == tokQuoted) {
			name := p.next().text
			p.needOp(2248, "=")
			t := p.next()
			value := t.text
			if t.kind == tokOp && (t.text == "-" || t.text == "+") {
				value += p.next().text
			}
			if t.kind == tokEOF {
				p.fail(oraErr(2248))
			}
			m.options[name] = value
		}
		if len(m.options) == 0 {
			p.fail(oraErr(2248))
		}
	case p.is("ENABLE"), p.is("DISABLE"), p.is("CLOSE"), p.is("FORCE"), p.is("ADVISE"), p.is("SYNC"):
		p.fail(unsupported("ALTER SESSION %s", p.peek().text))
	default:
		p.fail(oraErr(2248))
	}
	return &stmt{kind: Control, verb: "ALTER SESSION", misc: m}
}

func (p *parser) alterSystem() *stmt {
	verb := ""
	switch {
	case p.accept("REGISTER"):
		verb = "ALTER SYSTEM REGISTER"
	case p.accept("CHECKPOINT"), p.accept("SWITCH", "LOGFILE"), p.accept("FLUSH", "SHARED_POOL"), p.accept("FLUSH", "BUFFER_CACHE"):
		verb = "NOTHING"
	default:
		p.fail(unsupported("ALTER SYSTEM %s", p.peek().text))
	}
	return &stmt{kind: Control, verb: verb}
}

func (p *parser) ddl() *stmt {
	switch {
	case p.accept("CREATE"):
		return p.create()
	case p.accept("ALTER", "TABLE"):
		return p.alterTable()
	case p.accept("ALTER", "USER"):
		return p.userStmt("ALTER USER")
	case p.accept("ALTER", "SEQUENCE"):
		m := &miscStmt{name: p.objectName(903)}
		m.seq = p.sequenceOptions()
		return &stmt{kind: DDL, verb: "ALTER SEQUENCE", misc: m}
	case p.accept("ALTER", "INDEX"):
		return p.alterIndex()
	case p.accept("ALTER"):
		p.fail(unsupported("ALTER %s", p.peek().text))
	case p.accept("DROP"):
		return p.drop()
	case p.accept("TRUNCATE", "TABLE"):
		m := &miscStmt{name: p.objectName(903)}
		for p.acceptAny("DROP", "REUSE", "STORAGE", "ALL", "CASCADE", "PURGE", "PRESERVE", "MATERIALIZED", "VIEW", "LOG") != "" {
			m.flag = m.flag || p.toks[p.i-1].text == "CASCADE"
		}
		return &stmt{kind: DDL, verb: "TRUNCATE", misc: m}
	case p.accept("RENAME"):
		m := &miscStmt{name: p.objectName(903)}
		p.need(905, "TO")
		m.text = p.ident(903)
		return &stmt{kind: DDL, verb: "RENAME", misc: m}
	case p.accept("COMMENT"):
		return p.comment()
	case p.accept("GRANT"):
		return p.grant("GRANT", "TO")
	case p.accept("REVOKE"):
		return p.grant("REVOKE", "FROM")
	case p.accept("PURGE"):
		if p.accept("RECYCLEBIN") || p.accept("DBA_RECYCLEBIN") {
			return &stmt{kind: DDL, verb: "NOTHING"}
		}
		p.fail(unsupported("PURGE"))
	case p.is("ANALYZE"), p.is("EXPLAIN"), p.is("FLASHBACK"), p.is("AUDIT"), p.is("NOAUDIT"):
		p.fail(unsupported("%s", p.peek().text))
	}
	return nil
}

func (p *parser) create() *stmt {
	replace := p.accept("OR", "REPLACE")
	if p.accept("FORCE") || p.accept("NO", "FORCE") || p.accept("NOFORCE") || p.accept("EDITIONABLE") {
		if !p.is("VIEW") {
			p.fail(unsupported("CREATE %s", p.peek().text))
		}
	}
	switch {
	case p.accept("VIEW"):
		return p.createView(replace)
	case replace:
		p.fail(unsupported("CREATE OR REPLACE %s", p.peek().text))
	case p.accept("TABLE"):
		return p.createTable()
	case p.accept("UNIQUE", "INDEX"):
		return p.createIndex(true)
	case p.accept("INDEX"):
		return p.createIndex(false)
	case p.accept("SEQUENCE"):
		m := &miscStmt{flag: p.accept("IF", "NOT", "EXISTS"), name: p.objectName(903)}
		m.seq = p.sequenceOptions()
		return &stmt{kind: DDL, verb: "CREATE SEQUENCE", misc: m}
	case p.accept("USER"):
		return p.userStmt("CREATE USER")
	case p.accept("ROLE"):
		m := &miscStmt{text: p.ident(903)}
		p.accept("NOT", "IDENTIFIED")
		return &stmt{kind: DDL, verb: "CREATE ROLE", misc: m}
	default:
		p.fail(unsupported("CREATE %s", p.peek().text))
	}
	return &stmt{kind: DDL}
}

func (p *parser) createView(replace bool) *stmt {
	m := &miscStmt{flag: replace, name: p.objectName(903)}
	if p.op("(") {
		m.names = p.nameList()
	}
	p.need(905, "AS")
	m.text = p.source(func() { m.query = p.query() })
	if p.accept("WITH", "READ", "ONLY") {
		p.accept("CONSTRAINT")
	}
	if p.is("WITH", "CHECK", "OPTION") {
		p.fail(unsupported("WITH CHECK OPTION"))
	}
	return &stmt{kind: DDL, verb: "CREATE VIEW", misc: m}
}

func (p *parser) drop() *stmt {
	m := &miscStmt{options: map[string]string{}}
	what := p.acceptAny("TABLE", "VIEW", "INDEX", "SEQUENCE", "USER", "ROLE")
	if what == "" {
		p.fail(unsupported("DROP %s", p.peek().text))
	}
	if p.accept("IF", "EXISTS") {
		m.options["ifExists"] = "yes"
	}
	m.name = p.objectName(903)
	for p.err == nil {
		switch p.acceptAny("CASCADE", "CONSTRAINTS", "PURGE", "FORCE", "ONLINE") {
		case "CASCADE":
			m.flag = true
		case "":
			return &stmt{kind: DDL, verb: "DROP " + what, misc: m}
		}
	}
	return &stmt{kind: DDL, verb: "DROP " + what, misc: m}
}

func (p *parser) alterIndex() *stmt {
	m := &miscStmt{name: p.objectName(953)}
	verb := "NOTHING"
	switch {
	case p.accept("RENAME", "TO"):
		verb, m.text = "RENAME INDEX", p.ident(953)
	case p.accept("REBUILD"):
		p.physicalOptions()
	default:
		p.fail(unsupported("ALTER INDEX %s", p.peek().text))
	}
	return &stmt{kind: DDL, verb: verb, misc: m}
}

func (p *parser) comment() *stmt {
	p.need(905, "ON")
	m := &miscStmt{options: map[string]string{}}
	switch p.acceptAny("TABLE", "COLUMN") {
	case "TABLE":
		m.name = p.objectName(903)
	case "COLUMN":
		parts := []string{p.ident(903)}
		for p.op(".") {
			parts = append(parts, p.ident(904))
		}
		if n := len(parts); n < 2 || n > 3 {
			p.fail(oraErr(1747))
		} else {
			m.options["column"] = parts[n-1]
			m.name = objectName{name: parts[n-2]}
			if n == 3 {
				m.name.schema = parts[0]
			}
		}
	default:
		p.fail(unsupported("COMMENT ON %s", p.peek().text))
	}
	p.need(905, "IS")
	t := p.next()
	if t.kind != tokString {
		p.fail(oraErr(1780))
	}
	m.text = t.text
	return &stmt{kind: DDL, verb: "COMMENT", misc: m}
}
