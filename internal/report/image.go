package report

import h "github.com/haddock-ci/pipeline/internal/report/markup"

func image(i Image) h.Node {
	if len(i.Layers) == 0 {
		return h.Node{}
	}
	return section("image", "Image",
		h.El("dl", h.Class("facts"),
			fact("Tag", code(i.Repository+":"+i.Tag)),
			h.If(i.Digest != "", fact("Digest", code(i.Digest)))),
		h.If(i.Untested, h.El("p", mark("Not tested: built with --allow-untested"))),
		h.If(i.Dirty, h.El("p", mark("Built from a tree with changes that are not committed"))),
		h.El("ol", h.Class("bars layers"), h.Each(layersOf(i), func(l layerRow) h.Node { return l.item(i.Compared) })))
}

// A layerRow is a layer in the list, with its part of the largest one.
type layerRow struct {
	Layer
	Share float64
}

func (l layerRow) item(compared bool) h.Node {
	age := "new"
	if l.Reused {
		age = "reused"
	}
	return h.El("li", h.If(compared && !l.Reused, h.Class("new")),
		h.El("span", code(l.Name), h.If(compared, h.Text(" "), small(age))),
		h.El("b", h.Text(size(l.Size))),
		h.El("i", h.Wide(l.Share)))
}

func layersOf(image Image) []layerRow {
	var largest int64 = 1
	for _, l := range image.Layers {
		largest = max(largest, l.Size)
	}
	rows := make([]layerRow, 0, min(len(image.Layers), maxLayers))
	for _, l := range image.Layers[:min(len(image.Layers), maxLayers)] {
		l.Name = cut(l.Name, 300)
		rows = append(rows, layerRow{l, 100 * float64(l.Size) / float64(largest)})
	}
	return rows
}

func (i Image) size() (total int64) {
	for _, l := range i.Layers {
		total += l.Size
	}
	return total
}

// Size is what the image weighs.
func (i Image) Size() int64 { return i.size() }

// New is what of it the release before does not have.
func (i Image) New() (fresh int64) {
	for _, l := range i.Layers {
		if !l.Reused {
			fresh += l.Size
		}
	}
	return fresh
}
