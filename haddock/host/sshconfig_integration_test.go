//go:build integration

package host_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/host/hosttest"
)

// configured is ssh with this configuration file.
func configured(t *testing.T, text string) host.SSH {
	t.Helper()
	file := writeFile(t, filepath.Join(t.TempDir(), "config"), []byte(text))
	return host.SSH{User: "nobody-else", Home: t.TempDir(), Ask: host.AskSSH("-F", file)}
}

// section is what a configuration file says of a real server.
func section(t *testing.T, name string, server *hosttest.SSHD, more string) string {
	t.Helper()
	address, port, err := net.SplitHostPort(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	return "Host " + name + "\n HostName " + address + "\n Port " + port + "\n User " + server.User +
		"\n IdentityFile " + server.Identity + "\n UserKnownHostsFile " + server.KnownHosts + "\n" + more
}

func TestAHostIsReachedAsSSHsConfigurationSays(t *testing.T) {
	t.Parallel()
	server, bastion, inner := hosttest.StartSSHD(t), hosttest.StartSSHD(t), hosttest.StartSSHD(t)
	aliased := filepath.Join(t.TempDir(), "known_hosts")
	key, err := os.ReadFile(inner.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(key), " ")
	writeFile(t, aliased, []byte("innermost "+rest))
	text := section(t, "prod", server, "") + section(t, "bastion", bastion, "") +
		section(t, "inner", inner, " ProxyJump bastion\n HostKeyAlias innermost\n") +
		section(t, "far", inner, " ProxyJump bastion,prod\n")
	text = strings.Replace(text, " UserKnownHostsFile "+inner.KnownHosts+"\n ProxyJump bastion\n", " UserKnownHostsFile "+aliased+"\n ProxyJump bastion\n", 1)
	for name, jumps := range map[string][]*hosttest.SSHD{"prod": nil, "inner": {bastion}, "far": {bastion, server}} {
		before := map[*hosttest.SSHD]int{}
		for _, one := range jumps {
			before[one] = one.Logins()
		}
		h := connectTo(t, host.Target{Engine: "ssh://" + name, StateDir: t.TempDir(), SSH: configured(t, text)})
		if err := h.WriteFile(t.Context(), "x", []byte("y")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, one := range jumps {
			if one.Logins() != before[one]+1 {
				t.Errorf("%s: %s was not on the way", name, one.Address)
			}
		}
	}
}

func TestAnSSHConfigurationThatCannotBeFollowedSaysSo(t *testing.T) {
	t.Parallel()
	server := hosttest.StartSSHD(t)
	for name, test := range map[string]struct {
		config string
		want   error
		text   string
	}{
		"a command":  {section(t, "prod", server, " ProxyCommand nc %h %p\n"), host.ErrTarget, "only ProxyJump is spoken here"},
		"a circle":   {section(t, "prod", server, " ProxyJump prod\n"), host.ErrTarget, "more than 8 hosts"},
		"a bad line": {"Host prod\n Prot 22\n", nil, "Bad configuration option"},
		"no bastion": {section(t, "prod", server, " ProxyJump nobody@127.0.0.1:1\n"), host.ErrUnreachable, "127.0.0.1:1"},
	} {
		_, err := host.Connect(t.Context(), host.Target{Engine: "ssh://prod", SSH: configured(t, test.config)})
		if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v, want %v with %q", name, err, test.want, test.text)
		}
	}
}
