package sqldb

import (
	"context"
	"strconv"
	"strings"
)

// maxSQL bounds what a translation may grow to.
const maxSQL = 4 << 20

// A translation is a statement as SQLite runs it.
type translation struct {
	sql     string
	before  []string // checks to run first: a row is an ORA-30926
	more    []string // further statements of a MERGE
	columns []Column // of the query or of RETURNING
	out     []int    // binds that RETURNING fills
	params  []param
	target  *target
	lock    []string // schemas to lock first (SELECT FOR UPDATE)
	deps    map[string]int64
	version int
}

// A target is the table that DML changes.
type target struct {
	schema string
	table  *tableDef
	update bool // UPDATE: a NULL is ORA-01407
	verb   string
	unique bool // UPDATE of a column in a unique index
}

// A param is one parameter of the SQLite statement.
type param struct {
	kind  paramKind
	bind  int
	owner string
	name  string
}

type paramKind uint8

const (
	paramBind    paramKind = iota
	paramNow               // SYSDATE
	paramNowTZ             // SYSTIMESTAMP
	paramNextval           // one value of a sequence
	paramSession           // number of the session
)

// A val is a translated expression.
type val struct {
	sql      string
	t        columnType
	nullable bool
	literal  string // text of a string literal
	isLit    bool
}

// A translator turns one statement into SQL for SQLite. The first error
// sticks.
type translator struct {
	ctx      context.Context
	s        *Session
	user     string // whose rights count
	schema   string // where unqualified names are looked up
	rights   *rights
	st       *stmt
	binds    []columnType
	tr       *translation
	err      error
	aliases  int
	ctes     []*source
	noBinds  bool           // in a view, default or check
	seqs     map[string]int // sequences used: how often
	seqQuery bool           // the statement's own query may use NEXTVAL
	seqOK    bool           // NEXTVAL allowed here
	seqOnce  bool           // sequences are drawn once per execution
	views    int            // depth
	plain    bool           // columns without a table's name (RETURNING, CHECK)
}

func (s *Session) translator(ctx context.Context, st *stmt, binds []columnType) *translator {
	return &translator{
		ctx: ctx, s: s, user: s.user, schema: s.schema, rights: s.rights, st: st, binds: binds,
		tr:   &translation{deps: map[string]int64{}, version: s.settings},
		seqs: map[string]int{},
	}
}

func (t *translator) fail(err error) val {
	if t.err == nil {
		t.err = err
	}
	return val{sql: "NULL"}
}

// failAt is fail with the place of the error.
func (t *translator) failAt(x *expr, err *Error) val {
	if err.Offset == 0 {
		err.Offset = x.pos
	}
	return t.fail(err)
}

func (t *translator) newAlias() string {
	t.aliases++
	return "t" + strconv.Itoa(t.aliases)
}

// param returns the place holder of a parameter.
func (t *translator) param(p param) string {
	for i, have := range t.tr.params {
		if have == p {
			return "?" + strconv.Itoa(i+1)
		}
	}
	t.tr.params = append(t.tr.params, p)
	return "?" + strconv.Itoa(len(t.tr.params))
}

// sized watches the size of what is built.
func (t *translator) sized(sql string) string {
	if len(sql) > maxSQL {
		t.fail(unsupported("statements that become so large"))
		return "NULL"
	}
	return sql
}

// call writes a function call.
func call(name string, args ...string) string {
	return name + "(" + strings.Join(args, ",") + ")"
}

// lit writes a text literal.
func lit(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func blob(b []byte) string {
	const hex = "0123456789ABCDEF"
	out := []byte("x'")
	for _, c := range b {
		out = append(out, hex[c>>4], hex[c&15])
	}
	return string(append(out, '\''))
}

// lookup finds the catalog of a name's schema and notes that the translation
// depends on it.
func (t *translator) lookup(n objectName) (string, *catalog) {
	schema := n.schema
	if schema == "" {
		schema = t.schema
	}
	c, err := t.s.catalogOf(t.ctx, schema)
	if err != nil {
		if oe, ok := asError(err); ok && oe.Code == 942 {
			err = oraErr(942).at(n.pos)
		}
		t.fail(err)
		return schema, nil
	}
	t.tr.deps[schema] = c.version
	return schema, c
}

// table finds a table for DML or DDL.
func (t *translator) table(n objectName, privilege string) (string, *tableDef) {
	schema, c := t.lookup(n)
	if c == nil {
		return schema, nil
	}
	def := c.tables[n.name]
	if def == nil {
		if c.views[n.name] != nil {
			t.fail(unsupported("DML on views"))
		} else {
			t.fail(oraErr(942).at(n.pos))
		}
		return schema, nil
	}
	if schema != t.user && !t.rights.mayOn(privilege, schema, n.name) {
		code := 942
		if t.rights.sees(schema, n.name) {
			code = 1031
		}
		t.fail(oraErr(code).at(n.pos))
		return schema, nil
	}
	return schema, def
}

func tableSQL(schema, name string) string { return attachName(schema) + "." + quote(name) }

// current reports whether a cached translation still holds.
func (tr *translation) current(ctx context.Context, s *Session) bool {
	if tr.version != s.settings {
		return false
	}
	for schema, version := range tr.deps {
		c, err := s.catalogOf(ctx, schema)
		if err != nil || c.version != version {
			return false
		}
	}
	return true
}
