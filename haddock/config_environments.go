package haddock

import (
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// environments reads the environments; one without keys is this machine.
func (r *reader) environments(to *map[string]Environment) read {
	return func(key string, n *yaml.Node) {
		*to = map[string]Environment{}
		r.Pairs(key, n, func(name string, at, v *yaml.Node) {
			full := strictyaml.Join(key, name)
			r.Found(full, at)
			if text := environmentName(name); text != "" {
				r.Refuse(at, full, "%s", text)
			}
			env := presetEnvironment(name)
			if !bare(v) {
				r.environment(&env)(full, v)
			}
			(*to)[name] = env
		})
	}
}

// bare tells whether a value says nothing: `test:` and `test: {}`.
func bare(n *yaml.Node) bool {
	v := strictyaml.Resolve(n)
	return v.ShortTag() == "!!null" || v.Kind == yaml.MappingNode && len(v.Content) == 0
}

func (r *reader) environment(e *Environment) read {
	return r.section(map[string]read{
		"engine":   r.Text(&e.Engine, engineAddress),
		"tls":      r.Text(&e.TLS, oneLine),
		"ssh":      r.ssh(&e.SSH),
		"locator":  r.Text(&e.Locator, locatorAddress),
		"stateDir": r.Text(&e.StateDir, absolutePath),
		"proxy":    r.proxy(&e.Proxy),
		"registry": r.registry(&e.Registry),
		"network":  r.network(&e.Network),
		"require":  r.require(&e.Require),
		"env":      r.Table(&e.Env, strictyaml.EnvName),
		"envFiles": r.List(&e.EnvFiles, oneLine),
		"rollout":  r.rollout(&e.Rollout),
	})
}

func (r *reader) ssh(c *SSHConfig) read {
	return r.section(map[string]read{
		"identityFile": r.Text(&c.IdentityFile, oneLine),
		"knownHosts":   r.Text(&c.KnownHosts, oneLine),
	})
}

func (r *reader) proxy(c *ProxyConfig) read {
	return r.section(map[string]read{
		"backend": r.Text(&c.Backend, backendName),
		"bind":    r.List(&c.Bind, bindLine),
		"metrics": r.Text(&c.Metrics, ownAddress),
		"peers":   r.Text(&c.Peers, ownAddress, loopback),
		"table":   r.Number(&c.Table, 1000, 50_000_000),
		"request": r.seconds(&c.Request, time.Second, 24*time.Hour),
		"secure":  r.Truth(&c.Secure),
		"user":    r.Text(&c.User, userName),
		"group":   r.Text(&c.Group, userName),
		"log":     r.Text(&c.Log, words),
	})
}

func (r *reader) registry(c *RegistryConfig) read {
	return r.section(map[string]read{
		"userEnv":     r.Text(&c.UserEnv, strictyaml.SecretEnvName),
		"passwordEnv": r.Text(&c.PasswordEnv, strictyaml.SecretEnvName),
	})
}

func (r *reader) network(c *NetworkConfig) read {
	return r.section(map[string]read{
		"name":    r.Text(&c.Name, networkName),
		"subnet":  r.Text(&c.Subnet, subnet),
		"slots":   r.Number(&c.Slots, 2, 64),
		"publish": r.Text(&c.Publish, addressPort),
	})
}

func (r *reader) require(c *RequireConfig) read {
	return r.section(map[string]read{
		"tested":  r.Truth(&c.Tested),
		"standIn": r.Truth(&c.StandIn),
	})
}
