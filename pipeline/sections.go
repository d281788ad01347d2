package pipeline

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// config reads the whole file.
func (r *reader) config(c *Config, root *yaml.Node) {
	r.mapping("", root, map[string]read{
		"name":     r.text(&c.Name, projectName),
		"version":  r.version(&c.Version),
		"oracle":   r.oracle(&c.Oracle),
		"build":    r.build(&c.Build),
		"image":    r.image(&c.Image),
		"registry": r.registry(&c.Registry),
		"deploy":   r.deploy(&c.Deploy),
	})
}

func (r *reader) version(v *VersionConfig) read {
	return func(key string, n *yaml.Node) {
		switch node := resolve(n); node.Kind {
		case yaml.MappingNode:
			r.mapping(key, n, map[string]read{
				"file": r.text(&v.File, innerPath),
				"git":  r.text(&v.Git, oneOf("tag")),
			})
			if v.File != "" && v.Git != "" {
				r.refuse(placeOf(n), key, "has both file and git; the version comes from one of them")
			}
		case yaml.SequenceNode:
			r.refuse(placeOf(n), key, "want text, {file: pom.xml} or {git: tag}, got a list")
		default:
			r.text(&v.Text, versionText)(key, n)
		}
	}
}

func (r *reader) oracle(c *OracleConfig) read {
	return func(key string, n *yaml.Node) {
		r.mapping(key, n, map[string]read{
			"image":    r.text(&c.Image, imageReference),
			"service":  r.text(&c.Service, serviceName),
			"schemas":  r.list(&c.Schemas, schemaName),
			"initSys":  r.list(&c.InitSys, innerPath),
			"init":     r.list(&c.Init, innerPath),
			"timeout":  r.duration(&c.Timeout),
			"shards":   r.number(&c.Shards, 1, maxShards),
			"snapshot": r.text(&c.Snapshot, oneOf("auto", "off")),
		})
	}
}

func (r *reader) build(c *BuildConfig) read {
	return func(key string, n *yaml.Node) {
		r.mapping(key, n, map[string]read{
			"compile": r.text(&c.Compile),
			"test":    r.text(&c.Test),
			"env":     r.table(&c.Env, envName),
			"reports": r.list(&c.Reports, innerPath, glob),
			"timeout": r.duration(&c.Timeout),
		})
	}
}

func (r *reader) image(c *ImageConfig) read {
	return func(key string, n *yaml.Node) {
		r.mapping(key, n, map[string]read{
			"repository":   r.text(&c.Repository, repository),
			"context":      r.text(&c.Context, innerPath),
			"dockerfile":   r.text(&c.Dockerfile, innerPath),
			"target":       r.text(&c.Target),
			"mode":         r.text(&c.Mode, oneOf("dockerfile", modeLayers)),
			"base":         r.text(&c.Base, imageReference),
			"mainClass":    r.text(&c.MainClass, className),
			"jvmArgs":      r.list(&c.JVMArgs),
			"dependencies": r.text(&c.Dependencies, innerPath),
			"args":         r.table(&c.Args, argName),
			"secrets":      r.table(&c.Secrets, secretID, secretEnvName),
			"labels":       r.table(&c.Labels, labelName),
			"reproducible": r.truth(&c.Reproducible),
		})
	}
}

func (r *reader) registry(c *RegistryConfig) read {
	return func(key string, n *yaml.Node) {
		r.mapping(key, n, map[string]read{
			"userEnv":     r.text(&c.UserEnv, secretEnvName),
			"passwordEnv": r.text(&c.PasswordEnv, secretEnvName),
			"insecure":    r.truth(&c.Insecure),
			"immutable":   r.list(&c.Immutable, glob),
		})
	}
}

func (r *reader) deploy(c *DeployConfig) read {
	return func(key string, n *yaml.Node) {
		r.mapping(key, n, map[string]read{
			"command":  r.list(&c.Command, placeholders),
			"branches": r.list(&c.Branches, glob),
		})
	}
}

// allKeys lists every key of pipeline.yaml, dotted, from the fields of Config.
func allKeys() []string {
	var keys []string
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for field := range t.Fields() {
			name, ok := field.Tag.Lookup("yaml")
			if !ok || name == "-" {
				continue
			}
			full := join(prefix, strings.Split(name, ",")[0])
			keys = append(keys, full)
			if field.Type.Kind() == reflect.Struct {
				walk(full, field.Type)
			}
		}
	}
	walk("", reflect.TypeFor[Config]())
	return keys
}
