package haddock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// serviceOf is a Service that is not connected.
func serviceOf(t *testing.T, yaml string, files map[string]string) *Service {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "haddock.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	env, err := cfg.Environment("")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Config: cfg, By: "anna", Secrets: redact.New(), Environ: os.Environ(), Lookup: func(string) string { return "" }}
	return &Service{Options: o, env: env, key: host.Key{Service: cfg.Service.Name, Env: env.Name}, tails: map[int][]string{}}
}

func TestAnInstanceGetsItsSlotAndItsVariables(t *testing.T) {
	s := serviceOf(t, `
service: {name: shop, port: 9000, env: {MODE: all, LEVEL: info}, envFiles: [secret.env]}
environments: {test: {env: {MODE: test}, network: {subnet: 172.30.77.0/24, slots: 3}}}
`, map[string]string{"secret.env": "# of the team\nDB_PASSWORD=s3cr=t \n\n  MODE=file\n"})
	spec, err := s.spec(Facts{Version: "1.5.0", Image: "r/shop@sha256:1", Commit: "abc", Build: "SHOP-7"}, Op{Seq: 4, Slot: "s2"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"DB_PASSWORD=s3cr=t ", "LEVEL=info", "MODE=test"}; !reflect.DeepEqual(spec.Env, want) {
		t.Errorf("%q, want %q", spec.Env, want)
	}
	if spec.Address != "172.30.77.12" || spec.Seq != 4 || spec.By != "anna" || spec.Commit != "abc" || spec.HostPort != 0 {
		t.Errorf("%+v", spec)
	}
	if got := s.Secrets.String("password is s3cr=t "); strings.Contains(got, "s3cr=t") {
		t.Errorf("%q shows the secret", got)
	}
}

func TestAnotherConfigurationIsAnotherContainer(t *testing.T) {
	with := func(service string) string {
		return serviceOf(t, "service: {name: shop, "+service+"}\nenvironments: {test: {}}\n", map[string]string{"a.env": "A=" + service}).fingerprint()
	}
	same := with("env: {A: b, C: d}, envFiles: [a.env]")
	if with("envFiles: [a.env], env: {C: d, A: b}") != same {
		t.Error("the order of keys, or a secret, makes a difference")
	}
	for _, other := range []string{"env: {A: b, C: e}, envFiles: [a.env]", "env: {A: b, C: d}", "env: {A: b, C: d}, envFiles: [a.env], memory: 512m", "port: 9000"} {
		if with(other) == same {
			t.Errorf("%s makes no difference", other)
		}
	}
	s := serviceOf(t, "service: {name: shop}\nenvironments: {test: {}}\n", nil)
	for was, want := range map[string]bool{"": false, s.fingerprint(): false, "abc": true} {
		if got := s.changedConfig(rollout{begun: Line{Release: &Facts{Config: was}}}); got != want {
			t.Errorf("%q: %t", was, got)
		}
	}
}

func TestASlotMayBeAPublishedPort(t *testing.T) {
	s := serviceOf(t, `
service: {name: shop}
environments: {test: {network: {publish: "10.0.0.5:7000", slots: 3}}}
`, nil)
	spec, err := s.spec(Facts{Image: "r/shop@sha256:1"}, Op{Seq: 1, Slot: "s3"})
	if err != nil {
		t.Fatal(err)
	}
	if spec.Address != "" || spec.HostIP != "10.0.0.5" || spec.HostPort != 7002 {
		t.Errorf("%+v", spec)
	}
	if _, err := s.spec(Facts{}, Op{Seq: 1, Slot: "s4"}); err == nil || !strings.Contains(err.Error(), "network.slots is 3") {
		t.Error(err)
	}
}

func TestAFaultyEnvFileDoesNotShowItsContent(t *testing.T) {
	for _, text := range []string{"hunter2", "=hunter2", "A B=hunter2", "\"A\"=hunter2"} {
		_, err := parseEnvFile([]byte("OK=1\n" + text + "\n"))
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTheSmokeTestFindsTheWayIn(t *testing.T) {
	tests := map[string]struct {
		binds  []string
		port   int
		secure bool
	}{
		"any address":      {[]string{":80"}, 80, false},
		"tls":              {[]string{":443 ssl crt /etc/ssl/shop.pem"}, 443, true},
		"the first usable": {[]string{"10.0.0.5:80", "/run/x.sock", "127.0.0.1:8081"}, 8081, false},
		"a star":           {[]string{"*:8080"}, 8080, false},
		"ipv6":             {[]string{"[::]:8080 v4v6"}, 8080, false},
		"no way in":        {[]string{"10.0.0.5:80", ""}, 0, false},
	}
	for name, test := range tests {
		port, secure, err := entrance(test.binds)
		if port != test.port || secure != test.secure || (err != nil) != (test.port == 0) {
			t.Errorf("%s: %d %t %v", name, port, secure, err)
		}
	}
}

func TestOnlyTheInstanceItselfIsBad(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"smoke test":   {errors.New("GET /healthz: 500 Internal Server Error"), true},
		"engine away":  {fmt.Errorf("start: %w", &engine.UnavailableError{Err: io.EOF}), false},
		"ssh broke":    {fmt.Errorf("smoke test: %w", &host.LinkError{Kind: host.ErrUnreachable}), false},
		"silent":       {fmt.Errorf("start: %w", &SilentError{For: time.Minute}), false},
		"locator away": {fmt.Errorf("smoke test: %w", locator.ErrDown), false},
	} {
		if got := isBad(test.err); got != test.want {
			t.Errorf("%s: bad is %v, want %v", name, got, test.want)
		}
	}
}

func TestHooksKnowTheRelease(t *testing.T) {
	s := serviceOf(t, `
service: {name: shop}
hooks: {preDeploy: 'echo "$HADDOCK_HOOK $HADDOCK_SERVICE/$HADDOCK_ENV $HADDOCK_VERSION over $HADDOCK_OLD_VERSION" > told', postDeploy: "exit 7"}
environments: {test: {}}
`, nil)
	world := newSim(t, 3)
	world.serving()
	d := s.drive("deploy", 0)
	d.facts = Facts{Version: "1.5.0", Image: "r/shop@sha256:1"}
	if err := d.runHook(t.Context(), world.world(), preDeploy, 2); err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(filepath.Join(s.Config.Dir, "told"))
	if want := "preDeploy shop/test 1.5.0 over 1.1\n"; err != nil || string(told) != want {
		t.Errorf("%q, %v, want %q", told, err, want)
	}
	if err := d.hook(t.Context(), world.world(), Op{Verb: doHook, Hook: postDeploy, Seq: 2}); err != nil || d.failed == nil {
		t.Errorf("%v, %v: a hook at the end does not stop a roll-out, and is not forgotten", err, d.failed)
	}
	if err := d.runHook(t.Context(), world.world(), onAbort, 2); err != nil {
		t.Errorf("a hook that is not there: %v", err)
	}
	if slices.ContainsFunc(d.hookVariables(world.world(), preDeploy, 2), func(v string) bool { return strings.Contains(v, "\n") }) {
		t.Error("a variable has two lines")
	}
}
