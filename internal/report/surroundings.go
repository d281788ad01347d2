package report

import h "github.com/haddock-ci/pipeline/internal/report/markup"

func warnings(texts []string) h.Node {
	if len(texts) == 0 {
		return h.Node{}
	}
	return section("warnings", "Warnings", plain(texts))
}

// runBefore is the run that figures with a sign compare with.
func runBefore(r *Run) h.Node {
	if r == nil {
		return h.Node{}
	}
	line := date(r.Finished) + ", passed in "
	if r.Failed != "" {
		line = date(r.Finished) + ", failed in " + r.Failed + " in "
	}
	line += length(r.Took)
	if r.Tests != 0 {
		line += ", " + count(r.Tests, "tests")
	}
	if r.Size != 0 {
		line += ", image " + size(r.Size)
	}
	return section("before", "The run before", h.El("p", h.Text(line+". Figures with a sign compare with it.")))
}

func surroundings(p Page) h.Node {
	return section("surroundings", "Surroundings",
		h.El("dl", h.Class("facts"),
			h.If(p.RunID != "", fact("Run", code(p.RunID))),
			h.Each(p.Facts, func(f Fact) h.Node { return fact(f.Name, h.Text(f.Value)) })))
}

func files(all []File) h.Node {
	if len(all) == 0 {
		return h.Node{}
	}
	return section("files", "Files",
		h.El("ul", h.Class("files"), h.Each(all, func(f File) h.Node {
			return h.El("li", beside(f.Path), h.Text(" "), small(size(f.Size)))
		})))
}

// plain is a list of texts.
func plain(texts []string) h.Node {
	return h.El("ul", h.Class("plain"), h.Each(texts, func(text string) h.Node { return h.El("li", h.Text(text)) }))
}
