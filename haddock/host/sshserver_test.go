package host_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/haddock-ci/pipeline/haddock/host"
)

// An sshServer is an ssh server in this process that lets one key in and does
// what haddock asks of one: sockets, ports, sftp and shells.
type sshServer struct {
	Address string
	hostKey ssh.Signer
	// What it forbids, and how often it was connected to.
	NoSockets, NoPorts, NoShell, NoFiles, Deaf, Nobody atomic.Bool
	Logins                                             atomic.Int32

	user ssh.PublicKey
	mu   sync.Mutex
	open []net.Conn
}

// A keyPair is a key and the file that holds it.
type keyPair struct {
	ssh.Signer
	file []byte
}

// newKeyPair makes a key.
func newKeyPair(t *testing.T, passphrase string) keyPair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}
	if passphrase != "" {
		//nolint:staticcheck // weak, but what ssh-keygen does now takes seconds with the race detector
		if block, err = x509.EncryptPEMBlock(rand.Reader, block.Type, der, []byte(passphrase), x509.PEMCipherAES256); err != nil {
			t.Fatal(err)
		}
	}
	return keyPair{signer, pem.EncodeToMemory(block)}
}

// serveSSH starts a server and returns what a client needs to use it: its own
// key and a file that knows the server.
func serveSSH(t *testing.T) (*sshServer, host.SSH) {
	t.Helper()
	hostKey, user := newKeyPair(t, ""), newKeyPair(t, "")
	s := &sshServer{hostKey: hostKey, user: user.PublicKey()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = listener.Addr().String()
	go s.accept(listener)
	t.Cleanup(func() {
		_ = listener.Close()
		s.Break()
	})
	dir := t.TempDir()
	return s, host.SSH{
		Identities: []string{writeFile(t, filepath.Join(dir, "id"), user.file)},
		KnownHosts: []string{writeFile(t, filepath.Join(dir, "known_hosts"), []byte(knownhosts.Line([]string{s.Address}, hostKey.PublicKey())+"\n"))},
	}
}

func writeFile(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Set changes the key that the server shows and the one that it lets in; nil
// changes nothing.
func (s *sshServer) Set(hostKey ssh.Signer, user ssh.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hostKey != nil {
		s.hostKey = hostKey
	}
	if user != nil {
		s.user = user
	}
}

// Break cuts all connections, as a network does.
func (s *sshServer) Break() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		_ = conn.Close()
	}
	s.open = nil
}

func (s *sshServer) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open = append(s.open, conn)
		s.mu.Unlock()
		go s.serve(conn)
	}
}

func (s *sshServer) serve(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	hostKey, user := s.hostKey, s.user
	s.mu.Unlock()
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), user.Marshal()) {
			return nil, errors.New("unknown")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(hostKey)
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	s.Logins.Add(1)
	go func() {
		for r := range requests {
			if r.WantReply && !s.Deaf.Load() {
				_ = r.Reply(false, nil)
			}
		}
	}()
	for c := range channels {
		if !s.Deaf.Load() {
			go s.channel(c)
		}
	}
}

func (s *sshServer) channel(c ssh.NewChannel) {
	switch c.ChannelType() {
	case "direct-streamlocal@openssh.com":
		var to struct {
			Path, Reserved string
			Port           uint32
		}
		_ = ssh.Unmarshal(c.ExtraData(), &to)
		if s.NoSockets.Load() { // as OpenSSH says it
			_ = c.Reject(ssh.ConnectionFailed, "open failed")
			return
		}
		forward(c, "unix", to.Path)
	case "direct-tcpip":
		var to struct {
			Host       string
			Port       uint32
			From       string
			SourcePort uint32
		}
		_ = ssh.Unmarshal(c.ExtraData(), &to)
		if s.NoPorts.Load() {
			_ = c.Reject(ssh.Prohibited, "administratively prohibited")
			return
		}
		forward(c, "tcp", net.JoinHostPort(to.Host, itoa(to.Port)))
	case "session":
		channel, requests, err := c.Accept()
		if err == nil {
			go s.session(channel, requests)
		}
	default:
		_ = c.Reject(ssh.UnknownChannelType, "")
	}
}

func itoa(n uint32) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

func forward(c ssh.NewChannel, network, address string) {
	conn, err := net.Dial(network, address)
	if err != nil {
		_ = c.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	channel, requests, err := c.Accept()
	if err != nil {
		_ = conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		_, _ = io.Copy(conn, channel)
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	_, _ = io.Copy(channel, conn)
	_ = channel.Close()
	_ = conn.Close()
}

func (s *sshServer) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for r := range requests {
		var asked struct{ Text string }
		_ = ssh.Unmarshal(r.Payload, &asked)
		switch {
		case r.Type == "exec" && !s.NoShell.Load():
			_ = r.Reply(true, nil)
			status := s.shell(channel, asked.Text)
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
			return
		case r.Type == "subsystem" && asked.Text == "sftp" && !s.NoFiles.Load():
			_ = r.Reply(true, nil)
			server, err := sftp.NewServer(channel)
			if err == nil {
				_ = server.Serve()
			}
			return
		default:
			_ = r.Reply(false, nil)
		}
	}
}

func (s *sshServer) shell(channel ssh.Channel, line string) int {
	cmd := exec.Command("sh", "-c", line)
	if s.Nobody.Load() && os.Geteuid() == 0 { // whom nothing is forbidden
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return 127
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// serveEngine answers on a unix socket as an engine does that has nothing.
func serveEngine(t *testing.T) (socket string) {
	t.Helper()
	return serveEngineWith(t, func(http.ResponseWriter, *http.Request) {})
}

// serveEngineWith is serveEngine with something that happens before each answer.
func serveEngineWith(t *testing.T, first http.HandlerFunc) (socket string) {
	t.Helper()
	socket = filepath.Join(shortDir(t), "admin.sock.4711.tmp")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	serveHTTP(t, listener, first)
	return socket
}

// shortDir is a folder whose path leaves room for the name of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "h") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// echo answers each line on a unix socket with itself.
func echo(t *testing.T) (socket string) {
	t.Helper()
	socket = filepath.Join(shortDir(t), "admin.sock")
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
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	return socket
}

func sshAddress(s *sshServer, path string) string {
	return "ssh://deploy@" + s.Address + "/" + strings.TrimPrefix(path, "/")
}
