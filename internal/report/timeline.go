package report

import (
	"strings"
	"time"

	h "github.com/haddock-ci/pipeline/internal/report/markup"
)

func timeline(p Page) h.Node {
	g := draw(p)
	if len(g.Bars) == 0 {
		return h.Node{}
	}
	return section("timeline", "Timeline",
		drawing(g),
		h.El("p", h.Class("legend"),
			keyed("critical", "on the critical path"), keyed("beside", "beside it"),
			h.If(p.Failure != nil, keyed("failed", ended(p.Failure))),
			h.If(g.Saved > 0, h.Text(" "), h.El("b", h.Text(length(g.Saved)+" saved by overlap")))),
		h.El("details",
			h.El("summary", h.Text("As a table")),
			h.El("div", h.Class("wide"), stepTable(p))))
}

// ended is the word for the steps that did not reach their end.
func ended(f *Failure) string {
	if f == nil {
		return ""
	}
	return strings.ToLower(f.word())
}

func drawing(g gantt) h.Node {
	return h.El("svg", h.Class("gantt"), h.Attr("width", "100%"), h.Number("height", g.Height), h.Attr("role", "img"),
		h.Label("The steps on one scale of time; the table below has the same figures"),
		h.Each(g.Ticks, func(t tick) h.Parts {
			return h.Parts{
				h.El("line", h.Class("grid"), h.Percent("x1", t.X), h.Percent("x2", t.X), h.Number("y1", 0), h.Number("y2", g.Base)),
				h.El("text", h.Class("axis"), h.Percent("x", t.X), h.Number("y", g.Height), h.Number("dx", 3), h.Number("dy", -6), h.Text(t.Label)),
			}
		}),
		h.Each(g.Links, func(l link) h.Node {
			return h.El("line", h.Class("link"), h.Percent("x1", l.X), h.Percent("x2", l.X), h.Number("y1", l.Y1), h.Number("y2", l.Y2))
		}),
		h.Each(g.Bars, row))
}

func row(b bar) h.Node {
	box := func(class string) h.Parts {
		return h.Parts{h.Class(class), h.Number("y", b.BarY), h.Number("height", 8)}
	}
	took := length(b.Took)
	return h.El("g", h.Class(b.Class),
		h.El("title", h.Text(b.Name+": "+took)),
		h.El("text", h.Class("name"), h.Number("x", 0), h.Number("y", b.TextY), h.Text(b.Name)),
		h.El("text", h.Class("took"), h.Attr("x", "100%"), h.Number("y", b.TextY), h.Text(took)),
		h.El("rect", box("track"), h.Number("x", 0), h.Attr("width", "100%"), h.Number("rx", 4)),
		h.El("rect", box("bar"), h.Percent("x", b.Left), h.Percent("width", b.Width), h.Number("rx", 4)),
		h.If(b.Held > 0, h.El("rect", box("held"), h.Percent("x", b.Left), h.Percent("width", b.Held), h.Number("rx", 4))),
		h.Each(b.Phases, func(x float64) h.Node {
			return h.El("rect", box("cut"), h.Percent("x", x), h.Number("width", 2))
		}))
}

func stepTable(p Page) h.Node {
	number := func(parts ...h.Part) h.Node { return h.El("td", h.Class("n"), h.Parts(parts)) }
	heading := func(text string) h.Node { return h.El("th", h.Class("n"), h.Text(text)) }
	return h.El("table",
		h.El("thead", h.El("tr",
			h.El("th", h.Text("Step")), h.El("th", h.Text("Result")), heading("Began at"), heading("Took"), h.If(p.Before != nil, heading("Before")))),
		h.El("tbody", h.Each(p.Steps, func(s Step) h.Node {
			took := s.End - s.Start
			return h.El("tr",
				h.El("td", h.Link(s.Log, h.Text(s.Name))),
				h.El("td", outcome(s)),
				number(h.Text(length(s.Start))),
				number(h.Text(length(took))),
				h.If(p.Before != nil, number(compared(took, p.Before.step(s.Name)))))
		})))
}

func outcome(s Step) h.Parts {
	switch {
	case s.Failed != "":
		return h.Parts{bad("failed"), h.Text(" " + s.Failed)}
	case s.Stopped != "":
		return h.Parts{h.Text(s.Stopped)}
	case s.Skipped != "":
		return h.Parts{h.Text("skipped: " + s.Skipped)}
	case s.Result != "":
		return h.Parts{h.Text(s.Result)}
	}
	return h.Parts{h.Text("done")}
}

// compared is how long a step took in the run before, and by how much that
// differs; nothing when it is not known.
func compared(now, before time.Duration) h.Parts {
	if before == 0 {
		return nil
	}
	parts := h.Parts{h.Text(length(before))}
	if by := change(now, before); by != "" {
		parts = append(parts, h.Text(" "), small(by))
	}
	return parts
}

// step is how long the step took; zero when that is not known.
func (r *Run) step(name string) time.Duration {
	if r == nil {
		return 0
	}
	return r.Steps[name]
}
