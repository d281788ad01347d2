package loadtest

import (
	"fmt"
	"html"
	"strings"
)

// The drawing's sizes, and the frame of the plot within it.
const (
	svgWidth, svgHeight     = 860, 400
	left, top, right, floor = 60, 56, 20, 340
)

// colours are those of the versions, in their order.
const colours = "#4c78a8 #f58518 #54a24b #b279a2 #e45756 #72b7b2"

// SVG draws the sessions of each version over time, one above the other. The
// title says what was done.
func (r Report) SVG(title string) []byte {
	p := picture{report: r, versions: r.Versions(), seconds: 1, most: 1}
	for _, second := range r.Seconds {
		p.seconds = max(p.seconds, second.At)
		p.most = max(p.most, total(second, p.versions))
	}
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&p.b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&p.b, `<text x="%d" y="24" font-size="16">%s</text>`+"\n", left, html.EscapeString(title))
	fmt.Fprintf(&p.b, `<text x="%d" y="44" fill="#555">%d requests, %d failed; %d sessions, %d moved</text>`+"\n",
		left, r.Requests, r.Failures, r.Sessions, len(r.Moved))
	p.grid()
	for i := range p.versions {
		p.area(i)
	}
	p.failures()
	p.turns()
	p.legend()
	p.b.WriteString("</svg>\n")
	return []byte(p.b.String())
}

type picture struct {
	report   Report
	versions []string
	seconds  int // of the load
	most     int // sessions at once
	b        strings.Builder
}

func (p *picture) x(second float64) float64 {
	return left + second/float64(p.seconds)*(svgWidth-left-right)
}

func (p *picture) y(sessions int) float64 {
	return floor - float64(sessions)/float64(p.most)*(floor-top-20)
}

func (p *picture) colour(version int) string {
	all := strings.Fields(colours)
	return all[version%len(all)]
}

func (p *picture) grid() {
	for n, step := 0, nice(p.most, 5); n <= p.most; n += step {
		fmt.Fprintf(&p.b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end" fill="#555">%d</text>`+"\n",
			left, p.y(n), svgWidth-right, left-8, p.y(n)+4, n)
	}
	for s, step := 0, nice(p.seconds, 8); s <= p.seconds; s += step {
		fmt.Fprintf(&p.b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%d s</text>`+"\n", p.x(float64(s)), floor+18, s)
	}
	fmt.Fprintf(&p.b, `<text x="16" y="%d" transform="rotate(-90 16 %d)" text-anchor="middle" fill="#555">live sessions</text>`+"\n",
		(top+floor)/2, (top+floor)/2)
}

// nice is a round step that divides a range into about so many parts.
func nice(span, parts int) int {
	for scale := 1; ; scale *= 10 {
		for _, step := range []int{1, 2, 5} {
			if span <= parts*step*scale {
				return step * scale
			}
		}
	}
}

// area draws one version on top of those before it.
func (p *picture) area(version int) {
	var upper, lower []string
	for _, second := range p.report.Seconds {
		below := total(second, p.versions[:version])
		upper = append(upper, fmt.Sprintf("%.1f %.1f", p.x(float64(second.At)), p.y(below+second.Live[p.versions[version]])))
		lower = append(lower, fmt.Sprintf("%.1f %.1f", p.x(float64(second.At)), p.y(below)))
	}
	for i, j := 0, len(lower)-1; i < j; i, j = i+1, j-1 {
		lower[i], lower[j] = lower[j], lower[i]
	}
	if len(upper) > 0 {
		fmt.Fprintf(&p.b, `<path d="M%s L%s Z" fill="%s" fill-opacity="0.85"/>`+"\n",
			strings.Join(upper, " L"), strings.Join(lower, " L"), p.colour(version))
	}
}

// failures marks the seconds in which requests failed.
func (p *picture) failures() {
	for _, second := range p.report.Seconds {
		if second.Failures > 0 {
			fmt.Fprintf(&p.b, `<path d="M%.1f %dv8" stroke="#c00" stroke-width="3"><title>%d failed</title></path>`+"\n",
				p.x(float64(second.At)), floor, second.Failures)
		}
	}
}

// turns marks what was done, and when a version had its last session.
func (p *picture) turns() {
	for _, mark := range p.report.Marks {
		if at := mark.At.Sub(p.report.Began).Seconds(); at >= 0 && at <= float64(p.seconds) {
			p.turn(at, mark.Text)
		}
	}
	for _, version := range p.versions {
		last := 0
		for _, second := range p.report.Seconds {
			if second.Live[version] > 0 {
				last = second.At
			}
		}
		if last+1 < p.seconds {
			p.turn(float64(last+1), version+" is empty")
		}
	}
}

// turn writes on the side that has room.
func (p *picture) turn(second float64, text string) {
	x, side, anchor := p.x(second), 4.0, "start"
	if x > svgWidth-150 {
		side, anchor = -4, "end"
	}
	fmt.Fprintf(&p.b, `<path d="M%.1f %dV%d" stroke="#333" stroke-dasharray="4 3"/><text x="%.1f" y="%d" text-anchor="%s" fill="#333">%s</text>`+"\n",
		x, top, floor, x+side, top+10, anchor, html.EscapeString(text))
}

func (p *picture) legend() {
	for i, version := range p.versions {
		fmt.Fprintf(&p.b, `<rect x="%d" y="%d" width="14" height="14" fill="%s"/><text x="%d" y="%d">%s: %d requests</text>`+"\n",
			left+200*i, floor+34, p.colour(i), left+20+200*i, floor+46, html.EscapeString(version), p.report.ByVersion[version])
	}
}
