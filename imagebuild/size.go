package imagebuild

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// A Part is one layer of an image, for people.
type Part struct {
	Name   string `json:"name"` // the instruction that made it
	DiffID string `json:"diffId"`
	Size   int64  `json:"size"`
}

// Parts is what an image consists of, its base first.
type Parts []Part

// partsOf finds the layer of each instruction. The history does not say which
// instructions made none, but those are almost always the ones of size zero;
// where that does not come out even the layers go without a name.
func partsOf(history []engine.HistoryEntry, diffIDs []string) Parts {
	made := slices.DeleteFunc(slices.Clone(history), func(h engine.HistoryEntry) bool { return h.Size == 0 && !makesLayer(h.Step) })
	if len(made) != len(diffIDs) {
		made = slices.DeleteFunc(slices.Clone(history), func(h engine.HistoryEntry) bool { return h.Size == 0 })
	}
	parts := make(Parts, len(diffIDs))
	for i, id := range diffIDs {
		parts[i] = Part{Name: "layer", DiffID: id}
		if len(made) == len(diffIDs) {
			parts[i].Name, parts[i].Size = firstLine(strings.Join(strings.Fields(made[i].Step), " ")), made[i].Size
		}
	}
	return parts
}

func makesLayer(step string) bool {
	keyword, _, _ := strings.Cut(step, " ")
	return slices.Contains([]string{"RUN", "COPY", "ADD", "WORKDIR"}, keyword)
}

// Table shows the parts in lines: what each weighs, and whether the previous
// release has it already. Layers at the beginning that it has are one line.
// Without a previous release since is empty.
func (p Parts) Table(previous Parts, since string) []string {
	known := map[string]bool{}
	for _, part := range previous {
		known[part.DiffID] = true
	}
	same := 0
	for since != "" && same < len(p) && known[p[same].DiffID] {
		same++
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(size int64, mark, name string) { fmt.Fprintf(table, "%s\t%s\t  %s\n", megabytes(size), mark, name) }
	var total, fresh int64
	for _, part := range p[:same] {
		total += part.Size
	}
	if same > 0 {
		row(total, "same", fmt.Sprintf("the first %d of %d layers", same, len(p)))
	}
	for _, part := range p[same:] {
		mark := ""
		switch {
		case since == "":
		case known[part.DiffID]:
			mark = "same"
		default:
			mark = "new"
			fresh += part.Size
		}
		total += part.Size
		row(part.Size, mark, part.Name)
	}
	_ = table.Flush() // a Builder takes everything
	lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	end := fmt.Sprintf("%s in %d layers", megabytes(total), len(p))
	if since != "" {
		end += fmt.Sprintf(", %s of it new since %s", megabytes(fresh), since)
		if was := previous.size(); was > 0 {
			end += fmt.Sprintf(" (which has %s)", megabytes(was))
		}
	}
	return append(lines, end)
}

// In tells for each part whether an earlier image has it too.
func (p Parts) In(earlier Parts) []bool {
	known := map[string]bool{}
	for _, part := range earlier {
		known[part.DiffID] = true
	}
	found := make([]bool, len(p))
	for i, part := range p {
		found[i] = known[part.DiffID]
	}
	return found
}

func (p Parts) size() (total int64) {
	for _, part := range p {
		total += part.Size
	}
	return total
}

func megabytes(n int64) string {
	if n < 1e5 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
