package pipeline

import (
	"maps"
	"regexp"
	"slices"

	"github.com/distribution/reference"
)

var (
	secretWord = regexp.MustCompile(`(?i)password|passwd|secret|token|api_?key|private_?key|credential`)
	cleanGoal  = regexp.MustCompile(`(^|\s)clean(\s|$)`)
)

// Warnings tells what is allowed and yet most likely not meant.
func (c Config) Warnings() []Fault {
	var warnings Faults
	warn := func(key, format string, args ...any) {
		warnings = append(warnings, c.source.Fault(key, format, args...))
	}
	if c.Build.Compile != "" && cleanGoal.MatchString(c.Build.Test) {
		warn("build.test", "clean deletes what build.compile has made; leave it out")
	}
	if c.Oracle.Image != "" && !pinned(c.Oracle.Image) {
		warn("oracle.image", "%s may be another database tomorrow; name a version", c.Oracle.Image)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Build.Env)) {
		if secretWord.MatchString(name) && c.Build.Env[name] != "" && !variablePattern.MatchString(c.Build.Env[name]) {
			warn("build.env."+name, "looks like a secret written down; the build's commands get pipeline's own environment anyway")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Image.Args)) {
		if secretWord.MatchString(name) {
			warn("image.args."+name, "build arguments stay readable in the image; use image.secrets")
		}
	}
	if c.Registry.Insecure {
		warn("registry.insecure", "image and password travel unencrypted")
	}
	_ = warnings.Err()             // puts them in order
	if jar, ok := c.fatJar(); ok { // after those that are about this file
		warnings = append(warnings, c.fatJarWarning(jar))
	}
	return warnings
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
