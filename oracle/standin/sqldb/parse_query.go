package sqldb

import (
	"slices"
	"strings"
)

// subquery reads a query behind its opening parenthesis, and the closing one.
func (p *parser) subquery() *query {
	q := p.query()
	p.needOp(907, ")")
	return q
}

// query reads [WITH ...] SELECT ... [ORDER BY ...] [OFFSET ...] [FETCH ...].
func (p *parser) query() *query {
	q := &query{pos: p.peek().pos, body: &queryBody{sel: &selectBlock{}}}
	if !p.enter() {
		p.leave()
		return q
	}
	defer p.leave()
	if p.accept("WITH") {
		p.with(q)
	}
	q.body = p.setExpr()
	if p.is("CONNECT", "BY") || p.is("START", "WITH") {
		p.fail(unsupported("hierarchical queries"))
	}
	if p.is("ORDER") {
		if p.peekAt(1).text == "SIBLINGS" {
			p.fail(unsupported("hierarchical queries"))
		}
		q.order = p.orderBy()
	}
	p.rowLimit(q)
	p.forUpdate(q)
	return q
}

func (p *parser) with(q *query) {
	for p.err == nil {
		if p.is("FUNCTION") || p.is("PROCEDURE") {
			p.fail(unsupported("functions in WITH"))
		}
		c := cte{name: p.ident(903)}
		if p.op("(") {
			c.cols = p.nameList()
		}
		p.need(905, "AS")
		p.needOp(906, "(")
		c.q = p.subquery()
		q.with = append(q.with, c)
		if p.is("SEARCH") || p.is("CYCLE") {
			p.fail(unsupported("recursive WITH"))
		}
		if !p.op(",") {
			return
		}
	}
}

func (p *parser) setExpr() *queryBody {
	left := p.queryTerm()
	for n := 0; p.err == nil; n++ {
		p.long(2 * n) // SQLite takes 500
		op := p.acceptAny("UNION", "MINUS", "INTERSECT", "EXCEPT")
		if op == "" {
			break
		}
		if p.accept("ALL") {
			if op != "UNION" {
				p.fail(unsupported("%s ALL", op))
			}
			op += " ALL"
		}
		left = &queryBody{op: op, left: left, right: p.queryTerm()}
	}
	return left
}

func (p *parser) queryTerm() *queryBody {
	if p.op("(") {
		if !p.startsQuery() {
			p.fail(oraErr(928))
		}
		return &queryBody{nested: p.subquery()}
	}
	p.need(928, "SELECT")
	return &queryBody{sel: p.selectBlock()}
}

func (p *parser) selectBlock() *selectBlock {
	s := &selectBlock{}
	if p.acceptAny("DISTINCT", "UNIQUE") != "" {
		s.distinct = true
	} else {
		p.accept("ALL")
	}
	for p.err == nil {
		s.items = append(s.items, p.selectItem())
		if !p.op(",") {
			break
		}
	}
	if p.plsql && p.accept("INTO") {
		s.into = p.intoBinds()
	}
	if p.accept("BULK") {
		p.fail(unsupported("BULK COLLECT"))
	}
	p.need(923, "FROM")
	for p.err == nil {
		s.from = append(s.from, p.joinedTable())
		if !p.op(",") {
			break
		}
	}
	if p.accept("WHERE") {
		s.where = p.expression()
	}
	if p.is("CONNECT", "BY") || p.is("START", "WITH") {
		p.fail(unsupported("hierarchical queries"))
	}
	p.groupBy(s)
	for _, word := range []string{"MODEL", "WINDOW", "QUALIFY"} {
		if p.is(word) {
			p.fail(unsupported("%s", word))
		}
	}
	return s
}

func (p *parser) groupBy(s *selectBlock) {
	if p.accept("GROUP", "BY") {
		for p.err == nil {
			if p.is("ROLLUP") || p.is("CUBE") || p.is("GROUPING") {
				p.fail(unsupported("GROUP BY %s", p.peek().text))
			}
			s.group = append(s.group, p.expression())
			if !p.op(",") {
				break
			}
		}
	}
	if p.accept("HAVING") {
		s.having = p.expression()
		if s.group == nil && p.is("GROUP") {
			p.groupBy(s)
		}
	}
}

func (p *parser) selectItem() selectItem {
	if p.isOp("*") {
		return selectItem{x: &expr{kind: eStar, pos: p.next().pos}}
	}
	start := p.i
	it := selectItem{x: p.expression()}
	if it.x.kind != eColumn {
		it.x.source = p.compact(start)
	}
	if p.accept("AS") {
		it.alias = p.ident(923)
	} else if isName(p.peek()) {
		it.alias = p.next().text
	}
	return it
}

func (p *parser) joinedTable() *tableRef {
	t := p.tableRef()
	for n := 0; p.err == nil; n++ {
		p.long(10 * n) // SQLite takes 64
		pos := p.peek().pos
		natural := p.is("NATURAL") && slices.Contains([]string{"JOIN", "INNER", "LEFT", "RIGHT", "FULL"}, p.peekAt(1).text)
		if natural {
			p.next()
		}
		kind := p.joinKind()
		if kind == "" {
			return t
		}
		j := &tableRef{join: kind, left: t, natural: natural, pos: pos}
		j.right = p.tableRef()
		switch {
		case natural || kind == "CROSS":
		case p.accept("ON"):
			j.on = p.expression()
		case p.accept("USING"):
			p.needOp(906, "(")
			j.using = p.nameList()
		default:
			p.fail(oraErr(905))
		}
		t = j
	}
	return t
}

func (p *parser) joinKind() string {
	switch {
	case p.accept("JOIN"), p.accept("INNER", "JOIN"):
		return "INNER"
	case p.accept("CROSS", "JOIN"):
		return "CROSS"
	case p.is("CROSS", "APPLY"), p.is("OUTER", "APPLY"):
		p.fail(unsupported("APPLY"))
	}
	for _, kind := range []string{"LEFT", "RIGHT", "FULL"} {
		if p.accept(kind, "JOIN") || p.accept(kind, "OUTER", "JOIN") {
			return kind
		}
	}
	return ""
}

func (p *parser) tableRef() *tableRef {
	t := &tableRef{pos: p.peek().pos}
	switch {
	case p.is("LATERAL"), p.is("TABLE"), p.is("XMLTABLE"), p.is("JSON_TABLE"), p.is("ONLY"):
		p.fail(unsupported("%s in FROM", p.peek().text))
	case p.op("("):
		if !p.startsQuery() {
			t = p.joinedTable()
			p.needOp(907, ")")
			return t
		}
		t.sub = p.subquery()
	default:
		t.name = p.objectName(903)
	}
	for _, word := range []string{"PARTITION", "SUBPARTITION", "SAMPLE", "PIVOT", "UNPIVOT", "VERSIONS", "MATCH_RECOGNIZE"} {
		if p.is(word) && p.peekAt(1).text == "(" || p.is("AS", "OF") {
			p.fail(unsupported("%s behind a table", p.peek().text))
		}
	}
	if isName(p.peek()) && !tableSuffix(p.peek()) {
		t.alias = p.next().text
	}
	return t
}

// tableSuffix reports whether a word that could be an alias goes on with the
// statement instead.
func tableSuffix(t token) bool {
	if t.kind == tokQuoted {
		return false
	}
	switch t.text {
	case "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "OUTER", "USING", "FETCH", "OFFSET",
		"RETURNING", "RETURN", "WHEN", "LOG", "WINDOW", "MODEL", "QUALIFY":
		return true
	}
	return false
}

func (p *parser) orderBy() []orderItem {
	p.next()
	p.need(905, "BY")
	var out []orderItem
	for p.err == nil {
		it := orderItem{x: p.expression()}
		if p.accept("DESC") {
			it.desc = true
		} else {
			p.accept("ASC")
		}
		if p.accept("NULLS") {
			it.nullsGiven = true
			it.nullsFirst = p.accept("FIRST")
			if !it.nullsFirst {
				p.need(905, "LAST")
			}
		}
		out = append(out, it)
		if !p.op(",") {
			break
		}
	}
	return out
}

func (p *parser) rowLimit(q *query) {
	if p.accept("OFFSET") {
		q.offset = p.sum()
		if p.acceptAny("ROW", "ROWS") == "" {
			p.fail(oraErr(905))
		}
	}
	if !p.accept("FETCH") {
		return
	}
	if p.acceptAny("FIRST", "NEXT") == "" {
		p.fail(oraErr(905))
	}
	q.fetch = &expr{kind: eNumber, text: "1"}
	if !p.is("ROW") && !p.is("ROWS") {
		q.fetch = p.sum()
	}
	if p.is("PERCENT") {
		p.fail(unsupported("FETCH PERCENT"))
	}
	if p.acceptAny("ROW", "ROWS") == "" {
		p.fail(oraErr(905))
	}
	if p.is("WITH", "TIES") {
		p.fail(unsupported("WITH TIES"))
	}
	p.need(905, "ONLY")
}

func (p *parser) forUpdate(q *query) {
	if !p.accept("FOR", "UPDATE") {
		return
	}
	q.forUpdate = true
	if p.accept("OF") {
		p.exprList()
	}
	switch {
	case p.accept("NOWAIT"):
		q.nowait = true
	case p.accept("WAIT"):
		p.integer(905)
	case p.accept("SKIP", "LOCKED"):
	}
}

// compact is the text from a token on as Oracle names columns after it: upper
// case, without blanks.
func (p *parser) compact(start int) string {
	var b strings.Builder
	for _, t := range p.toks[start:p.i] {
		if t.kind == tokWord {
			b.WriteString(t.text)
		} else {
			b.WriteString(p.sql[t.pos:t.end])
		}
		if b.Len() > maxIdent {
			break
		}
	}
	return b.String()
}
