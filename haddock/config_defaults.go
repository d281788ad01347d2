package haddock

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// defaultBake is how long a step lasts that names no time.
const defaultBake = 5 * time.Minute

// preset is the Config before a file is read into it: the defaults that do not
// depend on anything.
func preset() Config {
	return Config{
		Service:  ServiceConfig{Port: 8080, Health: "/healthz", StartTimeout: 2 * time.Minute, StopGrace: 30 * time.Second},
		Session:  SessionConfig{Cookie: "JSESSIONID", TTL: 30 * time.Minute},
		Analysis: AnalysisConfig{MinRequests: 20, MaxErrorPercent: 5, MaxConnectFails: 2},
		Drain:    DrainConfig{Wait: 5 * time.Minute},
		Hooks:    HooksConfig{Timeout: 10 * time.Minute},
		Keep:     5,
	}
}

func presetEnvironment(name string) Environment {
	prod := name == "prod"
	return Environment{
		Name:     name,
		StateDir: "/var/lib/haddock",
		Proxy: ProxyConfig{
			Metrics: "127.0.0.1:9101", Peers: "127.0.0.1:10180", Table: 200_000, Request: time.Minute,
		},
		Network: NetworkConfig{Slots: 6},
		Require: RequireConfig{Tested: prod, StandIn: !prod},
	}
}

// setDefaults fills what the file leaves out and merges into each environment
// what the file says for all. It is only called on a Config without faults.
func (c *Config) setDefaults() {
	if len(c.Service.Smoke) == 0 {
		c.Service.Smoke = []string{c.Service.Health}
	}
	if len(c.Rollout) == 0 {
		c.Rollout = []Step{{Percent: 10}, {Percent: 100}}
	}
	bake(c.Rollout)
	for name, env := range c.Environments {
		env.Env = merged(c.Service.Env, env.Env)
		env.EnvFiles = slices.Concat(c.Service.EnvFiles, env.EnvFiles)
		if len(env.Rollout) == 0 {
			env.Rollout = slices.Clone(c.Rollout)
		}
		bake(env.Rollout)
		env.Proxy.Backend = cmp.Or(env.Proxy.Backend, c.Service.Name)
		if len(env.Proxy.Bind) == 0 {
			env.Proxy.Bind = []string{":80"}
		}
		env.Network.Name = cmp.Or(env.Network.Name, "haddock-"+c.Service.Name+"-"+name)
		env.Network.Subnet = cmp.Or(env.Network.Subnet, defaultSubnet(c.Service.Name, name))
		c.Environments[name] = env
	}
}

// bake gives the default time to the steps that name none; what follows the
// last one is the drain.
func bake(steps []Step) {
	for i := range steps[:len(steps)-1] {
		if steps[i].Bake == 0 {
			steps[i].Bake = defaultBake
		}
	}
}

func merged(all, own map[string]string) map[string]string {
	sum := maps.Clone(all)
	if sum == nil {
		sum = map[string]string{}
	}
	maps.Copy(sum, own)
	return sum
}

// defaultSubnet gives each service and environment a network of its own, the
// same one on every machine.
func defaultSubnet(service, env string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(service + "/" + env)) // a hash takes everything
	return fmt.Sprintf("172.30.%d.0/24", sum.Sum32()%256)
}
