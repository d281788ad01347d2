package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/host"
)

func TestATargetIsReadOrRefused(t *testing.T) {
	cases := map[string]struct {
		target          host.Target
		engine, locator string
		refused         string // part of the error
	}{
		"nothing said": {host.Target{}, "unix @ /var/run/docker.sock", "unix @ /run/haddock/admin.sock", ""},
		"unix":         {host.Target{Engine: "unix:///x/d.sock"}, "unix @ /x/d.sock", "unix @ /run/haddock/admin.sock", ""},
		"ssh": {
			host.Target{Engine: "ssh://deploy@prod"},
			"ssh deploy@prod /var/run/docker.sock", "ssh deploy@prod /run/haddock/admin.sock", "",
		},
		"ssh with a port and a socket": {
			host.Target{Engine: "ssh://deploy@prod:2222/run/user/1000/docker.sock"},
			"ssh deploy@prod:2222 /run/user/1000/docker.sock", "ssh deploy@prod:2222 /run/haddock/admin.sock", "",
		},
		"ssh to an address of IPv6": {
			host.Target{Engine: "ssh://deploy@[fd00::1]"},
			"ssh deploy@[fd00::1] /var/run/docker.sock", "ssh deploy@[fd00::1] /run/haddock/admin.sock", "",
		},
		"ssh with the usual user": {
			host.Target{Engine: "ssh://prod/", SSH: host.SSH{User: "anna"}},
			"ssh anna@prod /var/run/docker.sock", "ssh anna@prod /run/haddock/admin.sock", "",
		},
		"a locator elsewhere": {
			host.Target{Engine: "ssh://deploy@prod", Locator: "ssh://deploy@edge/run/haproxy.sock"},
			"ssh deploy@prod /var/run/docker.sock", "ssh deploy@edge /run/haproxy.sock", "",
		},
		"tcp": {
			host.Target{Engine: "tcp://prod:2376", TLS: "/keys", Locator: "unix:///run/a.sock"},
			"tcp @prod:2376 ", "unix @ /run/a.sock", "",
		},
		"tcp without a locator":   {host.Target{Engine: "tcp://prod:2376", TLS: "/keys"}, "", "", "does not lead to the locator"},
		"tcp without TLS":         {host.Target{Engine: "tcp://prod:2375", Locator: "unix:///x"}, "", "", "root"},
		"tcp without a port":      {host.Target{Engine: "tcp://prod", TLS: "/keys", Locator: "unix:///x"}, "", "", "tcp://host:2376"},
		"tcp locator":             {host.Target{Locator: "tcp://prod:9999"}, "", "", "never reached over tcp"},
		"http":                    {host.Target{Engine: "http://prod:2375"}, "", "", "only unix, ssh and tcp"},
		"a word":                  {host.Target{Engine: "prod"}, "", "", "write it like"},
		"user@host":               {host.Target{Engine: "deploy@prod"}, "", "", "write it like"},
		"two slashes":             {host.Target{Engine: "unix://var/run/docker.sock"}, "", "", "three slashes"},
		"ssh without a user":      {host.Target{Engine: "ssh://prod"}, "", "", "ssh://user@host"},
		"ssh without a host":      {host.Target{Engine: "ssh://deploy@"}, "", "", "ssh://user@host"},
		"ssh with a password":     {host.Target{Engine: "ssh://deploy:hunter2@prod"}, "", "", "no place here"},
		"a query":                 {host.Target{Engine: "ssh://deploy@prod?x=1"}, "", "", "nothing may follow"},
		"relative state":          {host.Target{StateDir: "state"}, "", "", "stateDir"},
		"state that leads upward": {host.Target{StateDir: "/var/lib/../../etc"}, "", "", "stateDir"},
		"state in the root":       {host.Target{StateDir: "/"}, "", "", "stateDir"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			engine, locator, dir, err := host.Places(tc.target)
			if tc.refused != "" {
				if !errors.Is(err, host.ErrTarget) || !strings.Contains(err.Error(), tc.refused) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("err = %v, want ErrTarget with %q", err, tc.refused)
				}
				return
			}
			if err != nil || engine != tc.engine || locator != tc.locator || dir != "/var/lib/haddock" {
				t.Errorf("got %q, %q, %q, %v", engine, locator, dir, err)
			}
		})
	}
}

func TestWithoutTheSSHCommandItsUsualKeysAreUsed(t *testing.T) {
	t.Setenv("PATH", "")
	env := map[string]string{"HOME": "/home/anna", "USER": "anna", "SSH_AUTH_SOCK": "/tmp/agent"}
	s := host.UsualSSH(func(name string) string { return env[name] })
	if s.User != "anna" || s.Agent != "/tmp/agent" || s.Identities[0] != "/home/anna/.ssh/id_ed25519" ||
		s.KnownHosts[len(s.KnownHosts)-1] != "/home/anna/.ssh/known_hosts" {
		t.Errorf("%+v", s)
	}
	if s := host.UsualSSH(func(string) string { return "" }); len(s.Identities) != 0 {
		t.Errorf("without a home: %+v", s)
	}
}

func TestSlotsHaveTheLowerHalfOfANetwork(t *testing.T) {
	for subnet, want := range map[string][2]string{
		"172.30.77.0/24":   {"172.30.77.1", "172.30.77.128/25"},
		"10.0.0.0/8":       {"10.0.0.1", "10.128.0.0/9"},
		"192.168.4.0/23":   {"192.168.4.1", "192.168.5.0/24"},
		"10.1.0.0/16":      {"10.1.0.1", "10.1.128.0/17"},
		"192.168.4.240/28": {"192.168.4.241", "192.168.4.248/29"},
		"192.168.4.64/26":  {"192.168.4.65", "192.168.4.96/27"},
	} {
		spec, err := host.NetworkSpec("n", subnet)
		if err != nil || spec.Gateway.String() != want[0] || spec.Dynamic.String() != want[1] || spec.Dynamic.Masked() != spec.Dynamic {
			t.Errorf("%s: gateway %s, dynamic %s, %v, want %v", subnet, spec.Gateway, spec.Dynamic, err, want)
		}
	}
}

func TestImagesMustBePinned(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for ref, want := range map[string]string{
		"registry.example.com:5000/shop/orders@" + digest:     "registry.example.com:5000/shop/orders",
		"registry.example.com/shop/orders:1.4.0-17@" + digest: "registry.example.com/shop/orders",
		"nginx@" + digest:               "nginx",
		"docker.io/library/a@" + digest: "a",
	} {
		if name, got, err := host.SplitDigest(ref); err != nil || name != want || got != digest {
			t.Errorf("%s: %s, %s, %v", ref, name, got, err)
		}
	}
}

func TestWhatAnEngineSaysAboutAPullIsSorted(t *testing.T) {
	for text, want := range map[string]error{
		"pull access denied for shop, repository does not exist or may require 'docker login': denied: requested access to the resource is denied": host.ErrDenied,
		"manifest for reg/shop@sha256:00 not found: manifest unknown: manifest unknown":                                                            host.ErrNoImage,
		"name unknown: repository name not known to registry":                                                                                      host.ErrNoImage,
		`Get "https://reg/v2/": x509: certificate signed by unknown authority`:                                                                     host.ErrRegistry,
		`Get "https://reg/v2/": http: server gave HTTP response to HTTPS client`:                                                                   host.ErrRegistry,
		`Get "https://reg/v2/": dial tcp: lookup reg on 10.0.0.2:53: no such host`:                                                                 host.ErrRegistry,
		`Get "https://reg/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`:          host.ErrRegistry,
		"received unexpected HTTP status: 503 Service Unavailable":                                                                                 host.ErrRegistry,
		"filesystem layer verification failed for digest sha256:00":                                                                                host.ErrDigest,
		"write /var/lib/docker/tmp/GetImageBlob1: no space left on device":                                                                         nil,
	} {
		if got := host.PullKind(text); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func FuzzATargetIsReadOrRefused(f *testing.F) {
	for _, address := range []string{"", "unix:///x", "ssh://a@b:1/c", "tcp://h:1", "ssh://a:hunter2@b", "ssh://[fd00::1%25eth0]", "ssh://%zz@b", "://"} {
		f.Add(address, address)
	}
	f.Fuzz(func(t *testing.T, engine, locator string) {
		_, at, dir, err := host.Places(host.Target{Engine: engine, Locator: locator, TLS: "/keys"})
		if err != nil && !errors.Is(err, host.ErrTarget) {
			t.Errorf("%q, %q: %v, want ErrTarget", engine, locator, err)
		}
		if err == nil && (dir == "" || !strings.Contains(at, "/") || strings.HasPrefix(at, "tcp")) {
			t.Errorf("%q, %q: locator %q, state %q", engine, locator, at, dir)
		}
	})
}
