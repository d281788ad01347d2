package sqldb

import "hash/fnv"

// rowid translates the pseudo column of a table, or of the only one there is.
// Clients get it as text: it is what they hand back.
func (t *translator) rowid(x *expr, sc *scope, table string) val {
	parts := []string{"ROWID"}
	if table != "" {
		parts = []string{table, "ROWID"}
	}
	for ; sc != nil; sc = sc.parent {
		if col, n := sc.find(parts); n == 1 { // a subquery's
			return val{sql: col.sql, t: col.t, nullable: col.nullable}
		}
		var found []*source
		for _, src := range sc.sources {
			if table == "" || src.name == table {
				found = append(found, src)
			}
		}
		switch {
		case len(found) == 0:
			continue
		case len(found) > 1:
			return t.failAt(x, oraErr(918))
		case found[0].table == "":
			return t.failAt(x, unsupported("ROWID of what is no table"))
		case sc.wantsAgg():
			return t.failAt(x, unsupported("ROWID in a query with groups"))
		}
		sql := "_rowid_"
		if found[0].ref != "" {
			sql = found[0].ref + "." + sql
		}
		return val{sql: call("ora_rowid", sql, lit(found[0].schema+"."+found[0].table)), t: textType(18)}
	}
	return t.failAt(x, oraErr(904, quotedParts(parts)))
}

// rowidText writes a row's number as Oracle writes where it keeps a row.
func rowidText(row int64, table string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(table))
	n := uint64(row)
	return Rowid(uint64(h.Sum32()), n>>48, n>>16&0xFFFFFFFF, n&0xFFFF)
}

// Rowid is the text of a ROWID: six, three, six and three digits to the base
// of 64 for the object, the file, the block and the row in it. Clients take
// them for numbers of 32, 16, 32 and 16 bits.
func Rowid(object, file, block, row uint64) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	out := make([]byte, 0, 18)
	for _, part := range []struct {
		n     uint64
		width int
	}{{object, 6}, {file, 3}, {block, 6}, {row, 3}} {
		for i := part.width - 1; i >= 0; i-- {
			out = append(out, digits[part.n>>(6*i)&63])
		}
	}
	return string(out)
}
