package strictyaml

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

var (
	envPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	tokenPattern = regexp.MustCompile(`^(dckr_(pat|oat)_|gh[pousr]_|github_pat_|glpat-|AKIA[0-9A-Z]{12}|BAMSCRT)`)
)

// A Check looks at a text and says what is wrong with it, nothing when all is
// well.
type Check func(text string) string

// InnerPath accepts a path within the project's folder.
func InnerPath(name string) string {
	slashed := filepath.ToSlash(name)
	switch {
	case path.IsAbs(slashed) || filepath.IsAbs(name):
		return Quote(name) + " is absolute; want it relative to the project's folder"
	case strings.HasPrefix(name, "~"):
		return Quote(name) + ": ~ has no meaning here; want it relative to the project's folder"
	}
	if clean := path.Clean(slashed); clean == ".." || strings.HasPrefix(clean, "../") {
		return Quote(name) + " leaves the project's folder"
	}
	return ""
}

// Glob accepts a pattern of path.Match, ** between slashes included.
func Glob(pattern string) string {
	for part := range strings.SplitSeq(pattern, "/") {
		if _, err := path.Match(part, ""); err != nil {
			return Quote(pattern) + " is no pattern: a [ or \\ is not closed"
		}
	}
	return ""
}

// EnvName accepts the name of an environment variable.
func EnvName(name string) string {
	if !envPattern.MatchString(name) {
		return "no name for an environment variable: want letters, digits and _"
	}
	return ""
}

// SecretEnvName accepts the name of a variable that holds a secret. What looks
// like the secret itself is refused without repeating it.
func SecretEnvName(name string) string {
	bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "$"), "{"), "}")
	if bare != name && envPattern.MatchString(bare) {
		return "want the name alone, write " + bare
	}
	if !envPattern.MatchString(name) || tokenPattern.MatchString(name) || len(name) > 100 {
		return "wants the name of an environment variable, never the secret itself, such as bamboo_registryPassword"
	}
	return ""
}

// OneOf accepts one of the words.
func OneOf(words ...string) Check {
	return func(word string) string {
		if slices.Contains(words, word) {
			return ""
		}
		if suffix := nearest.Suffix(word, words); suffix != "" {
			return Quote(word) + " is not known" + suffix
		}
		return Quote(word) + " is not known, want " + strings.Join(words, " or ")
	}
}
