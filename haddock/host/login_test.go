package host_test

import (
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/haddock-ci/pipeline/haddock/host"
)

func TestKnownHosts(t *testing.T) {
	server, login := serveSSH(t)
	other := newKeyPair(t, "")
	engine := sshAddress(server, serveEngine(t))
	name := knownhosts.Normalize(server.Address)
	mine, theirs := server.hostKey.PublicKey(), other.PublicKey()
	shown := ssh.FingerprintSHA256(mine)
	cases := map[string]struct {
		file string
		want error
		text []string // of the error
	}{
		"known":          {knownhosts.Line([]string{server.Address}, mine), nil, nil},
		"hashed":         {knownhosts.Line([]string{knownhosts.HashHostname(name)}, mine), nil, nil},
		"one of several": {knownhosts.Line([]string{server.Address}, theirs) + "\n" + knownhosts.Line([]string{server.Address}, mine), nil, nil},
		"unknown":        {"", host.ErrUnknownHost, []string{shown, "is in none of", "ssh-keygen -lf", name}},
		"of other host":  {knownhosts.Line([]string{"elsewhere"}, mine), host.ErrUnknownHost, []string{shown}},
		"changed": {
			"# a comment\n" + knownhosts.Line([]string{server.Address}, theirs), host.ErrHostKeyChanged,
			[]string{"has changed", shown, ssh.FingerprintSHA256(theirs), ":2)", "ssh-keygen -R '" + name + "'", "somebody else"},
		},
		"changed and hashed": {
			knownhosts.Line([]string{knownhosts.HashHostname(name)}, theirs), host.ErrHostKeyChanged, []string{"has changed", ":1)"},
		},
		"revoked": {"@revoked * " + string(ssh.MarshalAuthorizedKey(mine)), host.ErrHostKeyChanged, []string{"revokes", ":1"}},
		"known by a key of another kind only": {
			name + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8WmNEXAsqZfJ1X7oQF0lMsH1fyW7zBZ4aGBIYJ0Q0b",
			host.ErrHostKeyChanged,
			[]string{"installed anew"},
		},
	}
	for title, tc := range cases {
		t.Run(title, func(t *testing.T) {
			login := login
			login.KnownHosts = []string{filepath.Join(t.TempDir(), "none"), writeFile(t, filepath.Join(t.TempDir(), "known"), []byte(tc.file+"\n"))}
			h, err := host.Connect(t.Context(), host.Target{Engine: engine, SSH: login})
			if !errors.Is(err, tc.want) {
				t.Fatalf("err = %v, want %v", err, tc.want)
			}
			for _, text := range append(tc.text, "ssh deploy@"+server.Address) {
				if err != nil && !strings.Contains(err.Error(), text) {
					t.Errorf("%v\ndoes not say %q", err, text)
				}
			}
			if err == nil {
				_ = h.Close()
			}
		})
	}
}

func TestAHostIsKnownByItsAuthority(t *testing.T) {
	server, login := serveSSH(t)
	authority, other := newKeyPair(t, ""), newKeyPair(t, "")
	certificate := &ssh.Certificate{
		Key: server.hostKey.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity,
	}
	if err := certificate.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(certificate, server.hostKey)
	if err != nil {
		t.Fatal(err)
	}
	server.Set(signer, nil)
	for want, key := range map[error]ssh.PublicKey{nil: authority.PublicKey(), host.ErrUnknownHost: other.PublicKey()} {
		line := "@cert-authority " + knownhosts.Normalize(server.Address) + " " + string(ssh.MarshalAuthorizedKey(key))
		login.KnownHosts = []string{writeFile(t, filepath.Join(t.TempDir(), "known"), []byte(line))}
		h, err := host.Connect(t.Context(), host.Target{Engine: sshAddress(server, serveEngine(t)), SSH: login})
		if !errors.Is(err, want) {
			t.Errorf("err = %v, want %v", err, want)
		}
		if err == nil {
			_ = h.Close()
		}
	}
}

func TestLogin(t *testing.T) {
	const passphrase = "hunter2 hunter3"
	server, login := serveSSH(t)
	engine := sshAddress(server, serveEngine(t))
	stranger := newKeyPair(t, "")
	locked := newKeyPair(t, passphrase)
	dir := t.TempDir()
	lockedFile := writeFile(t, filepath.Join(dir, "locked"), locked.file)
	strangerFile := writeFile(t, filepath.Join(dir, "stranger"), stranger.file)
	none := filepath.Join(dir, "none")
	raw, err := os.ReadFile(login.Identities[0])
	if err != nil {
		t.Fatal(err)
	}
	private, err := ssh.ParseRawPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		ssh  host.SSH
		user ssh.PublicKey // that the server lets in; nil is that of serveSSH
		want error
		text []string
	}{
		"key file":          {ssh: host.SSH{Identities: login.Identities}},
		"second key file":   {ssh: host.SSH{Identities: []string{none, strangerFile, login.Identities[0]}}},
		"agent":             {ssh: host.SSH{Agent: serveAgent(t, private)}},
		"agent's after one": {ssh: host.SSH{Identities: []string{strangerFile}, Agent: serveAgent(t, private)}},
		"passphrase":        {ssh: host.SSH{Identities: []string{lockedFile}, Passphrase: passphrase}, user: locked.PublicKey()},
		"nothing":           {ssh: host.SSH{Identities: []string{none}}, want: host.ErrLogin, text: []string{none + " is not there", "there is no agent", "ssh-add"}},
		"no agent there":    {ssh: host.SSH{Agent: none}, want: host.ErrLogin, text: []string{"agent at " + none + " does not answer"}},
		"empty agent":       {ssh: host.SSH{Agent: serveAgent(t)}, want: host.ErrLogin, text: []string{"has no keys"}},
		"key not taken": {
			ssh: host.SSH{Identities: []string{strangerFile}, Agent: serveAgent(t)}, want: host.ErrLogin,
			text: []string{"takes none of " + strangerFile, "~deploy/.ssh/authorized_keys"},
		},
		"no passphrase": {
			ssh: host.SSH{Identities: []string{lockedFile}}, user: locked.PublicKey(), want: host.ErrLogin,
			text: []string{lockedFile + " needs a passphrase"},
		},
	}
	usual := server.user
	for title, tc := range cases {
		t.Run(title, func(t *testing.T) {
			server.Set(nil, usual)
			server.Set(nil, tc.user)
			tc.ssh.KnownHosts = login.KnownHosts
			h, err := host.Connect(t.Context(), host.Target{Engine: engine, SSH: tc.ssh})
			if !errors.Is(err, tc.want) {
				t.Fatalf("err = %v, want %v", err, tc.want)
			}
			if err == nil {
				_ = h.Close()
				return
			}
			for _, text := range tc.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%v\ndoes not say %q", err, text)
				}
			}
		})
	}
	_, err = host.Connect(t.Context(), host.Target{Engine: engine, SSH: host.SSH{
		Identities: []string{lockedFile}, Passphrase: "wrong " + passphrase, KnownHosts: login.KnownHosts,
	}})
	if err == nil || !strings.Contains(err.Error(), "passphrase does not fit") || strings.Contains(err.Error(), "hunter") {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

// serveAgent is an ssh agent with these keys.
func serveAgent(t *testing.T, keys ...any) (socket string) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	socket = filepath.Join(shortDir(t), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn); _ = conn.Close() }()
		}
	}()
	return socket
}
