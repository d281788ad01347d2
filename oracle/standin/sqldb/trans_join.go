package sqldb

import "strings"

// join translates left JOIN right.
func (t *translator) join(r *tableRef, sc *scope) string {
	inner := &scope{parent: sc.parent}
	left := t.tableRef(r.left, inner)
	n := len(inner.sources)
	right := t.tableRef(r.right, inner)
	if r.right.join != "" {
		right = "(" + right + ")"
	}
	if t.err != nil {
		return ""
	}
	using := r.using
	if r.natural {
		using = common(inner.sources[:n], inner.sources[n:])
	}
	on := ""
	switch {
	case len(using) > 0:
		on = t.using(r, inner, n, using)
	case r.on != nil:
		visible := &scope{parent: sc.parent, sources: inner.sources, merged: inner.merged, noAgg: "ON"}
		on = t.cond(r.on, visible)
	}
	for i, src := range inner.sources {
		optional := r.join == "FULL" || r.join == "LEFT" && i >= n || r.join == "RIGHT" && i < n
		for j := range src.cols {
			src.cols[j].nullable = src.cols[j].nullable || optional
		}
	}
	sc.sources = append(sc.sources, inner.sources...)
	sc.merged = append(sc.merged, inner.merged...)
	word := r.join + " JOIN "
	if r.join == "CROSS" {
		return left + " CROSS JOIN " + right
	}
	if on == "" {
		on = "1"
	}
	return t.sized(left + " " + word + right + " ON " + on)
}

func common(left, right []*source) []string {
	var out []string
	for _, l := range left {
		for _, c := range l.cols {
			for _, r := range right {
				for _, d := range r.cols {
					if c.name == d.name {
						out = append(out, c.name)
					}
				}
			}
		}
	}
	return out
}

// using compares the columns of USING and merges each pair into one.
func (t *translator) using(r *tableRef, inner *scope, n int, names []string) string {
	var conds []string
	for _, name := range names {
		left := &scope{sources: inner.sources[:n], merged: inner.merged}
		right := &scope{sources: inner.sources[n:]}
		x := &expr{kind: eColumn, parts: []string{name}, pos: r.pos}
		l, rt := t.column(x, left), t.column(x, right)
		conds = append(conds, t.compare(x, "=", l, rt))
		col := outCol{name: name, sql: l.sql, t: l.t, nullable: true}
		switch r.join {
		case "RIGHT":
			col.sql, col.t = rt.sql, rt.t
		case "FULL":
			if l.t.Type != rt.t.Type {
				t.fail(unsupported("FULL JOIN USING columns of different types"))
			}
			col.sql = call("coalesce", l.sql, rt.sql)
		}
		kept := inner.merged[:0:0]
		for _, m := range inner.merged {
			if m.name != name {
				kept = append(kept, m)
			}
		}
		inner.merged = append(kept, col)
		for _, src := range inner.sources {
			for j := range src.cols {
				if src.cols[j].name == name {
					src.cols[j].hidden = true
				}
			}
		}
	}
	return strings.Join(conds, " AND ")
}
