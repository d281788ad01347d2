package sqldb

// Types that only expressions have.
const (
	untyped    Type = 0 // NULL
	intervalYM Type = 182
	intervalDS Type = 183
	condition  Type = 252
)

// A columnType is a data type with its limits.
type columnType struct {
	Type     Type `json:"t"`
	Prec     int  `json:"p,omitempty"`  // NUMBER: 0 when undeclared; TIMESTAMP: digits of the fraction
	Scale    int  `json:"s,omitempty"`  // NUMBER: -127 when neither precision nor scale were declared
	Size     int  `json:"n,omitempty"`  // bytes
	Chars    int  `json:"c,omitempty"`  // characters
	CharSem  bool `json:"cs,omitempty"` // the limit counts characters
	National bool `json:"nat,omitempty"`
	Float    bool `json:"f,omitempty"` // declared as FLOAT
}

// columnType reads a data type.
func (p *parser) columnType() *columnType {
	t := p.peek()
	if t.kind != tokWord {
		p.fail(oraErr(902))
		return &columnType{Type: Varchar2}
	}
	p.next()
	switch t.text {
	case "VARCHAR2", "VARCHAR", "NVARCHAR2", "CHAR", "CHARACTER", "NCHAR":
		return p.textType(t.text)
	case "NUMBER", "NUMERIC", "DECIMAL", "DEC":
		return p.numberType(t.text)
	case "INTEGER", "INT", "SMALLINT":
		return &columnType{Type: Number, Prec: 38}
	case "FLOAT", "DOUBLE":
		if t.text == "DOUBLE" {
			p.need(902, "PRECISION")
		} else if p.op("(") {
			if p.integer(902) != 126 {
				p.fail(unsupported("FLOAT of less than 126 bits"))
			}
			p.needOp(907, ")")
		}
		return &columnType{Type: Number, Scale: -127, Float: true}
	case "BINARY_DOUBLE":
		return &columnType{Type: BinaryDouble, Size: 8}
	case "BINARY_FLOAT":
		return &columnType{Type: BinaryFloat, Size: 4}
	case "DATE":
		return &columnType{Type: Date, Size: 7}
	case "TIMESTAMP":
		return p.timestampType()
	case "RAW":
		return p.rawType()
	case "CLOB", "NCLOB":
		return &columnType{Type: Clob, Size: 4000}
	case "BLOB":
		return &columnType{Type: Blob, Size: 4000}
	case "LONG", "BOOLEAN", "JSON", "XMLTYPE", "ROWID", "UROWID", "INTERVAL", "BFILE", "REAL", "SDO_GEOMETRY", "VECTOR":
		p.fail(unsupported("data type %s", t.text))
	default:
		p.fail(oraErr(902))
	}
	return &columnType{Type: Varchar2}
}

func (p *parser) textType(word string) *columnType {
	out := &columnType{Type: Varchar2, Size: 1, Chars: 1}
	limit := 4000
	if word == "CHAR" || word == "CHARACTER" || word == "NCHAR" {
		out.Type, limit = Char, 2000
		if word == "CHARACTER" && p.accept("VARYING") {
			out.Type, limit = Varchar2, 4000
		}
	}
	out.National = word[0] == 'N'
	out.CharSem = out.National
	if !p.op("(") {
		if out.Type == Varchar2 {
			p.fail(oraErr(906))
		}
		return out
	}
	n := int(p.integer(910))
	switch p.acceptAny("BYTE", "CHAR") {
	case "CHAR":
		out.CharSem = true
	case "BYTE":
		out.CharSem = false
	}
	p.needOp(907, ")")
	if n < 1 {
		p.fail(oraErr(1723))
	}
	if n > limit {
		p.fail(oraErr(910))
	}
	out.Size, out.Chars = n, n
	if out.CharSem {
		out.Size = min(limit, 4*n)
	}
	return out
}

func (p *parser) numberType(word string) *columnType {
	out := &columnType{Type: Number, Scale: -127}
	if word != "NUMBER" {
		out.Prec, out.Scale = 38, 0
	}
	if !p.op("(") {
		return out
	}
	out.Scale = 0
	if p.op("*") {
		out.Prec = 38
	} else {
		out.Prec = int(p.integer(1727))
	}
	if p.op(",") {
		out.Scale = int(p.integer(1728))
	}
	p.needOp(907, ")")
	if out.Prec < 1 || out.Prec > 38 {
		p.fail(oraErr(1727))
	}
	if out.Scale < -84 || out.Scale > 127 {
		p.fail(oraErr(1728))
	}
	return out
}

func (p *parser) timestampType() *columnType {
	out := &columnType{Type: Timestamp, Prec: 6, Size: 11}
	if p.op("(") {
		out.Prec = int(p.integer(30088))
		p.needOp(907, ")")
		if out.Prec > 9 || out.Prec < 0 {
			p.fail(oraErr(30088))
		}
	}
	switch {
	case p.accept("WITH", "LOCAL", "TIME", "ZONE"):
		p.fail(unsupported("TIMESTAMP WITH LOCAL TIME ZONE"))
	case p.accept("WITH", "TIME", "ZONE"):
		out.Type, out.Size = TimestampTZ, 13
	}
	return out
}

func (p *parser) rawType() *columnType {
	p.needOp(906, "(")
	n := int(p.integer(910))
	p.needOp(907, ")")
	if n < 1 {
		p.fail(oraErr(1723))
	}
	if n > 2000 {
		p.fail(oraErr(910))
	}
	return &columnType{Type: Raw, Size: n}
}

// name writes the type as error messages and the dictionary do.
func (t columnType) name() string {
	switch t.Type {
	case untyped, Char:
		if t.National {
			return "NCHAR"
		}
		return "CHAR"
	case Varchar2:
		if t.National {
			return "NVARCHAR2"
		}
		return "VARCHAR2"
	case Number:
		if t.Float {
			return "FLOAT"
		}
		return "NUMBER"
	case Date:
		return "DATE"
	case Timestamp:
		return "TIMESTAMP"
	case TimestampTZ:
		return "TIMESTAMP WITH TIME ZONE"
	case Raw:
		return "RAW"
	case Clob:
		return "CLOB"
	case Blob:
		return "BLOB"
	case BinaryDouble:
		return "BINARY_DOUBLE"
	case BinaryFloat:
		return "BINARY_FLOAT"
	case intervalDS:
		return "INTERVAL DAY TO SECOND"
	case intervalYM:
		return "INTERVAL YEAR TO MONTH"
	}
	return "UNDEFINED"
}

// kind is the type's name in ORA-00932.
func (t columnType) kind() string {
	if t.Type == Varchar2 {
		return "CHAR"
	}
	return t.name()
}
