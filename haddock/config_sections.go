package haddock

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// reader turns the nodes of haddock.yaml into the fields of a Config.
type reader struct{ *strictyaml.Reader }

type read = strictyaml.Read

// config reads the whole file.
func (r *reader) config(c *Config, root *yaml.Node) {
	r.Mapping("", root, map[string]read{
		"service":      r.service(&c.Service),
		"session":      r.session(&c.Session),
		"rollout":      r.rollout(&c.Rollout),
		"analysis":     r.analysis(&c.Analysis),
		"drain":        r.drain(&c.Drain),
		"hooks":        r.hooks(&c.Hooks),
		"keep":         r.Number(&c.Keep, 1, 1000),
		"environments": r.environments(&c.Environments),
	})
}

func (r *reader) service(c *ServiceConfig) read {
	return r.section(map[string]read{
		"name":         r.Text(&c.Name, serviceName),
		"port":         r.Number(&c.Port, 1, 65535),
		"health":       r.Text(&c.Health, urlPath),
		"startTimeout": r.Duration(&c.StartTimeout),
		"smoke":        r.List(&c.Smoke, urlPath),
		"command":      r.List(&c.Command),
		"env":          r.Table(&c.Env, strictyaml.EnvName),
		"envFiles":     r.List(&c.EnvFiles, oneLine),
		"volumes":      r.List(&c.Volumes, volume),
		"memory":       r.bytes(&c.Memory),
		"cpus":         r.fraction(&c.CPUs),
		"stopGrace":    r.Duration(&c.StopGrace),
	})
}

func (r *reader) session(c *SessionConfig) read {
	return r.section(map[string]read{
		"cookie": r.Text(&c.Cookie, cookieName),
		"ttl":    r.seconds(&c.TTL, leastTTL, mostTTL),
	})
}

// rollout reads percentages, each alone or with its bake time.
func (r *reader) rollout(to *[]Step) read {
	return func(key string, n *yaml.Node) {
		r.Items(key, n, "[10, 100] or [{percent: 10, bake: 30m}, 100]", func(full string, item *yaml.Node) {
			step := Step{}
			if v := strictyaml.Resolve(item); v.Kind == yaml.MappingNode {
				r.Mapping(full, item, map[string]read{
					"percent": r.percent(&step.Percent),
					"bake":    r.Duration(&step.Bake),
				})
				if step.Percent == 0 && !r.Has(strictyaml.Join(full, "percent")) {
					r.Refuse(item, strictyaml.Join(full, "percent"), "missing; the share of new sessions, such as 10")
				}
			} else {
				r.percent(&step.Percent)(full, item)
			}
			*to = append(*to, step)
			r.ascending(full, item, *to)
		})
		if steps := *to; len(steps) > 0 && steps[len(steps)-1].Percent > 0 && steps[len(steps)-1].Percent != 100 {
			r.Refuse(n, key, "ends at %d; the last step is 100", steps[len(steps)-1].Percent)
		}
	}
}

func (r *reader) ascending(key string, n *yaml.Node, steps []Step) {
	last := steps[len(steps)-1]
	switch {
	case last.Percent == 0: // has its fault already
	case len(steps) > 1 && last.Percent <= steps[len(steps)-2].Percent:
		r.Refuse(n, key, "%d does not follow %d; every step gives more than the one before", last.Percent, steps[len(steps)-2].Percent)
	case last.Percent == 100 && last.Bake > 0:
		r.Refuse(n, key, "100 has no bake time; what follows it is the drain")
	}
}

// percent reads 10 as well as 10%.
func (r *reader) percent(to *int) read {
	return func(key string, n *yaml.Node) {
		v := strictyaml.Resolve(n)
		if text, cut := cutPercent(v.Value); v.Kind == yaml.ScalarNode && cut {
			if i, err := strconv.Atoi(text); err == nil && i >= 1 && i <= 100 {
				*to = i
				return
			}
		}
		r.Number(to, 1, 100)(key, n)
	}
}

func (r *reader) analysis(c *AnalysisConfig) read {
	return func(key string, n *yaml.Node) {
		if v := strictyaml.Resolve(n); v.Kind == yaml.ScalarNode && v.Value == "off" {
			c.Off = true
			return
		}
		r.Mapping(key, n, map[string]read{
			"minRequests":     r.Number(&c.MinRequests, 1, 1_000_000),
			"maxErrorPercent": r.Number(&c.MaxErrorPercent, 0, 100),
			"maxConnectFails": r.Number(&c.MaxConnectFails, 0, 1_000_000),
			"maxRestarts":     r.Number(&c.MaxRestarts, 0, 1000),
		})
	}
}

func (r *reader) drain(c *DrainConfig) read {
	return r.section(map[string]read{
		"wait":     r.Duration(&c.Wait),
		"deadline": r.orNever(&c.Deadline),
	})
}

func (r *reader) hooks(c *HooksConfig) read {
	return r.section(map[string]read{
		"preDeploy":  r.Text(&c.PreDeploy),
		"postDeploy": r.Text(&c.PostDeploy),
		"onAbort":    r.Text(&c.OnAbort),
		"timeout":    r.Duration(&c.Timeout),
	})
}

// section reads keys and values.
func (r *reader) section(fields map[string]read) read {
	return func(key string, n *yaml.Node) { r.Mapping(key, n, fields) }
}

// bytes reads 512m or 2g.
func (r *reader) bytes(to *int64) read {
	return func(key string, n *yaml.Node) {
		value, ok := r.Scalar(key, n)
		if !ok {
			return
		}
		size, text := parseBytes(value)
		if text != "" {
			r.Refuse(n, key, "%s", text)
			return
		}
		*to = size
	}
}

// fraction reads a number of processors.
func (r *reader) fraction(to *float64) read {
	return func(key string, n *yaml.Node) {
		v := strictyaml.Resolve(n)
		f, err := strconv.ParseFloat(v.Value, 64)
		if v.Kind != yaml.ScalarNode || err != nil || !(f >= 0.01 && f <= 1024) {
			r.Refuse(n, key, "want a number of processors such as 1.5, got %s", strictyaml.Describe(v))
			return
		}
		*to = f
	}
}

// seconds reads a duration of whole seconds: HAProxy and cookies count in them.
func (r *reader) seconds(to *time.Duration, least, most time.Duration) read {
	return func(key string, n *yaml.Node) {
		var d time.Duration
		r.Duration(&d)(key, n)
		switch {
		case d == 0: // has its fault already
		case d%time.Second != 0 || d < least || d > most:
			r.Refuse(n, key, "want whole seconds, from %ds to %dh", int(least.Seconds()), int(most.Hours()))
		default:
			*to = d
		}
	}
}

// orNever reads a duration, or the word for none.
func (r *reader) orNever(to *time.Duration) read {
	return func(key string, n *yaml.Node) {
		if v := strictyaml.Resolve(n); v.Kind == yaml.ScalarNode && v.Value == "never" {
			*to = 0
			return
		}
		r.Duration(to)(key, n)
	}
}
