//go:build integration

package haddock_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/loadtest"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// patience bounds each wait for something that must happen.
const patience = 60 * time.Second

// A setting is what differs between scenes.
type setting struct {
	ttl     time.Duration // of sessions; default 4s
	rollout string        // default [{percent: 10, bake: 1s}, 100]
	more    string        // further sections of haddock.yaml
	proxy   string        // further keys of proxy: ", user: haproxy"
	env     string        // further keys of the environment, each line indented by four blanks
	slots   int           // default 5
	locator string        // in haddock.yaml, with %s for the socket's path; default unix://%s
}

// A scene is a host as `haddock init` leaves it, with nothing deployed: an
// engine, a network for slots, a real HAProxy, a registry.
type scene struct {
	t     *testing.T
	dir   string // with haddock.yaml
	cfg   haddock.Config
	env   haddock.Environment
	key   host.Key
	host  *host.Host
	proxy *locatortest.Running
	reg   *registrytest.Registry
	url   string // of the shop
}

func newScene(t *testing.T, set setting) *scene {
	t.Helper()
	//nolint:usetesting // the path of a socket must be short, and t.TempDir has the test's name in it
	dir, err := os.MkdirTemp("", "scene")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &scene{t: t, dir: dir, reg: registrytest.Start(t, registrytest.Options{})}
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	if s.host, err = host.Connect(t.Context(), host.Target{StateDir: filepath.Join(dir, "state")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.host.Close() })
	s.key = host.Key{Service: enginetest.Unique("shop"), Env: "test"}
	t.Cleanup(s.sweep)
	s.configure(set)
	wanted, err := s.cfg.Locator(s.env)
	if err != nil {
		t.Fatal(err)
	}
	wanted.AdminSocket, wanted.ReadSocket = filepath.Join(dir, "admin.sock"), filepath.Join(dir, "ro.sock")
	wanted.CheckInterval = 200 * time.Millisecond
	s.proxy = locatortest.Start(t, wanted)
	s.url = "http://" + s.env.Proxy.Bind[0]
	return s
}

// configure makes the network and writes haddock.yaml.
func (s *scene) configure(set setting) {
	s.t.Helper()
	if set.ttl == 0 {
		set.ttl = 4 * time.Second
	}
	if set.rollout == "" {
		set.rollout = "[{percent: 10, bake: 1s}, 100]"
	}
	if set.locator == "" {
		set.locator = "unix://%s"
	}
	if set.slots == 0 {
		set.slots = 5
	}
	network, subnet := s.network()
	text := fmt.Sprintf(`service:
  name: %s
  env: {SHOP_TTL: %s}
  startTimeout: 10s
  stopGrace: 5s
session: {ttl: %[2]s}
rollout: %s
%s
environments:
  test:
    locator: %s
    stateDir: %s
    proxy: {bind: ["127.0.0.1:%d"], metrics: "127.0.0.1:%d", peers: "127.0.0.1:%d", request: 2s%s}
    network: {name: %s, subnet: %s, slots: %d}
%s
`, s.key.Service, set.ttl, set.rollout, set.more, fmt.Sprintf(set.locator, filepath.Join(s.dir, "admin.sock")),
		filepath.Join(s.dir, "state"), locatortest.FreePort(s.t), locatortest.FreePort(s.t), locatortest.FreePort(s.t), set.proxy, network, subnet, set.slots, set.env)
	file := filepath.Join(s.dir, "haddock.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.cfg, err = haddock.Load(file); err != nil {
		s.t.Fatal(err)
	}
	if s.env, err = s.cfg.Environment("test"); err != nil {
		s.t.Fatal(err)
	}
}

// network makes one whose subnet is in nobody's way.
func (s *scene) network() (network, subnet string) {
	s.t.Helper()
	network = enginetest.Unique("shop")
	var err error
	for range 20 {
		subnet = fmt.Sprintf("10.%d.%d.0/24", 100+rand.IntN(90), rand.IntN(256))
		if err = s.host.EnsureNetwork(s.t.Context(), network, subnet); err == nil {
			return network, subnet
		}
	}
	s.t.Fatal(err)
	return "", ""
}

// sweep removes what haddock has left of the service.
func (s *scene) sweep() {
	ctx, api := context.Background(), enginetest.Client(s.t)
	list, err := s.host.Instances(ctx, s.key)
	if err != nil {
		s.t.Error(err)
	}
	for _, one := range list {
		if s.t.Failed() {
			lines, _ := s.host.Logs(ctx, one.ID, 5)
			s.t.Logf("left: %s %s in %s: %s, %d restarts, log %q", one.Name, one.Version, one.Slot, one.Status, one.Restarts, lines)
		}
		_ = api.ContainerRemove(ctx, one.ID, container.RemoveOptions{Force: true})
	}
	_, _, _ = s.host.BreakLock(ctx, s.key)
	if _, err := s.host.Prune(ctx, s.key, 0); err != nil {
		s.t.Error(err)
	}
	if err := api.NetworkRemove(ctx, s.env.Network.Name); s.env.Network.Name != "" && err != nil {
		s.t.Error(err)
	}
}

// deploy publishes a shop and rolls it out.
func (s *scene) deploy(version string, args ...string) {
	s.t.Helper()
	s.haddock(append([]string{"deploy", "--env", "test", "--release", s.release(version)}, args...)...)
}

// load puts the shop under load; clients stay for 1.2 s on average,
// log in now and then, and half of them log out.
func (s *scene) load(rate int) *loadtest.Load {
	s.t.Helper()
	l := loadtest.Start(s.t.Context(), loadtest.Config{
		URL: s.url + "/count", Rate: rate, Stay: 1200 * time.Millisecond, TTL: s.cfg.Session.TTL, Logins: true,
	})
	s.t.Cleanup(func() { l.Stop() })
	s.until("the load is under way", func() bool { return l.Requests() >= rate })
	return l
}

// clean stops the load and wants that nobody noticed anything.
func (s *scene) clean(l *loadtest.Load) loadtest.Report {
	s.t.Helper()
	report := l.Stop()
	if !report.Clean() {
		s.t.Errorf("users have noticed:\n%s", report)
	}
	s.t.Logf("%d requests, %d sessions, p99 %v, longest %v", report.Requests, report.Sessions, report.P99, report.Longest)
	return report
}
