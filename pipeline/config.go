// Package pipeline is the fixed sequence from a source tree to a release: it
// owns the configuration, the stages and their order, the proof that the tree
// was tested, and what a run leaves behind.
package pipeline

import "time"

// Config is pipeline.yaml: strict, defaulted and valid once Load has returned
// it, and never changed afterwards.
type Config struct {
	Name     string         `yaml:"name"`
	Version  VersionConfig  `yaml:"version"`
	Oracle   OracleConfig   `yaml:"oracle"`
	Build    BuildConfig    `yaml:"build"`
	Image    ImageConfig    `yaml:"image"`
	Registry RegistryConfig `yaml:"registry"`
	Deploy   DeployConfig   `yaml:"deploy"`

	File string `yaml:"-"` // absolute path of the file it came from
	Dir  string `yaml:"-"` // absolute path of the project's folder

	source source // where the keys stand in the file, for later faults
}

// VersionConfig says where the product's version comes from. Exactly one field
// is set: by Load when the file names none (a pom.xml beside it, else git).
type VersionConfig struct {
	Text string // version: 1.4.2
	File string // version: {file: pom.xml}
	Git  string // version: {git: tag}

	assumed bool // the file names none; Load chose
}

// OracleConfig says which database the tests need.
type OracleConfig struct {
	Image    string        `yaml:"image"`
	Service  string        `yaml:"service"`  // default: the image's pluggable database, FREEPDB1 or XEPDB1
	Schemas  []string      `yaml:"schemas"`  // default: one schema, the project's name
	Shards   int           `yaml:"shards"`   // above 1: so many copies of the one schema, <NAME>_1 to <NAME>_n, initialised alike
	InitSys  []string      `yaml:"initSys"`  // files or folders, run as SYS after the database is ready, before init
	Init     []string      `yaml:"init"`     // files or folders, run as the first schema's user, or as each shard's
	Timeout  time.Duration `yaml:"timeout"`  // from container start to ready; default 5m
	Snapshot string        `yaml:"snapshot"` // auto: keep the initialised database as a local image and start from it; off (default)
}

// BuildConfig holds the project's own commands; each is given to sh -c.
type BuildConfig struct {
	Compile string            `yaml:"compile"` // optional; overlaps the database's boot
	Test    string            `yaml:"test"`
	Waits   bool              `yaml:"waits"`   // build.test starts while the database boots, and calls pipeline oracle wait before its first integration test
	Env     map[string]string `yaml:"env"`     // may use ${ORACLE_...}
	Reports []string          `yaml:"reports"` // globs with **, relative to the project's folder
	Timeout time.Duration     `yaml:"timeout"` // for compile and test together; default 60m
}

// ImageConfig says how the image is built and where it goes.
type ImageConfig struct {
	Repository   string            `yaml:"repository"`
	Context      string            `yaml:"context"`    // default .
	Dockerfile   string            `yaml:"dockerfile"` // default <context>/Dockerfile
	Target       string            `yaml:"target"`
	Mode         string            `yaml:"mode"` // dockerfile (default) or layers: a Java project, without an engine
	Args         map[string]string `yaml:"args"`
	Secrets      map[string]string `yaml:"secrets"` // id -> name of the environment variable that holds it
	Labels       map[string]string `yaml:"labels"`
	Pull         bool              `yaml:"pull"` // ask the registry for a newer base image than the engine has
	Reproducible bool              `yaml:"reproducible"`

	// The rest is for mode: layers alone, where context is the folder that
	// holds Maven's target; dockerfile, target, args, secrets and pull are not.
	Base         string   `yaml:"base"`         // image to put the project on; must have java on its PATH
	MainClass    string   `yaml:"mainClass"`    // default: from the jar's manifest
	JVMArgs      []string `yaml:"jvmArgs"`      // before -cp
	Dependencies string   `yaml:"dependencies"` // folder of jars; default: a Spring Boot jar's own, target/dependency, target/lib
}

// RegistryConfig says how the registry is reached. Secrets are named, never
// written.
type RegistryConfig struct {
	UserEnv     string   `yaml:"userEnv"`
	PasswordEnv string   `yaml:"passwordEnv"`
	Insecure    bool     `yaml:"insecure"` // plain HTTP; loopback needs no such word
	Immutable   []string `yaml:"immutable"`
}

// DeployConfig is the hand-over to the deploy step.
type DeployConfig struct {
	Command  []string `yaml:"command"`  // {release}, {image}, {tag} are replaced
	Branches []string `yaml:"branches"` // CI builds of these deploy without being asked to
}
