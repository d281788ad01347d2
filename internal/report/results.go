package report

import (
	"strings"

	h "github.com/haddock-ci/pipeline/internal/report/markup"
)

func results(p Page) h.Node {
	if p.Tests.Total == 0 {
		return h.Node{}
	}
	t := testsOf(p)
	return section("tests", "Tests",
		h.El("div", h.Class("shares"), h.Attr("role", "img"),
			h.Label(strings.Join([]string{count(t.Passed, "passed"), count(t.Failed, "failed"), count(t.Flaky, "flaky"), count(t.Skipped, "skipped")}, ", ")),
			h.Each(t.Shares, func(s share) h.Node { return h.El("span", h.Class(s.Class), h.Grow(s.Part)) })),
		h.El("p", h.Class("legend"),
			h.Each(t.Shares, func(s share) h.Node { return keyed(s.Class, count(s.Count, s.Class)) }),
			h.If(t.Time != 0, h.El("b", h.Text(length(t.Time)+" of test time")))),
		h.If(len(t.Failures) > 0, h.El("h3", h.Text("Failed")), h.Each(t.Failures, failure)),
		named(t),
		h.If(len(t.Fixed) > 0, h.El("h3", h.Text("Failed in the run before, and not any more")), plain(t.Fixed)),
		h.If(len(t.Flakes) > 0, h.El("h3", h.Text("Flaky: passed, but not at the first attempt")), h.Each(t.Flakes, flake)),
		slowestOf(t))
}

// failure is a failed test, with what is known of why.
func failure(f failureView) h.Node {
	return h.El("details", h.Class("failure"), h.If(f.Open, h.Attr("open", "")),
		h.El("summary",
			f.parts(),
			h.If(f.New, h.Text(" "), mark("new")),
			h.El("span", h.Text(f.Why))),
		h.El("div",
			h.If(len(f.Said) > 0,
				h.El("h4", h.Text("The database’s log at that time")),
				h.El("pre", h.Class("said"), h.Text(strings.Join(f.Said, "\n")+"\n"))),
			h.If(f.Message != "", h.El("p", h.Text(f.Message))),
			h.If(f.Text != "", h.El("pre", h.Text(f.Text))),
			h.If(f.File != "", h.El("p", h.Class("file"), h.Text(f.File)))))
}

func flake(f failureView) h.Node {
	return h.El("details", h.Class("failure flake"),
		h.El("summary", f.parts(), h.El("span", h.Text(f.Why))),
		h.El("div", h.If(f.Text != "", h.El("pre", h.Text(f.Text)))))
}

// named are the failures that have no place for their text.
func named(t testsView) h.Node {
	if len(t.Named) == 0 {
		return h.Node{}
	}
	return h.El("p", h.Text("Failed too: "+strings.Join(t.Named, ", ")), h.If(t.More != 0, h.Text(" and "+count(t.More, "more"))))
}

func slowestOf(t testsView) h.Parts {
	return h.If(len(t.Slowest) > 0,
		h.El("h3", h.Text("Slowest")),
		h.El("ol", h.Class("bars"), h.Each(t.Slowest, func(s slowTest) h.Node {
			return h.El("li", h.El("span", s.parts()), h.El("b", h.Text(length(s.Time))), h.El("i", h.Wide(s.Share)))
		})))
}

func (n testName) parts() h.Parts {
	return h.Parts{
		h.If(n.Package != "", small(n.Package), h.Void("wbr")),
		h.El("b", h.Text(n.Name)),
	}
}
