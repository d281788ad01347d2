package haddock

import (
	"maps"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var secretWord = regexp.MustCompile(`(?i)password|passwd|secret|token|api_?key|private_?key|credential`)

// needed refuses what is missing, and what is of no use beside the rest.
func (r *reader) needed(c *Config) {
	if !r.Has("service.name") {
		r.RefuseKey("service.name", "missing; the service's name, such as shop")
	}
	if !r.Has("environments") {
		r.RefuseKey("environments", "missing; where the service runs, such as environments: {test: {}}")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Environments)) {
		key, env := "environments."+name, c.Environments[name]
		tcp := strings.HasPrefix(env.Engine, "tcp://")
		switch {
		case tcp && env.TLS == "":
			r.RefuseKey(key+".tls", "missing; a tcp engine is only used with TLS: the folder of ca.pem, cert.pem and key.pem")
		case !tcp && env.TLS != "":
			r.RefuseKey(key+".tls", "is of no use without a tcp:// engine")
		}
		if tcp && env.Locator == "" {
			r.RefuseKey(key+".locator", "missing; a tcp engine does not lead to HAProxy, want such as ssh://user@host/run/haddock/admin.sock")
		}
		if user, password := env.Registry.UserEnv != "", env.Registry.PasswordEnv != ""; user != password {
			have, miss := "userEnv", "passwordEnv"
			if password {
				have, miss = miss, have
			}
			r.RefuseKey(key+".registry."+have, "is of no use without registry.%s", miss)
		}
	}
}

// across checks what only shows once the defaults are there: whether the slots
// have room, and whether two environments would be in each other's way.
func (r *reader) across(c *Config) {
	names := slices.Sorted(maps.Keys(c.Environments))
	for i, name := range names {
		key, env := "environments."+name+".network", c.Environments[name]
		if last := env.Network.Address(env.Network.Slots); !roomy(env.Network.Subnet, last) {
			r.RefuseKey(key+".subnet", "%s has no room for %d slots, the last would be %s", env.Network.Subnet, env.Network.Slots, last)
		}
		if at, err := netip.ParseAddrPort(env.Network.Publish); err == nil && int(at.Port())+env.Network.Slots-1 > math.MaxUint16 {
			r.RefuseKey(key+".publish", "leaves no ports for %d slots", env.Network.Slots)
		}
		if env.Proxy.Metrics == env.Proxy.Peers {
			r.RefuseKey("environments."+name+".proxy.peers", "is the address of proxy.metrics too")
		}
		for _, before := range names[:i] {
			r.apart(env, c.Environments[before])
		}
	}
}

// roomy tells whether the address and one more, the broadcast's, are within.
func roomy(subnet string, last netip.Addr) bool {
	prefix, err := netip.ParsePrefix(subnet)
	return err == nil && prefix.Contains(last) && prefix.Contains(last.Next())
}

// apart refuses two environments of one host that share what each needs alone.
func (r *reader) apart(env, before Environment) {
	key := "environments." + env.Name
	if env.Engine == before.Engine {
		a, _ := netip.ParsePrefix(env.Network.Subnet)
		b, _ := netip.ParsePrefix(before.Network.Subnet)
		if env.Network.Name == before.Network.Name {
			r.RefuseKey(key+".network.name", "is the network of %s too, on the same engine", before.Name)
		} else if a.Overlaps(b) {
			r.RefuseKey(key+".network.subnet", "%s overlaps %s of %s on the same engine", a, b, before.Name)
		}
	}
	if env.Engine == before.Engine && env.Locator == before.Locator && env.Proxy.Backend == before.Proxy.Backend {
		r.RefuseKey(key+".proxy.backend", "%s is the backend of %s too, in the same HAProxy; name another", env.Proxy.Backend, before.Name)
	}
}

// Warnings tells what is allowed and yet most likely not meant.
func (c Config) Warnings() []Fault {
	var warnings Faults
	secrets := func(key string, env map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(env)) {
			if full := key + "." + name; secretWord.MatchString(name) && env[name] != "" && c.source.Has(full) {
				warnings = append(warnings, c.source.Fault(full, "looks like a secret written down; put it into a file named by envFiles"))
			}
		}
	}
	secrets("service.env", c.Service.Env)
	for _, name := range slices.Sorted(maps.Keys(c.Environments)) {
		secrets("environments."+name+".env", c.Environments[name].Env)
	}
	if c.Analysis.Off {
		warnings = append(warnings, c.source.Fault("analysis", "a bad instance is only noticed when it stops"))
	}
	_ = warnings.Err() // puts them in order
	return warnings
}
