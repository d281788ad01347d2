package sqldb

import "slices"

// A parser walks over a statement's tokens. The first error sticks and moves
// the parser to the end, so that callers need not look at it on the way.
type parser struct {
	sql   string
	toks  []token
	i     int
	depth int
	err   *Error
	binds []Bind
	plsql bool
}

// parse reads one statement.
func parse(sql string) (*stmt, error) { return parseNested(sql, 0) }

// parseNested reads a statement that stands in another one.
func parseNested(sql string, depth int) (*stmt, error) {
	toks, lexErr := lex(sql)
	if lexErr != nil {
		return nil, lexErr
	}
	p := &parser{sql: sql, toks: toks, depth: depth}
	st := p.statement()
	if p.err == nil {
		if p.op(";") && st.kind != Block {
			p.i--
			p.fail(oraErr(933))
		} else if p.peek().kind != tokEOF {
			p.fail(p.trailing())
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	st.binds = p.binds
	return st, nil
}

// trailing is the error for text behind a complete statement.
func (p *parser) trailing() *Error {
	if p.peek().text == ";" {
		return oraErr(911)
	}
	return oraErr(933)
}

func (p *parser) fail(err *Error) {
	if p.err == nil {
		if err.Offset == 0 {
			err.Offset = p.peek().pos
		}
		p.err = err
	}
	p.i = len(p.toks) - 1
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) peekAt(n int) token {
	return p.toks[min(p.i+n, len(p.toks)-1)]
}

func (p *parser) next() token {
	t := p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// is reports whether the next tokens are these words.
func (p *parser) is(words ...string) bool {
	for n, w := range words {
		if t := p.peekAt(n); t.kind != tokWord || t.text != w {
			return false
		}
	}
	return true
}

// accept skips these words if they are next.
func (p *parser) accept(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	for range words {
		p.next()
	}
	return true
}

// acceptAny skips one of the words and returns it.
func (p *parser) acceptAny(words ...string) string {
	if t := p.peek(); t.kind == tokWord && slices.Contains(words, t.text) {
		p.next()
		return t.text
	}
	return ""
}

func (p *parser) isOp(op string) bool {
	t := p.peek()
	return t.kind == tokOp && t.text == op
}

func (p *parser) op(op string) bool {
	if !p.isOp(op) {
		return false
	}
	p.next()
	return true
}

// need requires a word, needOp an operator; code is the error without it.
func (p *parser) need(code int, words ...string) {
	if p.err == nil && !p.accept(words...) {
		p.fail(oraErr(code))
	}
}

func (p *parser) needOp(code int, op string) {
	if p.err == nil && !p.op(op) {
		p.fail(oraErr(code))
	}
}

func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.fail(unsupported("expressions and queries nested over %d deep", maxDepth))
		return false
	}
	return p.err == nil
}

func (p *parser) leave() { p.depth-- }

// long bounds chains such as a + b + c, whose trees are as deep as they are
// long.
func (p *parser) long(n int) {
	if n > maxChain {
		p.fail(unsupported("chains of more than %d operators", maxChain))
	}
}

// isName reports whether t can be a name.
func isName(t token) bool {
	return t.kind == tokQuoted || t.kind == tokWord && !reserved(t.text)
}

// ident reads a name; code is the error if there is none.
func (p *parser) ident(code int) string {
	t := p.peek()
	if !isName(t) {
		p.fail(oraErr(code, t.text))
		return ""
	}
	return p.next().text
}

// objectName reads [schema.]name.
func (p *parser) objectName(code int) objectName {
	n := objectName{pos: p.peek().pos}
	n.name = p.ident(code)
	if p.op(".") {
		n.schema, n.name = n.name, p.ident(code)
	}
	if p.isOp("@") {
		p.fail(unsupported("database links"))
	}
	return n
}

// nameList reads (a, b, c) behind the opening parenthesis.
func (p *parser) nameList() []string {
	var out []string
	for p.err == nil {
		name := p.ident(904)
		if p.op(".") {
			name = p.ident(904)
			if p.op(".") {
				name = p.ident(904)
			}
		}
		out = append(out, name)
		if !p.op(",") {
			break
		}
	}
	p.needOp(907, ")")
	return out
}

// integer reads a whole number.
func (p *parser) integer(code int) int64 {
	neg := p.op("-")
	t := p.peek()
	if t.kind != tokNumber {
		p.fail(oraErr(code))
		return 0
	}
	p.next()
	var n int64
	for _, c := range t.text {
		if c < '0' || c > '9' || n > 1<<59 {
			// Sequences may be given bounds of 28 digits.
			if isDigits(t.text) {
				n = 1<<63 - 1
				break
			}
			p.fail(oraErr(code))
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		return -n
	}
	return n
}

func isDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// reserved reports whether Oracle forbids the word as an unquoted name.
func reserved(word string) bool {
	switch word {
	case "ACCESS", "ADD", "ALL", "ALTER", "AND", "ANY", "AS", "ASC", "AUDIT", "BETWEEN", "BY", "CHAR", "CHECK",
		"CLUSTER", "COLUMN", "COMMENT", "COMPRESS", "CONNECT", "CREATE", "CURRENT", "DATE", "DECIMAL", "DEFAULT",
		"DELETE", "DESC", "DISTINCT", "DROP", "ELSE", "EXCLUSIVE", "EXISTS", "FILE", "FLOAT", "FOR", "FROM",
		"GRANT", "GROUP", "HAVING", "IDENTIFIED", "IMMEDIATE", "IN", "INCREMENT", "INDEX", "INITIAL", "INSERT",
		"INTEGER", "INTERSECT", "INTO", "IS", "LEVEL", "LIKE", "LOCK", "LONG", "MAXEXTENTS", "MINUS", "MLSLABEL",
		"MODE", "MODIFY", "NOAUDIT", "NOCOMPRESS", "NOT", "NOWAIT", "NULL", "NUMBER", "OF", "OFFLINE", "ON",
		"ONLINE", "OPTION", "OR", "ORDER", "PCTFREE", "PRIOR", "PUBLIC", "RAW", "RENAME", "RESOURCE", "ROW",
		"ROWID", "ROWNUM", "ROWS", "SELECT", "SESSION", "SET", "SHARE", "SIZE", "SMALLINT", "START",
		"SUCCESSFUL", "SYNONYM", "SYSDATE", "TABLE", "THEN", "TO", "TRIGGER", "UID", "UNION", "UNIQUE",
		"UPDATE", "USER", "VALIDATE", "VALUES", "VARCHAR", "VARCHAR2", "VIEW", "WHENEVER", "WHERE", "WITH":
		return true
	}
	return false
}
