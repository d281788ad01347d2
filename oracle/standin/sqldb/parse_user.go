package sqldb

import "strings"

func (p *parser) userStmt(verb string) *stmt {
	m := &miscStmt{options: map[string]string{}}
	m.flag = verb == "CREATE USER" && p.accept("IF", "NOT", "EXISTS")
	m.text = p.ident(987)
	for p.err == nil {
		switch p.acceptAny("IDENTIFIED", "ACCOUNT", "QUOTA", "DEFAULT", "TEMPORARY", "PROFILE", "PASSWORD", "CONTAINER") {
		case "IDENTIFIED":
			p.identifiedBy(m)
		case "ACCOUNT":
			m.options["account"] = p.acceptAny("LOCK", "UNLOCK")
			if m.options["account"] == "" {
				p.fail(oraErr(922))
			}
		case "QUOTA":
			p.quota(m)
		case "DEFAULT", "TEMPORARY":
			if p.accept("ROLE") {
				p.defaultRole()
			} else {
				p.need(922, "TABLESPACE")
				m.options["tablespace"] = p.ident(959)
			}
		case "PROFILE":
			p.next()
		case "PASSWORD":
			p.need(922, "EXPIRE")
			p.fail(unsupported("PASSWORD EXPIRE"))
		case "CONTAINER":
			p.needOp(922, "=")
			p.next()
		case "":
			return &stmt{kind: DDL, verb: verb, misc: m}
		}
	}
	return &stmt{kind: DDL, verb: verb, misc: m}
}

// identifiedBy reads a password: case counts, with and without quotes.
func (p *parser) identifiedBy(m *miscStmt) {
	if !p.accept("BY") {
		p.fail(unsupported("IDENTIFIED %s", p.peek().text))
		return
	}
	t := p.next()
	switch t.kind {
	case tokQuoted:
		m.options["password"] = t.text
	case tokWord, tokNumber:
		m.options["password"] = p.sql[t.pos:t.end]
	default:
		p.i--
		p.fail(oraErr(988))
	}
	m.options["identified"] = "yes"
	if p.accept("REPLACE") {
		p.next()
	}
}

// quota reads QUOTA UNLIMITED ON users, QUOTA 10M ON users.
func (p *parser) quota(m *miscStmt) {
	some := p.accept("UNLIMITED")
	if !some {
		some = p.integer(922) != 0
		p.acceptAny("K", "M", "G", "T")
	}
	p.need(922, "ON")
	name := p.ident(959)
	if some {
		m.options["quotaOn"] = name
	}
}

func (p *parser) defaultRole() {
	for p.err == nil {
		p.next()
		if !p.op(",") {
			return
		}
	}
}

// grant reads GRANT and REVOKE: m.names are the privileges, m.cols unused,
// m.options["to"] the grantees joined by commas, m.name the object if any.
func (p *parser) grant(verb, direction string) *stmt {
	m := &miscStmt{options: map[string]string{}}
	var words []string
	for p.err == nil && !p.is("ON") && !p.is(direction) {
		t := p.next()
		switch {
		case t.kind == tokOp && t.text == ",":
			m.names = append(m.names, strings.Join(words, " "))
			words = nil
		case t.kind == tokOp && t.text == "(":
			p.fail(unsupported("privileges on columns"))
		case t.kind == tokWord || t.kind == tokQuoted:
			words = append(words, t.text)
		default:
			p.i--
			p.fail(oraErr(990))
		}
	}
	if len(words) == 0 {
		p.fail(oraErr(990))
	}
	m.names = append(m.names, strings.Join(words, " "))
	if p.accept("ON") {
		if p.is("DIRECTORY") || p.is("JAVA") || p.is("TYPE") {
			p.fail(unsupported("privileges on a %s", p.peek().text))
		}
		m.name = p.objectName(903)
	}
	p.need(905, direction)
	var to []string
	for p.err == nil {
		if p.accept("PUBLIC") {
			to = append(to, "PUBLIC")
		} else {
			to = append(to, p.ident(987))
		}
		if !p.op(",") {
			break
		}
	}
	m.options["to"] = strings.Join(to, ",")
	if p.is("IDENTIFIED") {
		p.fail(unsupported("GRANT ... IDENTIFIED BY"))
	}
	p.accept("WITH", "GRANT", "OPTION")
	p.accept("WITH", "ADMIN", "OPTION")
	p.accept("CASCADE", "CONSTRAINTS")
	if p.accept("CONTAINER") {
		p.needOp(922, "=")
		p.next()
	}
	return &stmt{kind: DDL, verb: verb, misc: m}
}
