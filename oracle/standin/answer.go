package standin

import (
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// Directions of binds.
const (
	directionIn  = 0x20
	directionOut = 0x10
)

// putParameters writes message 8, which ends what a statement returns.
func (s *session) putParameters(c *cursor, res sqldb.Result) {
	o := &s.out
	o.Raw(msgParameters)
	o.UB(6)
	o.Zeros(2) // change number
	o.Int(c.id)
	o.Zeros(3)
	o.Zeros(3) // text, pairs, registration
	if c.rowCounts {
		o.Int(len(res.RowCounts))
		for _, n := range res.RowCounts {
			o.Int(int(n))
		}
	}
}

// putOut writes which binds are OUT, and per execution their values. One of a
// RETURNING clause has as many as there were rows.
func (s *session) putOut(c *cursor, res sqldb.Result) {
	plan, err := planBinds(c.stmt, c.binds)
	if err != nil {
		return
	}
	o := &s.out
	o.Raw(msgBinds, 0)
	o.Int(len(plan.descs))
	o.Zeros(1)
	o.UB(1)
	o.Zeros(3)
	var outs []bindDesc
	for i, out := range plan.out {
		if out {
			o.Raw(directionOut)
			outs = append(outs, plan.descs[i])
		} else {
			o.Raw(directionIn)
		}
	}
	for _, execution := range res.Out {
		o.Raw(msgRow)
		for i, values := range execution {
			if i >= len(outs) {
				break
			}
			s.putOutValues(outs[i], values, c.stmt.Kind == sqldb.Block)
		}
	}
}

func (s *session) putOutValues(desc bindDesc, values []sqldb.Value, block bool) {
	if block {
		values = append(values, sqldb.Value{})[:1]
	} else {
		s.out.Int(len(values))
	}
	for _, v := range values {
		s.out.Int(s.putOutValue(desc, v))
	}
}

// putOutValue writes a value and returns its true length if it had to be cut
// to the client's room, else 0. A client that has no room at all reads nothing.
func (s *session) putOutValue(desc bindDesc, v sqldb.Value) (cut int) {
	typ, _ := desc.sqlType()
	data := v.Data
	switch {
	case isLob(typ):
		if data == nil {
			s.out.UB(0)
			return 0
		}
		if l := (lob{typ: typ, data: data}); desc.more&morePrefetch != 0 {
			s.putPrefetched(l)
		} else {
			s.putLocator(s.lobs.add(l))
		}
		return 0
	case isText(typ):
		if desc.size == 0 {
			return 0
		}
		if desc.isUTF16() {
			data = toUTF16(data)
		}
		if len(data) > desc.size {
			cut = len(data)
			data = []byte(clip(string(data), desc.size))
		}
	case typ == sqldb.Raw && desc.size == 0:
		return 0
	case typ == sqldb.Raw && len(data) > desc.size:
		cut, data = len(data), data[:desc.size]
	}
	s.out.CLR(data)
	return cut
}

func isText(t sqldb.Type) bool { return t == sqldb.Varchar2 || t == sqldb.Char }
