package sqldb

import "strings"

// A tableDef is what the catalog keeps of a table.
type tableDef struct {
	Name        string          `json:"name"`
	Columns     []columnDef     `json:"columns"`
	Constraints []constraintDef `json:"constraints,omitempty"`
	Indexes     []indexDef      `json:"indexes,omitempty"`
	Comment     string          `json:"comment,omitempty"`
}

type columnDef struct {
	Name        string       `json:"name"`
	Type        columnType   `json:"type"`
	NotNull     bool         `json:"notNull,omitempty"`
	NotNullName string       `json:"notNullName,omitempty"`
	Default     string       `json:"default,omitempty"` // SQL text
	OnNull      bool         `json:"onNull,omitempty"`
	Identity    *identityDef `json:"identity,omitempty"`
	Comment     string       `json:"comment,omitempty"`

	nullGiven, typeGiven, defaultGiven bool // for ALTER TABLE MODIFY
}

type identityDef struct {
	Always   bool   `json:"always,omitempty"`
	Sequence string `json:"sequence"`

	options *sequenceOptions
}

type constraintDef struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind"` // P, U, R or C
	Columns   []string `json:"columns,omitempty"`
	Check     string   `json:"check,omitempty"` // SQL text
	RefTable  string   `json:"refTable,omitempty"`
	RefCols   []string `json:"refCols,omitempty"`
	OnDelete  string   `json:"onDelete,omitempty"`
	Deferred  bool     `json:"deferred,omitempty"`
	Disabled  bool     `json:"disabled,omitempty"`
	Generated bool     `json:"generated,omitempty"`

	refSchema string
}

type indexDef struct {
	Name   string   `json:"name"`
	Unique bool     `json:"unique,omitempty"`
	Terms  []string `json:"terms"` // column names or SQL text
	Desc   []bool   `json:"desc"`
	IsExpr []bool   `json:"isExpr"`
}

// A tableStmt is CREATE TABLE or ALTER TABLE.
type tableStmt struct {
	name        objectName
	def         tableDef
	as          *query
	ifNotExists bool
	actions     []alterAction
}

type alterAction struct {
	verb       string // ADD, MODIFY, DROP COLUMN, DROP CONSTRAINT, DROP PRIMARY KEY, RENAME ...
	column     columnDef
	constraint constraintDef
	old, new   string
	names      []string
	cascade    bool
}

func (p *parser) createTable() *stmt {
	t := &tableStmt{}
	t.ifNotExists = p.accept("IF", "NOT", "EXISTS")
	t.name = p.objectName(903)
	t.def.Name = t.name.name
	if p.op("(") {
		for p.err == nil {
			p.tableElement(&t.def)
			if !p.op(",") {
				break
			}
		}
		p.needOp(907, ")")
	}
	p.physicalOptions()
	if p.accept("AS") {
		t.as = p.query()
	}
	if p.err == nil && t.as == nil && len(t.def.Columns) == 0 {
		p.fail(oraErr(906))
	}
	return &stmt{kind: DDL, verb: "CREATE TABLE", table: t}
}

func (p *parser) tableElement(def *tableDef) {
	if c, ok := p.tableConstraint(); ok {
		def.Constraints = append(def.Constraints, c)
		return
	}
	col, cons := p.columnDef(false)
	def.Columns = append(def.Columns, col)
	def.Constraints = append(def.Constraints, cons...)
}

// tableConstraint reads [CONSTRAINT name] PRIMARY KEY (...) and its like.
func (p *parser) tableConstraint() (constraintDef, bool) {
	var c constraintDef
	named := p.is("CONSTRAINT")
	if !named && !p.is("PRIMARY", "KEY") && !p.is("FOREIGN", "KEY") && !p.is("UNIQUE") && !p.is("CHECK") {
		return c, false
	}
	if named {
		p.next()
		c.Name = p.ident(904)
	}
	columns := func() {
		p.needOp(906, "(")
		c.Columns = p.nameList()
	}
	switch {
	case p.accept("PRIMARY", "KEY"):
		c.Kind = "P"
		columns()
	case p.accept("UNIQUE"):
		c.Kind = "U"
		columns()
	case p.accept("FOREIGN", "KEY"):
		columns()
		p.need(905, "REFERENCES")
		p.references(&c)
	case p.accept("CHECK"):
		p.check(&c)
	default:
		p.fail(oraErr(904, "CONSTRAINT"))
	}
	p.constraintState(&c)
	return c, true
}

func (p *parser) check(c *constraintDef) {
	c.Kind = "C"
	p.needOp(906, "(")
	c.Check = p.source(func() { p.expression() })
	p.needOp(907, ")")
}

// source returns the text that read walked over.
func (p *parser) source(read func()) string {
	binds := len(p.binds)
	start := p.peek().pos
	first := p.i
	read()
	if len(p.binds) > binds {
		p.fail(oraErr(1027))
	}
	if p.err != nil || p.i == first {
		return ""
	}
	return strings.TrimSpace(p.sql[start:p.toks[p.i-1].end])
}

func (p *parser) references(c *constraintDef) {
	c.Kind = "R"
	n := p.objectName(903)
	c.refSchema, c.RefTable = n.schema, n.name
	if p.op("(") {
		c.RefCols = p.nameList()
	}
	if p.accept("ON", "DELETE") {
		switch {
		case p.accept("CASCADE"):
			c.OnDelete = "CASCADE"
		case p.accept("SET", "NULL"):
			c.OnDelete = "SET NULL"
		default:
			p.fail(oraErr(905))
		}
	}
}

func (p *parser) constraintState(c *constraintDef) {
	for p.err == nil {
		switch {
		case p.accept("ENABLE"), p.accept("VALIDATE"), p.accept("NORELY"), p.accept("RELY"),
			p.accept("NOT", "DEFERRABLE"), p.accept("DEFERRABLE"), p.accept("INITIALLY", "IMMEDIATE"):
		case p.accept("INITIALLY", "DEFERRED"):
			if c.Kind != "R" {
				p.fail(unsupported("deferred constraints other than foreign keys"))
			}
			c.Deferred = true
		case p.accept("DISABLE"):
			c.Disabled = true
		case p.is("NOVALIDATE"):
			p.fail(unsupported("NOVALIDATE"))
		case p.accept("USING", "INDEX"):
			p.usingIndex()
		default:
			return
		}
	}
}

func (p *parser) usingIndex() {
	switch {
	case p.isOp("("):
		p.fail(unsupported("CREATE INDEX in USING INDEX"))
	case p.is("TABLESPACE"), p.is("PCTFREE"), p.is("STORAGE"), p.is("INITRANS"), p.is("LOCAL"):
	case isName(p.peek()) && !p.is("ENABLE") && !p.is("DISABLE"):
		p.objectName(903)
	}
	p.physicalOptions()
}

// columnDef reads a column with its constraints; in MODIFY everything but the
// name may be missing.
func (p *parser) columnDef(modify bool) (columnDef, []constraintDef) {
	c := columnDef{Name: p.ident(904)}
	t := p.peek()
	isOption := p.is("DEFAULT") || p.is("GENERATED") || p.is("CONSTRAINT") || p.is("NOT") || p.is("NULL") || p.is("CHECK") ||
		p.is("PRIMARY") || p.is("UNIQUE") || p.is("REFERENCES")
	if !modify && (t.kind != tokWord || isOption) || t.kind == tokWord && !isOption {
		c.Type = *p.columnType()
		c.typeGiven = true
	}
	var cons []constraintDef
	for p.err == nil && p.columnOption(&c, &cons) {
	}
	return c, cons
}

func (p *parser) columnOption(c *columnDef, cons *[]constraintDef) bool {
	switch {
	case p.accept("DEFAULT"):
		c.defaultGiven = true
		c.OnNull = p.accept("ON", "NULL")
		c.Default = p.source(func() { p.sum() })
		return true
	case p.is("GENERATED"), p.is("AS"):
		p.identity(c)
		return true
	case p.accept("VISIBLE"), p.accept("SORT"):
		return true
	case p.is("INVISIBLE"), p.is("ENCRYPT"), p.is("COLLATE"):
		p.fail(unsupported("%s columns", p.peek().text))
		return true
	}
	return p.columnConstraint(c, cons)
}

func (p *parser) columnConstraint(c *columnDef, cons *[]constraintDef) bool {
	var con constraintDef
	if p.accept("CONSTRAINT") {
		con.Name = p.ident(904)
	}
	switch {
	case p.accept("NOT", "NULL"):
		c.NotNull, c.NotNullName, c.nullGiven = true, con.Name, true
		p.constraintState(&con)
		return true
	case p.accept("NULL"):
		c.nullGiven = true
		return true
	case p.accept("PRIMARY", "KEY"):
		con.Kind = "P"
	case p.accept("UNIQUE"):
		con.Kind = "U"
	case p.accept("REFERENCES"):
		p.references(&con)
	case p.accept("CHECK"):
		p.check(&con)
	default:
		if con.Name != "" {
			p.fail(oraErr(905))
		}
		return false
	}
	if con.Kind != "C" {
		con.Columns = []string{c.Name}
	}
	p.constraintState(&con)
	*cons = append(*cons, con)
	return true
}

func (p *parser) identity(c *columnDef) {
	p.accept("GENERATED")
	id := &identityDef{}
	switch {
	case p.accept("ALWAYS"):
		id.Always = true
	case p.accept("BY", "DEFAULT"):
		c.OnNull = p.accept("ON", "NULL")
	}
	p.need(905, "AS")
	if !p.accept("IDENTITY") {
		p.fail(unsupported("virtual columns"))
	}
	id.options = &sequenceOptions{}
	if p.op("(") {
		id.options = p.sequenceOptions()
		p.needOp(907, ")")
	}
	c.Identity, c.NotNull = id, true
}
