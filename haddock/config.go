package haddock

import (
	"time"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// Config is haddock.yaml: strict, defaulted and valid once Load has returned
// it, and never changed afterwards.
type Config struct {
	Service      ServiceConfig          `yaml:"service"`
	Session      SessionConfig          `yaml:"session"`
	Rollout      []Step                 `yaml:"rollout"` // ascending, ends with 100; default [10, 100]
	Analysis     AnalysisConfig         `yaml:"analysis"`
	Drain        DrainConfig            `yaml:"drain"`
	Hooks        HooksConfig            `yaml:"hooks"`
	Keep         int                    `yaml:"keep"` // images per service and environment that stay on the host; default 5
	Environments map[string]Environment `yaml:"environments"`

	File string `yaml:"-"` // absolute path of the file it came from
	Dir  string `yaml:"-"` // absolute path of the project's folder

	source strictyaml.Source // where the keys stand in the file, for later faults
}

// ServiceConfig says what one instance is.
type ServiceConfig struct {
	Name         string            `yaml:"name"`
	Port         int               `yaml:"port"`         // where the program listens in its container; default 8080
	Health       string            `yaml:"health"`       // path that answers 200 when the instance can work; default /healthz
	StartTimeout time.Duration     `yaml:"startTimeout"` // from container start to healthy; default 2m
	Smoke        []string          `yaml:"smoke"`        // paths asked of the new instance before its first user; default: health
	Command      []string          `yaml:"command"`      // arguments for the image's entry point; default: the image's own
	Env          map[string]string `yaml:"env"`
	EnvFiles     []string          `yaml:"envFiles"`  // NAME=value lines, relative to the project's folder; values are secret
	Volumes      []string          `yaml:"volumes"`   // source:/target[:ro]; the source is a path on the host or a volume's name
	Memory       int64             `yaml:"memory"`    // bytes, written 512m or 2g; default no limit, which is 0
	CPUs         float64           `yaml:"cpus"`      // default no limit, which is 0
	StopGrace    time.Duration     `yaml:"stopGrace"` // between TERM and KILL; default 30s
}

// SessionConfig says how the application knows its clients.
type SessionConfig struct {
	Cookie string        `yaml:"cookie"` // default JSESSIONID
	TTL    time.Duration `yaml:"ttl"`    // the application's idle timeout; default 30m
}

// A Step of a roll-out gives new sessions to the new instance: so many in a
// hundred, for so long. In the file a bare number is a Step with the default
// bake time.
type Step struct {
	Percent int           `yaml:"percent"` // 1 to 100
	Bake    time.Duration `yaml:"bake"`    // default 5m; the last step, 100, has none
}

// AnalysisConfig says when an instance is bad. Its numbers are those of the
// new instance since the roll-out began, beside those of the old one.
type AnalysisConfig struct {
	Off             bool `yaml:"-"`               // `analysis: off`: only watch that the instance stays up
	MinRequests     int  `yaml:"minRequests"`     // to the new instance before its errors count; default 20
	MaxErrorPercent int  `yaml:"maxErrorPercent"` // answers 5xx, above the old instance's share; default 5
	MaxConnectFails int  `yaml:"maxConnectFails"` // connections that failed, above the old instance's; default 2
	MaxRestarts     int  `yaml:"maxRestarts"`     // of the container; default 0
}

// DrainConfig says how long haddock waits for the sessions of an old instance.
type DrainConfig struct {
	Wait     time.Duration `yaml:"wait"`     // that a command waits before it leaves the rest to resume; default 5m
	Deadline time.Duration `yaml:"deadline"` // after which the sessions that are left are cut; default never, which is 0
}

// HooksConfig holds commands of the project; each is given to sh -c in the
// project's folder.
type HooksConfig struct {
	PreDeploy  string        `yaml:"preDeploy"`  // before anything is changed; its failure ends the deploy
	PostDeploy string        `yaml:"postDeploy"` // when the new instance has all new sessions
	OnAbort    string        `yaml:"onAbort"`    // when a deploy was taken back
	Timeout    time.Duration `yaml:"timeout"`    // of each; default 10m
}

// Environment is one place where the service runs: a host, its engine and its
// locator. Load has merged into it what the rest of the file says for all.
type Environment struct {
	Name string `yaml:"-"`

	Engine   string         `yaml:"engine"` // unix://, ssh://user@host[:port], tcp://host:port; empty: this machine's
	TLS      string         `yaml:"tls"`    // folder of ca.pem, cert.pem, key.pem for a tcp engine; relative to the project's folder
	SSH      SSHConfig      `yaml:"ssh"`
	Locator  string         `yaml:"locator"`  // unix:///path or ssh://user@host[:port]/path of HAProxy's admin socket; default: /run/haddock/admin.sock on the engine's host
	StateDir string         `yaml:"stateDir"` // on the locator's host; default /var/lib/haddock
	Proxy    ProxyConfig    `yaml:"proxy"`
	Registry RegistryConfig `yaml:"registry"`
	Network  NetworkConfig  `yaml:"network"`
	Require  RequireConfig  `yaml:"require"`

	Env      map[string]string `yaml:"env"`      // over service.env
	EnvFiles []string          `yaml:"envFiles"` // after service.envFiles
	Rollout  []Step            `yaml:"rollout"`  // instead of rollout
}

// SSHConfig says how an ssh host is trusted and logged into. What it leaves out
// is as ssh's own configuration says, such as ~/.ssh/config.
type SSHConfig struct {
	IdentityFile string `yaml:"identityFile"`
	KnownHosts   string `yaml:"knownHosts"`
}

// ProxyConfig is what the rendered haproxy.cfg needs beyond the rest.
type ProxyConfig struct {
	Backend string        `yaml:"backend"` // default: the service's name
	Bind    []string      `yaml:"bind"`    // HAProxy's bind lines; default [":80"]
	Metrics string        `yaml:"metrics"` // address of the Prometheus exporter; default 127.0.0.1:9101
	Peers   string        `yaml:"peers"`   // address over which a reload hands on its sessions; default 127.0.0.1:10180
	Table   int           `yaml:"table"`   // sessions that the stick table holds; default 200000
	Request time.Duration `yaml:"request"` // the longest request; a session is kept that much longer than its TTL; default 1m
	Secure  bool          `yaml:"secure"`  // visitors come by TLS alone: cookies are for TLS alone too
	User    string        `yaml:"user"`    // and group, that HAProxy runs as; default: whoever starts it
	Group   string        `yaml:"group"`   // of those who deploy: may use HAProxy's sockets and the state directory, such as docker; default: root alone
	Log     string        `yaml:"log"`     // where HAProxy logs requests, such as /dev/log local0; default: nowhere
}

// RegistryConfig names the variables that hold the login with which the host
// pulls. Secrets are named, never written.
type RegistryConfig struct {
	UserEnv     string `yaml:"userEnv"`
	PasswordEnv string `yaml:"passwordEnv"`
}

// NetworkConfig says where the slots are: addresses of a network of their own,
// or ports that the engine's host publishes when the locator runs elsewhere.
type NetworkConfig struct {
	Name    string `yaml:"name"`    // default haddock-<service>-<environment>
	Subnet  string `yaml:"subnet"`  // IPv4; default 172.30.x.0/24 with x from the names of service and environment
	Slots   int    `yaml:"slots"`   // versions that may be alive at once; default 6
	Publish string `yaml:"publish"` // address:port of slot s1, s2 has the next port; empty: slots have addresses of the network
}

// RequireConfig is what a release must meet. An environment named prod wants
// tests against a real database unless its section says otherwise; every other
// one wants nothing.
type RequireConfig struct {
	Tested  bool `yaml:"tested"`  // a release that was built untested is refused
	StandIn bool `yaml:"standIn"` // a release that was tested against a stand-in database is accepted
}
