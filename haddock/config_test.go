package haddock

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

var updateConfig = flag.Bool("update-config", false, "rewrite testdata/config")

const minimal = "service:\n  name: shop\nenvironments:\n  test: {}\n"

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("haddock.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load("haddock.yaml")
}

func TestASmallFileIsComplete(t *testing.T) {
	got, err := load(t, minimal)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	steps := []Step{{Percent: 10, Bake: 5 * time.Minute}, {Percent: 100}}
	want := Config{
		Service: ServiceConfig{
			Name: "shop", Port: 8080, Health: "/healthz", Smoke: []string{"/healthz"}, StartTimeout: 2 * time.Minute, StopGrace: 30 * time.Second,
		},
		Session:  SessionConfig{Cookie: "JSESSIONID", TTL: 30 * time.Minute},
		Rollout:  steps,
		Analysis: AnalysisConfig{MinRequests: 20, MaxErrorPercent: 5, MaxConnectFails: 2},
		Drain:    DrainConfig{Wait: 5 * time.Minute},
		Hooks:    HooksConfig{Timeout: 10 * time.Minute},
		Keep:     5,
		Environments: map[string]Environment{"test": {
			Name: "test", StateDir: "/var/lib/haddock", Env: map[string]string{}, EnvFiles: []string{}, Rollout: steps,
			Proxy: ProxyConfig{
				Backend: "shop", Bind: []string{":80"}, Metrics: "127.0.0.1:9101", Peers: "127.0.0.1:10180", Table: 200_000, Request: time.Minute,
			},
			Network: NetworkConfig{Name: "haddock-shop-test", Subnet: defaultSubnet("shop", "test"), Slots: 6},
			Require: RequireConfig{StandIn: true},
		}},
		File: filepath.Join(dir, "haddock.yaml"), Dir: dir,
	}
	env := got.Environments["test"]
	if len(env.EnvFiles) == 0 {
		env.EnvFiles = []string{}
	}
	got.Environments["test"], got.source = env, strictyaml.Source{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Load:\n got %+v\nwant %+v", got, want)
	}
}

const whole = `
service:
  name: shop
  port: 9000
  health: /actuator/health
  startTimeout: 90s
  smoke: [/, /login?x=1]
  command: [--verbose]
  env: {REGION: eu, LEVEL: info}
  envFiles: [shop.env]
  volumes: [/srv/shop:/data, "cache:/cache:ro"]
  memory: 512m
  cpus: 1.5
  stopGrace: 1m
session: {cookie: SHOPSESSION, ttl: 45m}
rollout: [5%, {percent: 20, bake: 30m}, 100]
analysis: {minRequests: 50, maxErrorPercent: 1, maxConnectFails: 0, maxRestarts: 1}
drain: {wait: 10m, deadline: 48h}
hooks: {preDeploy: make before, postDeploy: make after, onAbort: make undo, timeout: 2m}
keep: 3
environments:
  test:
  prod:
    engine: tcp://app1.example.com:2376
    tls: certs/prod
    ssh: {identityFile: keys/deploy, knownHosts: keys/known_hosts}
    locator: ssh://deploy@lb1.example.com:2222/run/haddock/admin.sock
    stateDir: /srv/haddock
    proxy: {backend: app, bind: [":80", ":443 ssl crt /etc/haproxy/shop.pem"], metrics: "[::1]:9101", peers: 127.0.0.1:10181, table: 500000, request: 90s, secure: true, user: haproxy, group: docker, log: /dev/log local0}
    registry: {userEnv: bamboo_registryUser, passwordEnv: bamboo_registryPassword}
    network: {name: shop, subnet: 10.9.0.0/16, slots: 8, publish: 10.0.0.5:18080}
    require: {standIn: true}
    env: {LEVEL: warn}
    envFiles: [prod.env]
    rollout: [1, 100]
`

func TestEveryKeyIsTaken(t *testing.T) {
	c, err := load(t, whole)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Step{{5, 5 * time.Minute}, {20, 30 * time.Minute}, {100, 0}}; !slices.Equal(c.Environments["test"].Rollout, want) {
		t.Errorf("rollout of test = %v, want %v", c.Environments["test"].Rollout, want)
	}
	prod, err := c.Environment("prod")
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"REGION": "eu", "LEVEL": "warn"}; !maps.Equal(prod.Env, want) {
		t.Errorf("env = %v, want %v", prod.Env, want)
	}
	if want := []string{"shop.env", "prod.env"}; !slices.Equal(prod.EnvFiles, want) {
		t.Errorf("env files = %v, want %v", prod.EnvFiles, want)
	}
	if want := (RequireConfig{Tested: true, StandIn: true}); prod.Require != want {
		t.Errorf("require = %v, want %v", prod.Require, want)
	}
	if c.Service.Memory != 512<<20 || c.Service.CPUs != 1.5 || c.TableExpire(prod) != 46*time.Minute+30*time.Second {
		t.Errorf("read %+v", c)
	}
	if got := prod.Network.Reached(2, 9000).String(); got != "10.0.0.5:18081" {
		t.Errorf("slot s2 of prod is at %s", got)
	}
	if got, want := c.Environments["test"].Network.Reached(1, 9000).String(), strings.TrimSuffix(defaultSubnet("shop", "test"), "0/24")+"11:9000"; got != want {
		t.Errorf("slot s1 of test is at %s, want %s", got, want)
	}
}

func TestAnEnvironmentLeadsToItsLocator(t *testing.T) {
	c, err := load(t, whole)
	if err != nil {
		t.Fatal(err)
	}
	prod := c.Environments["prod"]
	proxy, err := c.Locator(prod)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locator.Render(proxy); err != nil {
		t.Error(err)
	}
	if proxy.AdminSocket != "/run/haddock/admin.sock" || proxy.DrainList != "/srv/haddock/draining.lst" || proxy.Expire() != c.TableExpire(prod) {
		t.Errorf("proxy %+v", proxy)
	}
	if len(proxy.Slots) != 8 || proxy.Slots[7].Address.String() != "10.0.0.5:18087" || proxy.Slots[7].Name != "s8" {
		t.Errorf("slots %v", proxy.Slots)
	}
	target := c.Target(prod, host.SSH{Identities: []string{"usual"}, KnownHosts: []string{"usual"}})
	if want := filepath.Join(c.Dir, "keys/deploy"); target.SSH.Identities[0] != want || len(target.SSH.Identities) != 2 || len(target.SSH.KnownHosts) != 1 {
		t.Errorf("ssh %+v, want %s first", target.SSH, want)
	}
	if target.Engine != prod.Engine || target.Locator != prod.Locator || target.TLS != filepath.Join(c.Dir, "certs/prod") {
		t.Errorf("target %+v", target)
	}
}

func TestProdWantsATestedRelease(t *testing.T) {
	c, err := load(t, "service: {name: shop}\nenvironments: {prod: {}}\n")
	if want := (RequireConfig{Tested: true, StandIn: false}); err != nil || c.Environments["prod"].Require != want {
		t.Errorf("require = %v, %v, want %v", c.Environments["prod"].Require, err, want)
	}
}

func TestTheOnlyEnvironmentNeedsNoName(t *testing.T) {
	c, err := load(t, minimal)
	if err != nil {
		t.Fatal(err)
	}
	if env, err := c.Environment(""); err != nil || env.Name != "test" {
		t.Errorf("Environment() = %v, %v, want test", env.Name, err)
	}
	_, err = c.Environment("tset")
	if want := `no environment "tset" in haddock.yaml, did you mean test?`; err == nil || err.Error() != want {
		t.Errorf("Environment(tset): %v, want %s", err, want)
	}
}

// Each file in testdata/config is a broken haddock.yaml, its .txt beside it
// every fault that Load answers.
func TestLoadNamesEveryFaultAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no broken files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden, err := filepath.Abs(strings.TrimSuffix(file, ".yaml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			got := "valid\n"
			if _, err := load(t, string(text)); err != nil {
				got = err.Error() + "\n"
			}
			if *updateConfig {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%v\n got:\n%s\nwant:\n%s", err, got, want)
			}
		})
	}
}

func TestTheExampleIsValid(t *testing.T) {
	c, err := Load("../examples/shop/haddock.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range c.Environments {
		if _, err := c.Locator(env); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryKeyOfConfigIsRead(t *testing.T) {
	for _, key := range form().Keys {
		text, indent := "", ""
		for part := range strings.SplitSeq(strings.ReplaceAll(key, "<name>", "test"), ".") {
			text += "\n" + indent + part + ":"
			indent += "  "
		}
		_, faults := parse("haddock.yaml", []byte(text+"\n"))
		want := ": " + strings.ReplaceAll(key, "<name>", "test") + ": "
		if len(faults) == 0 || strings.Contains(faults.Error(), "unknown key") || !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: %v", key, faults)
		}
	}
}

func TestSecretsInTheFileAreNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"password as a value": "registry: {userEnv: u, passwordEnv: 's3cret!pass'}",
		"in the engine":       "engine: 'ssh://me:s3cret@host'",
		"in the locator":      "locator: 'ssh://me:s3cret@host/run/x.sock'",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "service: {name: shop}\nenvironments:\n  test:\n    "+text+"\n")
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("Load: %v, want a fault without the secret", err)
			}
		})
	}
}

func TestASecretInEnvIsWarnedOf(t *testing.T) {
	c, err := load(t, "service: {name: shop, env: {DB_PASSWORD: x}}\nanalysis: off\nenvironments: {test: {}}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "haddock.yaml:1:42: service.env.DB_PASSWORD: looks like a secret written down; put it into a file named by envFiles\n" +
		"haddock.yaml:2:1: analysis: a bad instance is only noticed when it stops"
	if got := Faults(c.Warnings()).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzLoadConfig(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(whole))
	files, _ := filepath.Glob("testdata/config/*.yaml")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, faults := parse("haddock.yaml", data)
		for _, fault := range faults {
			if fault.Text == "" || strings.ContainsAny(fault.Text, "\n\x00") {
				t.Errorf("fault without a clean text: %q", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		for name, env := range c.Environments {
			if _, err := c.Locator(env); err != nil {
				t.Errorf("no haproxy.cfg for it: %v", err)
			}
			if last := env.Rollout[len(env.Rollout)-1]; name != env.Name || last.Percent != 100 || !env.Network.Reached(env.Network.Slots, c.Service.Port).IsValid() {
				t.Errorf("valid with %+v", env)
			}
		}
	})
}
