//go:build integration

package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/host/hosttest"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

const dockerSocket = "/var/run/docker.sock"

// behind is a target that everything is reached on through the ssh server.
func behind(t *testing.T, server *hosttest.SSHD) host.Target {
	t.Helper()
	return host.Target{
		Engine: server.URL(dockerSocket), Locator: server.URL(echo(t)), StateDir: t.TempDir(),
		SSH: host.SSH{Identities: []string{server.Identity}, KnownHosts: []string{server.KnownHosts}},
	}
}

func TestARealSSHServerLeadsToEverything(t *testing.T) {
	server := hosttest.StartSSHD(t)
	target := behind(t, server)
	begin := time.Now()
	h := connectTo(t, target)
	connected := time.Since(begin)
	reg := registrytest.Start(t, registrytest.Options{})
	network, prefix := newNetwork(t, h)
	key, ref := newKey(t), publish(t, reg)
	if err := h.Pull(t.Context(), key, ref, host.Login{}, nil); err != nil {
		t.Fatal(err)
	}
	lock, err := h.Lock(t.Context(), key, self("anna"), 0)
	if err != nil {
		t.Fatal(err)
	}
	one, err := h.Create(t.Context(), host.Spec{
		Identity: host.Identity{Key: key, Slot: "s1", Seq: 1, Image: ref}, Network: network, Address: prefix + ".11",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context(), one.ID); err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	list, err := h.Instances(t.Context(), key)
	t.Logf("connected in %v, instances in %v", connected, time.Since(begin))
	if err != nil || len(list) != 1 || !list[0].Running {
		t.Errorf("instances: %+v, %v", list, err)
	}
	wantLog(t, h, one.ID, "sleeping")
	conn, err := h.DialLocator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	say(t, conn, "show info\n")
	_ = conn.Close()
	checkFiles(t, h, target.StateDir)
	checkRun(t, h)
	checkLoopback(t, h)
	if err := errors.Join(h.Stop(t.Context(), one.ID, 0), h.Remove(t.Context(), one.ID), lock.Release(t.Context())); err != nil {
		t.Error(err)
	}
	if n := server.Logins(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	// The script's parent is the server's own process for this connection.
	_, _ = h.Run(t.Context(), "kill -9 $PPID", nil)
	if list, err := h.Instances(t.Context(), key); err != nil || len(list) != 0 || server.Logins() != 2 {
		t.Errorf("after the break: %+v, %v, %d connections, want 2", list, err, server.Logins())
	}
}

func checkLoopback(t *testing.T, h *host.Host) {
	t.Helper()
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	_, text, _ := net.SplitHostPort(web.Listener.Addr().String())
	port, _ := strconv.Atoi(text)
	conn, err := h.DialLoopback(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Error(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.0 404")) {
		t.Errorf("answer %q, %v", answer, err)
	}
}

func TestARealSSHServerThatForbidsSaysSo(t *testing.T) {
	cases := map[string]struct {
		line string
		do   func(*testing.T, host.Target) error
		want error
	}{
		"sockets": {"AllowStreamLocalForwarding no", func(t *testing.T, target host.Target) error {
			t.Helper()
			_, err := host.Connect(t.Context(), target)
			return err
		}, host.ErrForwarding},
		"ports": {"AllowTcpForwarding no", func(t *testing.T, target host.Target) error {
			t.Helper()
			target.Engine = ""
			_, err := connectTo(t, target).DialLoopback(t.Context(), 80)
			return err
		}, host.ErrForwarding},
		"files": {"ForceCommand /bin/false", func(t *testing.T, target host.Target) error {
			t.Helper()
			_, err := connectTo(t, target).ReadFile(t.Context(), "servers.state")
			return err
		}, host.ErrFiles},
		"this key": {"AuthorizedKeysFile none", func(t *testing.T, target host.Target) error {
			t.Helper()
			_, err := host.Connect(t.Context(), target)
			return err
		}, host.ErrLogin},
		"the socket that is not there": {"UseDNS no", func(t *testing.T, target host.Target) error {
			t.Helper()
			target.Locator = strings.Replace(target.Locator, "admin.sock", "none.sock", 1)
			_, err := connectTo(t, target).DialLocator(t.Context())
			return err
		}, host.ErrNobody},
		"a folder that is not there": {"UseDNS no", func(t *testing.T, target host.Target) error {
			t.Helper()
			target.StateDir += "/none"
			return connectTo(t, target).WriteFile(t.Context(), "servers.state", nil)
		}, fs.ErrNotExist},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.do(t, behind(t, hosttest.StartSSHD(t, tc.line)))
			if !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
			t.Log(err)
		})
	}
}

func TestAChangedHostKeyOfARealServerIsNotTrusted(t *testing.T) {
	server, other := hosttest.StartSSHD(t), hosttest.StartSSHD(t)
	target := behind(t, server)
	known, err := os.ReadFile(other.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(known), other.Address[strings.LastIndex(other.Address, ":"):], server.Address[strings.LastIndex(server.Address, ":"):], 1)
	target.SSH.KnownHosts = []string{writeFile(t, filepath.Join(t.TempDir(), "known_hosts"), []byte(changed))}
	if _, err := host.Connect(t.Context(), target); !errors.Is(err, host.ErrHostKeyChanged) {
		t.Errorf("err = %v, want that the key has changed", err)
	}
	if server.Logins() != 0 {
		t.Error("it logged in all the same")
	}
}

func TestAnEngineBehindMutualTLS(t *testing.T) {
	door := hosttest.StartTLS(t, dockerSocket)
	target := host.Target{Engine: "tcp://" + door.Address, TLS: door.Keys, Locator: "unix://" + echo(t)}
	h := connectTo(t, target)
	key := newKey(t)
	if list, err := h.Instances(t.Context(), key); err != nil || len(list) != 0 {
		t.Errorf("instances: %v, %v", list, err)
	}
	if _, err := h.Lock(t.Context(), key, self("anna"), 0); err != nil {
		t.Error(err)
	}
	conn, err := h.DialLocator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	say(t, conn, "show info\n")
	for name, keys := range map[string]string{"no certificate": onlyCA(t, door.Keys), "no keys at all": t.TempDir()} {
		target.TLS = keys
		if _, err := host.Connect(t.Context(), target); !errors.Is(err, engine.ErrTLS) {
			t.Errorf("%s: err = %v, want ErrTLS", name, err)
		}
	}
	// The engine over TLS, the locator over ssh.
	server := hosttest.StartSSHD(t)
	mixed := behind(t, server)
	mixed.Engine, mixed.TLS = target.Engine, door.Keys
	both := connectTo(t, mixed)
	if _, _, err := both.Holder(t.Context(), key); err != nil {
		t.Error(err)
	}
	checkFiles(t, both, mixed.StateDir)
}

func onlyCA(t *testing.T, keys string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(keys, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "ca.pem"), data)
	return dir
}

// places are the two ways to a state directory that tests go through.
func places(t *testing.T) map[string]host.Target {
	t.Helper()
	return map[string]host.Target{"here": {StateDir: t.TempDir()}, "over ssh": behind(t, hosttest.StartSSHD(t))}
}

func TestLinesOfSeveralOperatorsNeverMix(t *testing.T) {
	const operators, lines = 4, 30
	for name, target := range places(t) {
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for i := range operators {
				h := connectTo(t, target)
				all.Go(func() {
					text := strings.Repeat(strconv.Itoa(i), 1+i*9_000)
					for range lines {
						if err := h.AppendLine(t.Context(), "history.jsonl", text); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			data, err := os.ReadFile(filepath.Join(target.StateDir, "history.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for line := range strings.Lines(string(data)) {
				count[line]++
			}
			for i := range operators {
				if n := count[strings.Repeat(strconv.Itoa(i), 1+i*9_000)+"\n"]; n != lines {
					t.Errorf("%d whole lines of operator %d, want %d", n, i, lines)
				}
			}
			if len(count) != operators {
				t.Errorf("%d kinds of lines, want %d", len(count), operators)
			}
		})
	}
}

// asWriter tells the test binary to write a file again and again.
const asWriter = "HOSTTEST_WRITE"

// write alternates two contents of a file until it is killed.
func write(args string) error {
	part := strings.Split(args, ",")
	target := host.Target{StateDir: part[0]}
	if len(part) > 1 {
		target.Engine, target.SSH = part[1], host.SSH{Identities: []string{part[2]}, KnownHosts: []string{part[3]}}
	}
	h, err := host.Connect(context.Background(), target)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := h.WriteFile(context.Background(), "servers.state", state(i)); err != nil {
			return err
		}
		if i == 1 {
			os.Stdout.WriteString("writing\n")
		}
	}
}

func state(i int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%d\n", i%2), 500_000)
}

func TestAWriterThatIsKilledLeavesAWholeFile(t *testing.T) {
	for name, target := range places(t) {
		t.Run(name, func(t *testing.T) {
			args := target.StateDir
			if target.Engine != "" {
				args += "," + target.Engine + "," + target.SSH.Identities[0] + "," + target.SSH.KnownHosts[0]
			}
			for range 5 {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), asWriter+"="+args)
				cmd.Stderr = os.Stderr
				stdout, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_, err = io.ReadFull(stdout, make([]byte, len("writing\n")))
				<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond)
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if err != nil {
					t.Fatal(err)
				}
				data, err := os.ReadFile(filepath.Join(target.StateDir, "servers.state"))
				if err != nil || (!bytes.Equal(data, state(0)) && !bytes.Equal(data, state(1))) {
					t.Fatalf("%d bytes are neither the old content nor the new, %v", len(data), err)
				}
			}
		})
	}
}
