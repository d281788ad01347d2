package imagebuild

import (
	"slices"
	"strings"
)

// shortestSecret is what masking starts at: a shorter value would black out
// half of every log.
const shortestSecret = 4

// newMask hides secrets in log lines, whole and line by line, since a key file
// that is printed comes one line at a time.
func newMask(secrets map[string][]byte) *strings.Replacer {
	var hide []string
	for _, value := range secrets {
		hide = append(hide, string(value))
		hide = append(hide, strings.Split(string(value), "\n")...)
	}
	for i, s := range hide {
		hide[i] = strings.TrimSpace(s)
	}
	hide = slices.DeleteFunc(hide, func(s string) bool { return len(s) < shortestSecret })
	// The longest first, or the end of one that begins with another would show.
	slices.SortFunc(hide, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(hide))
	for _, s := range hide {
		pairs = append(pairs, s, "***")
	}
	return strings.NewReplacer(pairs...)
}
