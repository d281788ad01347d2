package pipeline

import (
	"maps"
	"slices"
	"strings"
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
