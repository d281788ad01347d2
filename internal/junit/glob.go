package junit

import (
	"path"
	"strings"
)

// pattern is a glob by its parts: each as path.Match knows it, and ** for any
// number of folders, none included.
type pattern []string

// compile gives the patterns that a glob stands for, {a,b} being either.
func compile(glob string) []pattern {
	var patterns []pattern
	for _, one := range expand(glob) {
		patterns = append(patterns, strings.Split(path.Clean(one), "/"))
	}
	return patterns
}

// maxAlternatives bounds what braces may multiply to.
const maxAlternatives = 1000

// expand resolves {a,b}. Braces that are not closed stand for themselves.
func expand(glob string) []string {
	done, open := []string(nil), []string{glob}
	for len(open) > 0 && len(open)+len(done) < maxAlternatives {
		glob, open = open[0], open[1:]
		end := strings.IndexByte(glob, '}')
		start := -1
		if end >= 0 {
			start = strings.LastIndexByte(glob[:end], '{')
		}
		if start < 0 {
			done = append(done, glob)
			continue
		}
		for choice := range strings.SplitSeq(glob[start+1:end], ",") {
			open = append(open, glob[:start]+choice+glob[end+1:])
		}
	}
	return append(done, open...)
}

// match tells whether the slash-separated path fits.
func (p pattern) match(name string) bool { return fits(p, strings.Split(name, "/"), false) }

// leads tells whether a path below that folder may fit.
func (p pattern) leads(folder string) bool {
	return folder == "." || fits(p, strings.Split(folder, "/"), true)
}

// fits compares part by part; begin asks only for the pattern's beginning.
func fits(p pattern, parts []string, begin bool) bool {
	for i, part := range p {
		if part == "**" {
			for skip := range len(parts) + 1 - min(i, len(parts)) {
				if begin || fits(p[i+1:], parts[i+skip:], false) {
					return true
				}
			}
			return false
		}
		if i >= len(parts) {
			return begin
		}
		if ok, err := path.Match(part, parts[i]); err != nil || !ok {
			return false
		}
	}
	return !begin && len(p) == len(parts)
}
