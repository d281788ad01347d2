package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

var (
	variablePattern = regexp.MustCompile(`\$\{([^{}]*)\}`)
	bareVariable    = regexp.MustCompile(`\$(ORACLE_[A-Z_]+|PIPELINE_RUN_ID)`)
)

// EnvNames lists the variables that the build's commands get from pipeline.
func (c Config) EnvNames() []string {
	var names []string
	schemas := c.schemaNames()
	for i := range max(len(schemas), 1) {
		names = append(names, variablesOf(schemas, i)...)
	}
	return append(names, "PIPELINE_RUN_ID")
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

func variablesOf(schemas []string, i int) []string {
	var names []string
	for _, prefix := range prefixes(schemas, i) {
		for _, suffix := range oracleSuffixes() {
			names = append(names, prefix+suffix)
		}
	}
	return names
}

// prefixes are what the names of the environment variables of the schema start
// with: ORACLE_ for the first one, and ORACLE_<NAME>_ for each when there are
// several, with _ for what a variable's name cannot hold.
func prefixes(schemas []string, of int) []string {
	var all []string
	if of == 0 {
		all = append(all, "ORACLE_")
	}
	if len(schemas) > 1 {
		all = append(all, "ORACLE_"+strings.NewReplacer("$", "_", "#", "_").Replace(strings.ToUpper(schemas[of]))+"_")
	}
	return all
}

// oracleSuffixes are what each ORACLE_... set consists of.
func oracleSuffixes() []string {
	return []string{"HOST", "PORT", "SERVICE", "USER", "PASSWORD", "JDBC_URL", "URL"}
}
