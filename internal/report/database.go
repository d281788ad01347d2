package report

import (
	"strconv"
	"time"

	h "github.com/haddock-ci/pipeline/internal/report/markup"
)

func database(p Page) h.Node {
	boots := bootsOf(p.Phases)
	if len(boots) == 0 && p.Database.Image == "" {
		return h.Node{}
	}
	return section("database", "Database",
		h.If(p.Database.Image != "", p.Database.line()),
		h.If(len(boots) > 0,
			h.El("div", h.Class("shares"), h.Attr("role", "img"), h.Label("The phases of the boot by their length"),
				h.Each(boots, func(b boot) h.Node { return h.El("span", h.Class(b.shade()), h.Grow(b.Part)) })),
			h.El("ol", h.Class("phases"), h.Each(boots, func(b boot) h.Node {
				return h.El("li",
					h.El("span", key(b.shade()), h.Text(" "+b.Name)),
					h.El("b", h.Text(length(b.Took))))
			}))))
}

func (d Database) line() h.Node {
	return h.El("p",
		code(d.Image),
		h.If(d.StandIn, h.Text(" "), mark("stand-in, not an Oracle database")),
		h.If(d.Digest != "", h.Void("br"), small(short(d.Digest))))
}

// bootTime is how long the database took from its container's start until it
// answered.
func bootTime(phases []Phase) time.Duration {
	if len(phases) == 0 {
		return 0
	}
	return phases[len(phases)-1].End - phases[0].Start
}

// A boot is a phase of the database's boot, with its part of the whole.
type boot struct {
	Name  string
	Took  time.Duration
	Part  float64
	Shade int
}

func bootsOf(phases []Phase) []boot {
	if len(phases) == 0 {
		return nil
	}
	all := max(bootTime(phases), time.Microsecond)
	boots := make([]boot, 0, len(phases))
	for i, p := range phases {
		took := p.End - p.Start
		boots = append(boots, boot{p.Name, took, 1 + 100*took.Seconds()/all.Seconds(), i % 5})
	}
	return boots
}

// shade is the class of the phase's colour.
func (b boot) shade() string { return "shade" + strconv.Itoa(b.Shade) }
