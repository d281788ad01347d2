//go:build integration

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// TestStoriesOnAnEngine runs the stories of testdata/engine. Each has a service,
// a network, a HAProxy and a registry of its own, so that they can run beside
// other suites.
func TestStoriesOnAnEngine(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "engine", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	shop, net := compileShop(t), freeNet()
	for i, file := range files {
		s := &story{t: t, shop: shop, subnet: fmt.Sprintf("%s.%d.0/24", net, i), running: map[string]*exec.Cmd{}}
		testscript.Run(t, testscript.Params{
			Files: []string{file}, UpdateScripts: os.Getenv("UPDATE") != "", RequireExplicitExec: true, Setup: s.setUp,
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"status": cmdStatus, "release": s.cmdRelease, "haproxy": s.cmdHAProxy, "start": s.cmdStart, "ends": s.cmdEnds,
				"hold-lock": s.cmdHoldLock, "until": cmdUntil,
			},
		})
	}
}

// freeNet is where no other test makes its networks, nor, most likely, another
// run of this one.
func freeNet() string { return fmt.Sprintf("10.%d", 20+rand.IntN(80)) }

// A story is what one script has beside its folder.
type story struct {
	t       *testing.T
	shop    string // the program
	subnet  string
	dir     string
	key     host.Key
	host    *host.Host
	proxy   *locatortest.Running
	reg     *registrytest.Registry
	running map[string]*exec.Cmd
}

// secret is what must be shown nowhere.
const secret = "hunter2-of-the-shop"

const storyConfig = `service: {name: %s, env: {SHOP_TTL: 4s}, envFiles: [secret.env], startTimeout: 10s, stopGrace: 5s}
session: {ttl: 4s}
rollout: [{percent: 10, bake: 1s}, 100]
hooks: {onAbort: 'echo "$HADDOCK_VERSION: $HADDOCK_REASON" >aborted'}
environments:
  test:
    locator: unix://%s/admin.sock
    stateDir: %[2]s
    proxy: {bind: ["127.0.0.1:%d"], metrics: "127.0.0.1:%d", peers: "127.0.0.1:%d", request: 1s}
    network: {name: %s, subnet: %s, slots: 3}
`

func (s *story) setUp(env *testscript.Env) error {
	if err := setUp(env); err != nil {
		return err
	}
	s.reg = registrytest.Start(s.t, registrytest.Options{})
	s.key = host.Key{Service: enginetest.Unique("story"), Env: "test"}
	var err error
	if s.dir, err = os.MkdirTemp("", "story"); err != nil {
		return err
	}
	s.t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	text := fmt.Sprintf(storyConfig, s.key.Service, s.dir, locatortest.FreePort(s.t), locatortest.FreePort(s.t), locatortest.FreePort(s.t),
		s.key.Service, s.subnet)
	path := filepath.Join(env.WorkDir, "haddock.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "secret.env"), []byte("DB_PASSWORD="+secret+"\n"), 0o600); err != nil {
		return err
	}
	env.Setenv("SERVICE", s.key.Service)
	env.Setenv("STATE", s.dir)
	cfg, err := haddock.Load(path)
	if err != nil {
		return err
	}
	wanted, err := cfg.Locator(cfg.Environments["test"])
	if err != nil {
		return err
	}
	s.proxy = locatortest.Start(s.t, wanted)
	if s.host, err = host.Connect(context.Background(), host.Target{StateDir: s.dir}); err != nil {
		return err
	}
	env.Defer(s.sweep)
	return nil
}

func (s *story) sweep() {
	ctx, api := context.Background(), enginetest.Client(s.t)
	list, err := s.host.Instances(ctx, s.key)
	if err != nil {
		s.t.Error(err)
	}
	for _, one := range list {
		_ = api.ContainerRemove(ctx, one.ID, container.RemoveOptions{Force: true})
	}
	_, _, _ = s.host.BreakLock(ctx, s.key)
	_, _ = s.host.Prune(ctx, s.key, 0)
	_ = api.NetworkRemove(ctx, s.key.Service)
	_ = s.host.Close()
}

func compileShop(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/haddock-ci/pipeline/examples/shop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the shop: %v\n%s", err, out)
	}
	return path
}

// until PATTERN program...: runs the program again and again until its output
// holds the text.
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until text program...")
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if out := ts.ReadFile("stdout"); err == nil && strings.Contains(out, args[0]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("never said %q", args[0])
		}
	}
}
