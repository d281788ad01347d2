package pipeline

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

var (
	projectPattern  = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	versionPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	servicePattern  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$#.]*$`)
	envPattern      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretIDPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	tokenPattern    = regexp.MustCompile(`^(dckr_(pat|oat)_|gh[pousr]_|github_pat_|glpat-|AKIA[0-9A-Z]{12}|BAMSCRT)`)
	bracePattern    = regexp.MustCompile(`\{([a-z]+)\}`)
	digestPattern   = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
	wordsPattern    = regexp.MustCompile(`^\s*(\d+)\s*([A-Za-z]+)\s*$`)
)

func projectName(name string) string {
	switch {
	case len(name) > 63:
		return "is longer than 63 characters"
	case projectPattern.MatchString(name):
		return ""
	case projectPattern.MatchString(strings.ToLower(name)):
		return "want lower case, write " + strings.ToLower(name)
	}
	return quote(name) + " is no project name: want letters, digits and single - . _ between them"
}

func versionText(version string) string {
	switch {
	case version == "tag" || strings.HasSuffix(version, ".xml"):
		return "write {git: tag} or {file: pom.xml}, or a version such as 1.4.2"
	case !versionPattern.MatchString(version):
		return quote(version) + " is no version: want letters, digits and . _ - +"
	case len(version) > 64:
		return "is longer than 64 characters"
	}
	return ""
}

func serviceName(name string) string {
	if !servicePattern.MatchString(name) || len(name) > 128 {
		return quote(name) + " is no service name, such as FREEPDB1"
	}
	return ""
}

// imageReference accepts what an engine can pull: name, name:tag, name@digest.
func imageReference(image string) string {
	if text := commonImage(image); text != "" {
		return text
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		return quote(image) + " is no image reference: " + referenceFault(err)
	}
	return ""
}

// repository accepts a name without tag and digest: pipeline sets the tags.
func repository(name string) string {
	if text := commonImage(name); text != "" {
		return text
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return quote(name) + " is no repository: " + referenceFault(err)
	}
	bare := reference.FamiliarName(named)
	if _, ok := named.(reference.Digested); ok {
		return "want no digest, write " + bare
	}
	if _, ok := named.(reference.Tagged); ok {
		return "want no tag, pipeline sets it, write " + bare
	}
	if !strings.Contains(name, "/") {
		return "names no registry, write registry.example.com/" + name
	}
	return ""
}

// commonImage finds what references to images and repositories get wrong.
func commonImage(name string) string {
	switch _, after, ok := strings.Cut(name, "@"); {
	case ok && !strings.HasPrefix(after, "sha"):
		return "holds an @ that starts no digest; credentials are named under registry, never written"
	case ok && !digestPattern.MatchString(after):
		return "its digest is not sha256: and 64 hex digits"
	}
	if _, rest, ok := strings.Cut(name, "://"); ok {
		return "want no scheme, write " + strings.TrimRight(rest, "/")
	}
	if strings.HasSuffix(name, "/") {
		return "want no / at the end"
	}
	if strings.ContainsAny(name, " \t\n") {
		return quote(name) + " holds white space"
	}
	return ""
}

func referenceFault(err error) string {
	switch {
	case errors.Is(err, reference.ErrNameContainsUppercase) || strings.Contains(err.Error(), "must be lowercase"):
		return "want lower case"
	case errors.Is(err, reference.ErrNameTooLong):
		return "is longer than 255 characters"
	}
	return "want registry/name:tag"
}

// innerPath accepts a path within the project's folder.
func innerPath(name string) string {
	slashed := filepath.ToSlash(name)
	switch {
	case path.IsAbs(slashed) || filepath.IsAbs(name):
		return quote(name) + " is absolute; want it relative to the project's folder"
	case strings.HasPrefix(name, "~"):
		return quote(name) + ": ~ has no meaning here; want it relative to the project's folder"
	}
	if clean := path.Clean(slashed); clean == ".." || strings.HasPrefix(clean, "../") {
		return quote(name) + " leaves the project's folder"
	}
	return ""
}

// glob accepts a pattern of path.Match, ** between slashes included.
func glob(pattern string) string {
	for part := range strings.SplitSeq(pattern, "/") {
		if _, err := path.Match(part, ""); err != nil {
			return quote(pattern) + " is no pattern: a [ or \\ is not closed"
		}
	}
	return ""
}

func envName(name string) string {
	if !envPattern.MatchString(name) {
		return "no name for an environment variable: want letters, digits and _"
	}
	return ""
}

func argName(name string) string {
	if !envPattern.MatchString(name) {
		return "no name for a build argument: want letters, digits and _"
	}
	return ""
}

func labelName(name string) string {
	if name == "" || strings.ContainsAny(name, " \t\n=\"'") {
		return "no name for a label: want neither white space, = nor quotes"
	}
	return ""
}

func secretID(id string) string {
	if !secretIDPattern.MatchString(id) {
		return "no id for a secret: want letters, digits and . _ -"
	}
	return ""
}

// secretEnvName accepts the name of a variable that holds a secret. What looks
// like the secret itself is refused without repeating it.
func secretEnvName(name string) string {
	bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "$"), "{"), "}")
	if bare != name && envPattern.MatchString(bare) {
		return "want the name alone, write " + bare
	}
	if !envPattern.MatchString(name) || tokenPattern.MatchString(name) || len(name) > 100 {
		return "wants the name of an environment variable, never the secret itself, such as bamboo_registryPassword"
	}
	return ""
}

// oneOf accepts one of the words.
func oneOf(words ...string) check {
	return func(word string) string {
		if slices.Contains(words, word) {
			return ""
		}
		if suffix := nearest.Suffix(word, words); suffix != "" {
			return quote(word) + " is not known" + suffix
		}
		return quote(word) + " is not known, want " + strings.Join(words, " or ")
	}
}

// placeholders refuses a mistyped {release}; other braces may belong to the
// command.
func placeholders(arg string) string {
	known := []string{"release", "image", "tag"}
	for _, match := range bracePattern.FindAllStringSubmatch(arg, -1) {
		if slices.Contains(known, match[1]) {
			continue
		}
		if name, ok := nearest.Name(match[1], known); ok {
			return match[0] + " is not known, did you mean {" + name + "}?"
		}
	}
	return ""
}

// parseDuration reads 90s, 5m or 1h30m, and tells how to write what it cannot.
func parseDuration(text string) (time.Duration, string) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil && d <= 0:
		return 0, "must be longer than nothing"
	case err == nil:
		return d, ""
	}
	if words := wordsPattern.FindStringSubmatch(text); words != nil {
		if unit := unitOf(words[2]); unit != "" {
			return 0, fmt.Sprintf("%s is no duration, write %s%s", quote(text), words[1], unit)
		}
	}
	if strings.Trim(text, "0123456789") == "" {
		return 0, fmt.Sprintf("%s has no unit, write %ss or %sm", text, text, text)
	}
	return 0, quote(text) + " is no duration, write such as 90s, 5m or 1h30m"
}

// unitOf gives the unit that a word for it stands for.
func unitOf(word string) string {
	word = strings.ToLower(word)
	for unit, start := range map[string]string{"s": "sec", "m": "min", "h": "hour"} {
		if word == unit || strings.HasPrefix(word, start) {
			return unit
		}
	}
	if word == "hr" || word == "hrs" {
		return "h"
	}
	return ""
}

// pinned tells whether an image reference names one version.
func pinned(image string) bool {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return true
	}
	if _, ok := named.(reference.Digested); ok {
		return true
	}
	tagged, ok := named.(reference.Tagged)
	return ok && tagged.Tag() != "latest"
}
