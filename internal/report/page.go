package report

import (
	_ "embed"
	"fmt"
	"io"

	h "github.com/haddock-ci/pipeline/internal/report/markup"
)

//go:embed style.css
var styleText string

// Write writes the page. It is bounded, however many tests have failed.
func Write(w io.Writer, p Page) error {
	state := "is-passed"
	if p.Failure != nil {
		state = "is-failed"
	}
	if p.interrupted() {
		state += " is-interrupted"
	}
	order := []h.Node{timeline(p), warnings(p.Warnings), results(p)}
	if p.Tests.Failed > 0 { // why comes before when
		order = []h.Node{results(p), timeline(p), warnings(p.Warnings)}
	}
	page := h.El("html", h.Attr("lang", "en"),
		head(p),
		h.El("body", h.Class(state),
			header(p),
			h.El("main",
				h.Each(order, func(n h.Node) h.Node { return n }), database(p), image(p.Image), runBefore(p.Before), surroundings(p), files(p.Files)),
			h.El("footer", h.Text(p.Tool))))
	if err := h.Write(w, page); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func section(id, title string, parts ...h.Part) h.Node {
	return h.El("section", h.ID(id), h.El("h2", h.Text(title)), h.Parts(parts))
}

// fact is a line of a list of them.
func fact(name string, value ...h.Part) h.Node {
	return h.El("div", h.El("dt", h.Text(name)), h.El("dd", value...))
}

func code(text string) h.Node { return h.El("code", h.Text(text)) }

// key is the colour that stands for something in a drawing.
func key(class string) h.Node { return h.El("span", h.Class("key "+class)) }

// keyed is a key with its meaning, which stay together.
func keyed(class, text string) h.Node {
	return h.El("span", h.Class("keyed"), key(class), h.Text(text))
}

// beside is the path of a file that lies beside the page, and leads there.
func beside(path string) h.Node { return h.Link(path, h.Text(path)) }

// after is a text with what leads to it; nothing when there is no text.
func after(lead, text string) h.Parts { return h.If(text != "", h.Text(lead+text)) }

// bad is what people must not overlook.
func bad(text string) h.Node { return h.El("em", h.Class("bad"), h.Text(text)) }

// mark is a warning about what stands before it.
func mark(text string) h.Node { return h.El("mark", h.Text(text)) }

func small(text string) h.Node { return h.El("small", h.Text(text)) }
