package report

import (
	"slices"
	"strconv"
	"strings"

	h "github.com/haddock-ci/pipeline/internal/report/markup"
)

func head(p Page) h.Node {
	return h.El("head",
		h.Void("meta", h.Attr("charset", "utf-8")),
		h.Void("meta", h.Attr("name", "viewport"), h.Attr("content", "width=device-width, initial-scale=1")),
		h.Void("meta", h.Attr("name", "color-scheme"), h.Attr("content", "light dark")),
		h.Void("meta", h.Attr("http-equiv", "Content-Security-Policy"), h.Attr("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
		h.Void("link", h.Attr("rel", "icon"), h.Attr("href", "data:,")),
		h.El("title", h.Text(title(p))),
		h.Sheet(styleText))
}

// title is what the browser's tab says.
func title(p Page) string {
	if p.Failure == nil {
		return "passed: " + p.Project
	}
	return strings.ToLower(p.Failure.word()) + ": " + p.Project + ", " + p.Failure.Step
}

func (p Page) interrupted() bool { return p.Failure != nil && p.Failure.Interrupted }

// word is how the run ended.
func (f Failure) word() string {
	if f.Interrupted {
		return "Interrupted"
	}
	return "Failed"
}

func header(p Page) h.Node {
	verdict := passed(p)
	if p.Failure != nil {
		verdict = failed(*p.Failure)
	}
	return h.El("header", who(p), verdict, figures(p))
}

func who(p Page) h.Node {
	return h.El("p", h.Class("who"),
		h.El("b", h.Text(p.Project)), after(" ", p.Version),
		h.El("span", h.Text(date(p.Started))),
		h.If(p.Build != "", h.El("span", h.Link(p.URL, h.Text(p.Build)))))
}

func passed(p Page) h.Parts {
	cause := h.Parts{h.Text("All stages are done")}
	switch {
	case p.Image.Digest != "":
		cause = h.Parts{h.Text(p.Image.Repository + ":"), h.Void("wbr"), h.Text(p.Image.Tag + " is published")}
	case len(p.Image.Layers) > 0:
		cause = h.Parts{h.Text("The image is built")}
	case p.Tests.Total > 0:
		cause = h.Parts{h.Text(count(passes(p.Tests.Totals), "tests have passed"))}
	}
	return h.Parts{
		h.El("h1", sign("✓"), h.Text(" Passed")),
		h.El("p", h.Class("cause"), cause),
	}
}

func failed(f Failure) h.Parts {
	return h.Parts{
		h.El("h1", sign("✗"), h.Text(" "+f.word()), after(" in ", f.Step)),
		h.El("p", h.Class("cause"), h.Text(f.Cause)),
		h.El("dl", h.Class("next"),
			h.If(f.Diagnosis != "", fact("Diagnosis", beside(f.Diagnosis))),
			h.If(f.Log != "", fact("Log", beside(f.Log))),
			h.If(f.Again != "", fact("Again", code(f.Again)))),
	}
}

// sign is for the eye alone: the word after it says the same.
func sign(text string) h.Node { return h.El("i", h.Attr("aria-hidden", "true"), h.Text(text)) }

// figures are the few numbers that people look for.
func figures(p Page) h.Node {
	var changed string
	if b := p.Before; b != nil && b.Failed == "" && p.Failure == nil {
		changed = change(p.Took, b.Took)
	}
	all := h.Parts{figure(length(p.Took), h.Text("in all"), after(", ", changed))}
	if t := p.Tests; t.Total > 0 {
		all = append(all, figure(strconv.Itoa(t.Total), h.Text("tests"),
			h.If(t.Failed > 0, h.Text(", "), bad(count(t.Failed, "failed"))),
			h.If(t.Flaky > 0, h.Text(", "), h.El("em", h.Class("warn"), h.Text(count(t.Flaky, "flaky"))))))
	}
	if boot := bootTime(p.Phases); boot != 0 {
		until := "until the database answered"
		if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Name == bootStep && s.Failed+s.Stopped != "" }) {
			until = "of waiting for the database, in vain"
		}
		all = append(all, figure(length(boot), h.Text(until)))
	}
	if i := p.Image; len(i.Layers) > 0 {
		all = append(all, figure(size(i.Size()), h.Text("image"), h.If(i.Compared, h.Text(", "+size(i.New())+" new"))))
	}
	return h.El("ul", h.Class("figures"), all)
}

func figure(value string, what ...h.Part) h.Node {
	return h.El("li", h.El("b", h.Text(value)), h.El("span", what...))
}
