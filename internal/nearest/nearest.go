// Package nearest answers "did you mean ...?": it finds the known name that a
// mistyped one is closest to, and keeps silent when none is close enough to be
// a help.
package nearest

import "strings"

// longest is the longest name that is compared: nobody mistypes a whole
// sentence, and the distance takes quadratic time.
const longest = 64

// Name returns the known name that is nearest to got, and whether one is near
// enough to be worth suggesting. Case, dashes, dots and underscores do not
// count as differences; the first of several equally near names wins.
func Name(got string, known []string) (string, bool) {
	if got == "" || len(got) > longest {
		return "", false
	}
	folded := fold(got)
	best, name := limit(folded)+1, ""
	for _, candidate := range known {
		if len(candidate) > longest {
			continue
		}
		to := fold(candidate)
		if d := distance(folded, to); d < best && d < max(len(folded), len(to)) {
			best, name = d, candidate
		}
	}
	return name, name != ""
}

// Suffix returns ", did you mean <name>?" or nothing.
func Suffix(got string, known []string) string {
	name, ok := Name(got, known)
	if !ok {
		return ""
	}
	return ", did you mean " + name + "?"
}

// limit is how many typing errors a name of that length may hold: one in a
// short word, a third of a long one.
func limit(name string) int { return max(1, len(name)/3) }

func fold(s string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
