package host_test

import (
	"errors"
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/host"
)

func TestWhatStandsInTheWayIsNamed(t *testing.T) {
	dir := shortDir(t)
	silent := filepath.Join(dir, "silent.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: silent})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	file := writeFile(t, filepath.Join(dir, "file"), nil)
	cases := map[string]struct {
		change func(s *sshServer, target *host.Target)
		want   error
		text   string
	}{
		"no engine there": {func(s *sshServer, t *host.Target) { t.Engine = sshAddress(s, dir+"/none.sock") }, host.ErrNobody, "is not there"},
		"no socket":       {func(s *sshServer, t *host.Target) { t.Engine = sshAddress(s, file) }, host.ErrNobody, "is no socket"},
		"nobody listens":  {func(s *sshServer, t *host.Target) { t.Engine = sshAddress(s, silent) }, host.ErrNobody, silent},
		"no forwarding":   {func(s *sshServer, _ *host.Target) { s.NoSockets.Store(true) }, host.ErrForwarding, "AllowStreamLocalForwarding"},
		"no forwarding to HAProxy's": {func(s *sshServer, target *host.Target) {
			s.NoSockets.Store(true)
			path := serveEngine(t) // which was bound beside its place, as HAProxy does
			named := filepath.Join(filepath.Dir(path), "admin.sock")
			if err := os.Rename(path, named); err != nil {
				t.Fatal(err)
			}
			target.Engine = sshAddress(s, named)
		}, host.ErrForwarding, "AllowStreamLocalForwarding"},
		"no shell either": {func(s *sshServer, _ *host.Target) { s.NoSockets.Store(true); s.NoShell.Store(true) }, host.ErrNobody, "AllowStreamLocalForwarding"},
		"no permission for the socket": {func(s *sshServer, target *host.Target) {
			guard(t, s, target, 0o755, 0o660)
		}, host.ErrPermission, "it belongs to " + owner(t) + "; let deploy into that group"},
		"no permission for any group": {func(s *sshServer, target *host.Target) {
			guard(t, s, target, 0o755, 0o600)
		}, host.ErrPermission, "it belongs to " + owner(t) + ", and not to a group of deploy"},
		"no permission for the folder": {func(s *sshServer, target *host.Target) {
			guard(t, s, target, 0o600, 0o666)
		}, host.ErrPermission, "it belongs to " + owner(t)},
		"no ssh server": {func(_ *sshServer, t *host.Target) { t.Engine = "ssh://deploy@127.0.0.1:1" }, host.ErrUnreachable, "connection refused"},
		"another server": {func(_ *sshServer, t *host.Target) {
			t.Engine = "ssh://deploy@" + talker
		}, host.ErrUnreachable, "ssh server answers"},
	}
	for title, tc := range cases {
		t.Run(title, func(t *testing.T) {
			server, login := serveSSH(t)
			target := host.Target{Engine: sshAddress(server, serveEngine(t)), Locator: "unix:///none", SSH: login}
			talkerAt(t)
			tc.change(server, &target)
			_, err := host.Connect(t.Context(), target)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("err = %v, want %v with %q", err, tc.want, tc.text)
			}
		})
	}
}

// guard puts an engine where the server's login may not go.
func guard(t *testing.T, s *sshServer, target *host.Target, folder, socket os.FileMode) {
	t.Helper()
	s.NoSockets.Store(true)
	s.Nobody.Store(true)
	path := serveEngine(t)
	if os.Geteuid() != 0 {
		socket, folder = socket&^0o200, folder&^0o100
	}
	if err := errors.Join(os.Chmod(path, socket), os.Chmod(filepath.Dir(path), folder)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	target.Engine = sshAddress(s, path)
}

func owner(t *testing.T) string {
	t.Helper()
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(who.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return who.Username + ":" + group.Name
}

// talker is where something talks that is no ssh server.
var talker string

func talkerAt(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	talker = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\n\r\n")
			_ = conn.Close()
		}
	}()
}

func TestPortsAndFilesThatAreForbiddenAreNamed(t *testing.T) {
	h, server, _ := overSSH(t)
	server.NoPorts.Store(true)
	server.NoFiles.Store(true)
	if _, err := h.DialLoopback(t.Context(), 80); !errors.Is(err, host.ErrForwarding) || !strings.Contains(err.Error(), "AllowTcpForwarding") {
		t.Errorf("port: %v", err)
	}
	server.NoPorts.Store(false)
	if _, err := h.DialLoopback(t.Context(), 1); !errors.Is(err, host.ErrNobody) {
		t.Errorf("port where nobody listens: %v", err)
	}
	if _, err := h.ReadFile(t.Context(), "servers.state"); !errors.Is(err, host.ErrFiles) || !strings.Contains(err.Error(), "Subsystem sftp") {
		t.Errorf("file: %v", err)
	}
	for _, port := range []int{-1, 0, 65536} {
		if _, err := h.DialLoopback(t.Context(), port); err == nil {
			t.Errorf("port %d is there", port)
		}
	}
}
