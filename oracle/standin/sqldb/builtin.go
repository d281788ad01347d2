package sqldb

import (
	"strings"

	"github.com/haddock-ci/pipeline/oracle/standin/format"
)

// Banner is what v$version answers.
const Banner = "FAKE Oracle Database stand-in (not an Oracle product) Release 12.1.0.2.0"

// builtin answers the tables and views that every database has.
func (t *translator) builtin(n objectName) (string, []outCol, bool) {
	if n.schema != "" && n.schema != "SYS" && n.schema != "PUBLIC" {
		return "", nil, false
	}
	if n.name == "DUAL" {
		return "SELECT 'X' AS c1", []outCol{{name: "DUMMY", sql: "c1", t: textType(1), nullable: true}}, true
	}
	if n.schema == "" {
		if c, err := t.s.catalogOf(t.ctx, t.schema); err == nil && (c.tables[n.name] != nil || c.views[n.name] != nil) {
			return "", nil, false
		}
	}
	v, ok, err := t.dictionary(n.name)
	if err != nil {
		t.fail(err)
	}
	if !ok {
		if t.err == nil && t.isMissingView(n.name) {
			t.fail(unsupported("the view %s", n.name).at(n.pos))
		}
		return "", nil, false
	}
	// What the dictionary says must be looked up again next time.
	t.tr.version = -1
	return v.sql()
}

// A dictView is a dictionary view with its rows.
type dictView struct {
	cols []outCol
	rows [][]any
}

func newDictView(columns ...string) *dictView {
	v := &dictView{}
	for i, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		ty := textType(128)
		switch kind {
		case "n":
			ty = numberType()
		case "d":
			ty = columnType{Type: Date, Size: 7}
		case "long":
			ty = textType(4000)
		}
		v.cols = append(v.cols, outCol{name: name, sql: columnName(i), t: ty, nullable: true})
	}
	return v
}

// add adds a row of string, int, []byte and nil.
func (v *dictView) add(values ...any) { v.rows = append(v.rows, values) }

func (v *dictView) sql() (string, []outCol, bool) {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := range v.cols {
		if i > 0 {
			b.WriteByte(',')
		}
		if len(v.rows) == 0 {
			b.WriteString("NULL AS " + columnName(i))
		} else {
			b.WriteString(columnOfValues(i) + " AS " + columnName(i))
		}
	}
	if len(v.rows) == 0 {
		b.WriteString(" WHERE 0")
		return b.String(), v.cols, true
	}
	b.WriteString(" FROM (VALUES ")
	for i, row := range v.rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, value := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(dictValue(value))
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String(), v.cols, true
}

// columnOfValues is SQLite's own name for a column of VALUES.
func columnOfValues(i int) string { return "column" + columnName(i)[1:] }

func dictValue(v any) string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return lit(v)
		}
	case int:
		if b, err := format.FromInt(int64(v)).Encode(); err == nil {
			return blob(b)
		}
	case []byte:
		if len(v) > 0 {
			return blob(v)
		}
	}
	return "NULL"
}
