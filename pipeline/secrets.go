package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// A namedSecret is a key of pipeline.yaml and the variable that it names.
type namedSecret struct{ key, variable string }

// namedSecrets are the secrets that the configuration names, in a fixed order.
func (c Config) namedSecrets() []namedSecret {
	var named []namedSecret
	if c.Registry.PasswordEnv != "" {
		named = append(named, namedSecret{"registry.passwordEnv", c.Registry.PasswordEnv})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Image.Secrets)) {
		named = append(named, namedSecret{"image.secrets." + id, c.Image.Secrets[id]})
	}
	return named
}

// learnSecrets makes the named secrets known to the redactor, whichever stage
// uses them: the project's commands get all of the environment. It returns a
// sentence for each that is too short to be masked.
func (r *run) learnSecrets() (short []string) {
	for _, secret := range r.cfg.namedSecrets() {
		value, _ := r.lookup(secret.variable)
		r.set.Secrets.Add(value)
		if value != "" && redact.TooShort(value) {
			short = append(short, fmt.Sprintf("%s: the value of %s has fewer than %d characters and is not masked; choose a longer one",
				secret.key, secret.variable, redact.Shortest))
		}
	}
	return short
}

// warnOfSecrets learns the named secrets and warns of those that are not masked.
func (r *run) warnOfSecrets() {
	for _, text := range r.learnSecrets() {
		r.events.Warn(text)
	}
}

// buildSecrets are those that the Dockerfile's RUN steps may mount, by id.
func (r *run) buildSecrets() (map[string][]byte, error) {
	secrets := map[string][]byte{}
	for _, id := range slices.Sorted(maps.Keys(r.cfg.Image.Secrets)) {
		name := r.cfg.Image.Secrets[id]
		value, ok := r.lookup(name)
		if !ok {
			return nil, &UsageError{fmt.Sprintf("image.secrets.%s: the environment has no variable %s; set it: export %[2]s=...", id, name)}
		}
		secrets[id] = []byte(value)
	}
	return secrets, nil
}
