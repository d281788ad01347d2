package markup

import (
	"html"
	"io"
	"strings"
)

// Write writes a page.
func Write(w io.Writer, page Node) error {
	var b strings.Builder
	b.WriteString("<!doctype html>\n")
	page.write(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (n Node) write(w *strings.Builder) {
	if n.name != "" {
		w.WriteString("<" + string(n.name))
		for _, a := range n.attrs {
			w.WriteString(" " + string(a.name))
			if a.value != "" {
				w.WriteString(`="` + Escape(a.value) + `"`)
			}
		}
		w.WriteString(">")
	}
	if n.literal {
		// Nothing but its own end could end a style sheet.
		w.WriteString(strings.ReplaceAll(n.text, "</", `<\/`))
	} else {
		w.WriteString(Escape(n.text))
	}
	for _, child := range n.children {
		child.write(w)
	}
	if n.name != "" && !n.void {
		w.WriteString("</" + string(n.name) + ">")
	}
	if n.ownLine() {
		w.WriteString("\n")
	}
}

// Escape is the text as it stands in a page, be it in an element or in an
// attribute.
func Escape(text string) string {
	return html.EscapeString(strings.ReplaceAll(text, "\x00", "\uFFFD"))
}

// ownLine is whether a space after the node means nothing, so that a line may
// end there.
func (n Node) ownLine() bool {
	switch n.name {
	case "head", "body", "header", "main", "footer", "section", "meta", "link", "title", "style",
		"h1", "h2", "h3", "h4", "p", "pre", "div", "dl", "ul", "ol", "li", "details", "svg", "g", "tr":
		return true
	}
	return false
}
