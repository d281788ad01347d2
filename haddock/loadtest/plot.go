package loadtest

import (
	"fmt"
	"strings"
)

// plotWidth is how many columns the longest bar of Plot has.
const plotWidth = 60

// marks draw the versions in Plot, in their order.
const marks = "#o+x*%"

// Plot draws the sessions of each version over time, for a terminal: a line
// for every few seconds, a bar of so many marks for every version.
func (r Report) Plot() string {
	versions := r.Versions()
	most, step := 1, max(1, (len(r.Seconds)+29)/30)
	for _, second := range r.Seconds {
		most = max(most, total(second, versions))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "live sessions")
	for i, version := range versions {
		fmt.Fprintf(&b, "   %c %s", mark(i), version)
	}
	b.WriteString("\n")
	for i := 0; i < len(r.Seconds); i += step {
		second := r.Seconds[i]
		fmt.Fprintf(&b, "%4d s ", second.At)
		var counts []string
		upTo, drawn := 0, 0
		for v, version := range versions {
			upTo += second.Live[version]
			end := (upTo*plotWidth + most/2) / most
			if second.Live[version] > 0 && end == drawn {
				end++ // one session is one mark at least
			}
			b.WriteString(strings.Repeat(string(mark(v)), end-drawn))
			drawn = end
			counts = append(counts, fmt.Sprint(second.Live[version]))
		}
		fmt.Fprintf(&b, " %s\n", strings.Join(counts, " "))
	}
	return b.String()
}

func mark(version int) byte { return marks[version%len(marks)] }

func total(second Second, versions []string) int {
	sum := 0
	for _, version := range versions {
		sum += second.Live[version]
	}
	return sum
}
