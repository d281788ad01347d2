package pipeline

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

var (
	projectPattern  = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	versionPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	servicePattern  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$#.]*$`)
	envPattern      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretIDPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	bracePattern    = regexp.MustCompile(`\{([a-z]+)\}`)
	digestPattern   = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
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
