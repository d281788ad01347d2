package pipeline

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

var (
	variablePattern = regexp.MustCompile(`\$\{([^{}]*)\}`)
	bareVariable    = regexp.MustCompile(`\$(ORACLE_[A-Z_]+|PIPELINE_RUN_ID)`)
	secretWord      = regexp.MustCompile(`(?i)password|passwd|secret|token|api_?key|private_?key|credential`)
	cleanGoal       = regexp.MustCompile(`(^|\s)clean(\s|$)`)
)

// across checks what single values cannot tell: one key against another.
func (r *reader) across(c *Config) {
	if !r.Has("name") {
		r.RefuseKey("name", "missing; the project's name, such as orders")
	}
	r.schemas(c)
	r.imageMode(c)
	for _, name := range slices.Sorted(maps.Keys(c.Build.Env)) {
		r.mapped(c, "build.env."+name, c.Build.Env[name])
	}
	if user, password := c.Registry.UserEnv != "", c.Registry.PasswordEnv != ""; user != password {
		have, miss := "userEnv", "passwordEnv"
		if password {
			have, miss = miss, have
		}
		r.RefuseKey("registry."+have, "is of no use without registry.%s", miss)
	}
}

// schemas refuses two schemas that are the same to Oracle or whose variables
// would have the same names.
func (r *reader) schemas(c *Config) {
	if c.Oracle.Shards > 1 {
		if len(c.Oracle.Schemas) > 1 {
			r.RefuseKey("oracle.shards", "are copies of one schema; name only one in oracle.schemas")
		}
		return // their names differ by their numbers
	}
	owner := map[string]int{}
	for i := range c.Oracle.Schemas {
		if text := clash(c.Oracle.Schemas, owner, i); text != "" {
			r.RefuseKey(indexed("oracle.schemas", i), "%s", text)
			continue
		}
		for _, name := range variablesOf(c.Oracle.Schemas, i) {
			owner[name] = i
		}
	}
}

// clash says what is wrong with a schema beside those before it, whose variables
// have owners already.
func clash(schemas []string, owner map[string]int, i int) string {
	own := map[string]bool{}
	for _, name := range variablesOf(schemas, i) {
		other, taken := owner[name]
		switch {
		case taken && strings.EqualFold(schemas[other], schemas[i]):
			return strings.ToUpper(schemas[i]) + " is there already"
		case taken:
			return name + " would be the variable of " + strings.ToUpper(schemas[other]) + " too; rename one of them"
		case own[name]:
			return name + " would have two values; rename the schema"
		}
		own[name] = true
	}
	return ""
}

func variablesOf(schemas []string, i int) []string {
	var names []string
	for _, prefix := range prefixes(schemas, i) {
		for _, suffix := range oracleSuffixes() {
			names = append(names, prefix+suffix)
		}
	}
	return names
}

// mapped checks the ${ORACLE_...} within a value. Other ${...} are the
// command's own business, unless they are one of ours mistyped.
func (r *reader) mapped(c *Config, key, value string) {
	known := c.EnvNames()
	for _, match := range variablePattern.FindAllStringSubmatch(value, -1) {
		name := match[1]
		if slices.Contains(known, name) {
			continue
		}
		suffix := nearest.Suffix(name, known)
		ours := strings.HasPrefix(name, "ORACLE_") || strings.HasPrefix(name, "PIPELINE_")
		if !ours && (suffix == "" || !strings.Contains(name, "_")) {
			continue
		}
		if suffix == "" {
			suffix = ", known are " + strings.Join(known, ", ")
		}
		r.RefuseKey(key, "unknown variable ${%s}%s", name, suffix)
	}
	if match := bareVariable.FindStringSubmatch(value); match != nil && slices.Contains(known, match[1]) {
		r.RefuseKey(key, "$%s is taken as it stands, write ${%s}", match[1], match[1])
	}
}

// ExpandEnv replaces the ${ORACLE_...} and ${PIPELINE_RUN_ID} in the values of
// build.env by what vars holds and leaves every other text as it stands.
func (c Config) ExpandEnv(vars map[string]string) map[string]string {
	env := make(map[string]string, len(c.Build.Env))
	for name, value := range c.Build.Env {
		env[name] = variablePattern.ReplaceAllStringFunc(value, func(match string) string {
			if v, ok := vars[match[2:len(match)-1]]; ok {
				return v
			}
			return match
		})
	}
	return env
}

// Require checks that the file holds what the stages need: itest wants
// oracle.image and build.test, image wants image.repository, deploy wants
// deploy.command. What is missing comes back all at once, as Faults.
func (c Config) Require(stages []Stage) error {
	var faults Faults
	need := func(key, value, stage, example string) {
		if value == "" {
			faults = append(faults, c.source.Fault(key, "missing; stage %s needs it, such as %s", stage, example))
		}
	}
	if slices.Contains(stages, StageITest) {
		need("oracle.image", c.Oracle.Image, "itest", "gvenzl/oracle-free:23.26.0-slim-faststart")
		need("build.test", c.Build.Test, "itest", "mvn -B verify")
		for key, names := range map[string][]string{"oracle.initSys": c.Oracle.InitSys, "oracle.init": c.Oracle.Init} {
			for i, name := range names {
				if _, err := os.Stat(filepath.Join(c.Dir, filepath.FromSlash(name))); err != nil {
					faults = append(faults, c.source.Fault(indexed(key, i), "%s: no such file or folder", quote(name)))
				}
			}
		}
	}
	if slices.Contains(stages, StageImage) {
		need("image.repository", c.Image.Repository, "image", "registry.example.com/shop/"+c.Name)
		if c.Image.Mode == modeLayers {
			need("image.base", c.Image.Base, "image", "eclipse-temurin:21-jre")
		}
	}
	if slices.Contains(stages, StageDeploy) {
		need("deploy.command", strings.Join(c.Deploy.Command, ""), "deploy", `[haddock, deploy, --release, "{release}"]`)
	}
	return faults.Err()
}

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
