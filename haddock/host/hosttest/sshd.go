//go:build integration

// Package hosttest gives integration tests real ways to a host on loopback: an
// OpenSSH server with keys of its own, and a door with mutual TLS before the
// engine. All ends with the test.
package hosttest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/haddock-ci/pipeline/internal/command"
)

// An SSHD is a running OpenSSH server that lets the user in who runs the test.
type SSHD struct {
	Address    string // 127.0.0.1:port
	User       string
	Identity   string // file of the key that opens it
	KnownHosts string // file that knows it

	logins atomic.Int32
}

// URL is an address on the server: ssh://user@127.0.0.1:port/path.
func (s *SSHD) URL(path string) string {
	return "ssh://" + s.User + "@" + s.Address + "/" + strings.TrimPrefix(path, "/")
}

// Logins is how many connections it has let in.
func (s *SSHD) Logins() int { return int(s.logins.Load()) }

// StartSSHD starts a server. Lines for its sshd_config, such as
// "AllowStreamLocalForwarding no", come before ours and win.
func StartSSHD(tb testing.TB, lines ...string) *SSHD {
	tb.Helper()
	who, err := user.Current()
	check(tb, err)
	dir := tb.TempDir()
	s := &SSHD{User: who.Username, Identity: filepath.Join(dir, "id"), KnownHosts: filepath.Join(dir, "known_hosts")}
	hostKey := newKey(tb, filepath.Join(dir, "host_key"))
	userKey := newKey(tb, s.Identity)
	write(tb, filepath.Join(dir, "authorized_keys"), string(ssh.MarshalAuthorizedKey(userKey)))
	if os.Geteuid() == 0 { // where it locks itself in; a package's service makes it at boot
		check(tb, os.MkdirAll("/run/sshd", 0o755))
	}
	for range 5 { // somebody else may take the port
		s.Address = freePort(tb)
		config := strings.Join(append(lines,
			"ListenAddress "+s.Address, "HostKey "+filepath.Join(dir, "host_key"),
			"AuthorizedKeysFile "+filepath.Join(dir, "authorized_keys"), "StrictModes no", "UsePAM no", "PidFile none",
			"PermitRootLogin prohibit-password", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
			"LogLevel VERBOSE", "Subsystem sftp internal-sftp", ""), "\n")
		write(tb, filepath.Join(dir, "sshd_config"), config)
		if err = s.run(tb, filepath.Join(dir, "sshd_config")); err == nil {
			write(tb, s.KnownHosts, knownhosts.Line([]string{s.Address}, hostKey)+"\n")
			return s
		}
	}
	tb.Fatal(err)
	return nil
}

// run starts the server and returns when it listens.
func (s *SSHD) run(tb testing.TB, config string) error {
	tb.Helper()
	listens, ended := make(chan struct{}, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := command.Command{
		Args: []string{program(tb), "-D", "-e", "-f", config},
		OnLine: func(_ command.Stream, line string) {
			switch {
			case strings.HasPrefix(line, "Server listening on"):
				listens <- struct{}{}
			case strings.HasPrefix(line, "Accepted publickey"):
				s.logins.Add(1)
			}
		},
	}
	go func() { ended <- cmd.Run(ctx) }()
	select {
	case <-listens:
		tb.Cleanup(func() {
			cancel()
			if err := <-ended; err == nil {
				tb.Log("sshd had ended by itself")
			}
		})
		return nil
	case err := <-ended:
		cancel()
		return fmt.Errorf("sshd has ended: %w", err)
	case <-time.After(10 * time.Second):
		cancel()
		return fmt.Errorf("sshd does not listen after 10 s: %w", <-ended)
	}
}

// program finds what scripts/sshd.sh has installed. The server starts itself
// again for each connection, and needs its whole path for that.
func program(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"sshd", "/usr/sbin/sshd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatal("these tests need OpenSSH's sshd: run scripts/sshd.sh")
	return ""
}

func newKey(tb testing.TB, path string) ssh.PublicKey { //nolint:ireturn // it is what the library calls a key
	tb.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	check(tb, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	check(tb, err)
	write(tb, path, string(pem.EncodeToMemory(block)))
	signer, err := ssh.NewSignerFromKey(private)
	check(tb, err)
	return signer.PublicKey()
}

func freePort(tb testing.TB) string {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	check(tb, err)
	defer listener.Close()
	return listener.Addr().String()
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	check(tb, os.WriteFile(path, []byte(text), 0o600))
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
