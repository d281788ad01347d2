package pipeline

import (
	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// config reads the whole file.
func (r *reader) config(c *Config, root *yaml.Node) {
	r.Mapping("", root, map[string]read{
		"name":     r.Text(&c.Name, projectName),
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
		switch node := strictyaml.Resolve(n); node.Kind {
		case yaml.MappingNode:
			r.Mapping(key, n, map[string]read{
				"file": r.Text(&v.File, strictyaml.InnerPath),
				"git":  r.Text(&v.Git, strictyaml.OneOf("tag")),
			})
			if v.File != "" && v.Git != "" {
				r.Refuse(n, key, "has both file and git; the version comes from one of them")
			}
		case yaml.SequenceNode:
			r.Refuse(n, key, "want text, {file: pom.xml} or {git: tag}, got a list")
		default:
			r.Text(&v.Text, versionText)(key, n)
		}
	}
}

func (r *reader) oracle(c *OracleConfig) read {
	return func(key string, n *yaml.Node) {
		r.Mapping(key, n, map[string]read{
			"image":    r.Text(&c.Image, imageReference),
			"service":  r.Text(&c.Service, serviceName),
			"schemas":  r.List(&c.Schemas, schemaName),
			"initSys":  r.List(&c.InitSys, strictyaml.InnerPath),
			"init":     r.List(&c.Init, strictyaml.InnerPath),
			"timeout":  r.Duration(&c.Timeout),
			"shards":   r.Number(&c.Shards, 1, maxShards),
			"snapshot": r.Text(&c.Snapshot, strictyaml.OneOf("auto", "off")),
		})
	}
}

func (r *reader) build(c *BuildConfig) read {
	return func(key string, n *yaml.Node) {
		r.Mapping(key, n, map[string]read{
			"compile": r.Text(&c.Compile),
			"test":    r.Text(&c.Test),
			"waits":   r.Truth(&c.Waits),
			"env":     r.Table(&c.Env, strictyaml.EnvName),
			"reports": r.List(&c.Reports, strictyaml.InnerPath, strictyaml.Glob),
			"timeout": r.Duration(&c.Timeout),
		})
	}
}

func (r *reader) image(c *ImageConfig) read {
	return func(key string, n *yaml.Node) {
		r.Mapping(key, n, map[string]read{
			"repository":   r.Text(&c.Repository, repository),
			"context":      r.Text(&c.Context, strictyaml.InnerPath),
			"dockerfile":   r.Text(&c.Dockerfile, strictyaml.InnerPath),
			"target":       r.Text(&c.Target),
			"mode":         r.Text(&c.Mode, strictyaml.OneOf("dockerfile", modeLayers)),
			"base":         r.Text(&c.Base, imageReference),
			"mainClass":    r.Text(&c.MainClass, className),
			"jvmArgs":      r.List(&c.JVMArgs),
			"dependencies": r.Text(&c.Dependencies, strictyaml.InnerPath),
			"args":         r.Table(&c.Args, argName),
			"secrets":      r.Table(&c.Secrets, secretID, strictyaml.SecretEnvName),
			"labels":       r.Table(&c.Labels, labelName),
			"pull":         r.Truth(&c.Pull),
			"reproducible": r.Truth(&c.Reproducible),
		})
	}
}

func (r *reader) registry(c *RegistryConfig) read {
	return func(key string, n *yaml.Node) {
		r.Mapping(key, n, map[string]read{
			"userEnv":     r.Text(&c.UserEnv, strictyaml.SecretEnvName),
			"passwordEnv": r.Text(&c.PasswordEnv, strictyaml.SecretEnvName),
			"insecure":    r.Truth(&c.Insecure),
			"immutable":   r.List(&c.Immutable, strictyaml.Glob),
		})
	}
}

func (r *reader) deploy(c *DeployConfig) read {
	return func(key string, n *yaml.Node) {
		r.Mapping(key, n, map[string]read{
			"command":  r.List(&c.Command, placeholders),
			"branches": r.List(&c.Branches, strictyaml.Glob),
		})
	}
}
