//go:build integration

package haddock_test

import (
	"fmt"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host/hosttest"
)

// behind is the setting of a host that is only reached over ssh.
func behind(sshd *hosttest.SSHD, engine, more string) setting {
	return setting{
		locator: "ssh://" + sshd.User + "@" + sshd.Address + "%s",
		env:     fmt.Sprintf("    engine: %s\n    ssh: {identityFile: %s, knownHosts: %s}\n%s", engine, sshd.Identity, sshd.KnownHosts, more),
	}
}

// remotely rolls two versions out under load, killed once on its way.
func remotely(t *testing.T, set setting) *scene {
	t.Helper()
	s := newScene(t, set)
	s.deploy("v1")
	load, from := s.load(100), time.Now()
	run := s.start("deploy", "--env", "test", "--release", s.release("v2"))
	s.until("v2 has visitors", func() bool { return load.NewSince(from)["v2"] > 0 || run.ended() })
	run.kill()
	s.settle("v2")
	if report := s.clean(load); len(report.Versions()) != 2 {
		t.Errorf("too little was tried:\n%s", report)
	}
	return s
}

func TestAHostBehindSSHIsDeployedToOverOneConnection(t *testing.T) {
	t.Parallel()
	sshd := hosttest.StartSSHD(t)
	s := remotely(t, behind(sshd, sshd.URL("/var/run/docker.sock"), ""))
	before := sshd.Logins()
	s.haddock("status", "--env", "test")
	if made := sshd.Logins() - before; made != 1 {
		t.Errorf("status made %d ssh connections, want 1", made)
	}

	other := hosttest.StartSSHD(t) // another host has taken the address, as it seems
	key, err := os.ReadFile(other.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(key), " ")
	if err := os.WriteFile(sshd.KnownHosts, []byte(knownAs(sshd.Address)+" "+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	run := s.start("deploy", "--env", "test", "--release", s.release("v3"))
	if status := run.wait(); status != 3 || !strings.Contains(run.out.String(), "key has changed") {
		t.Errorf("with another host key: exit status %d\n%s", status, run.out)
	}
	if !s.alone("v2") {
		t.Errorf("v2 is not as it was:\n%s", s.world())
	}
}

// knownAs is an address as known_hosts has it.
func knownAs(address string) string {
	host, port, _ := strings.Cut(address, ":")
	return "[" + host + "]:" + port
}

func TestAHostIsMadeReadyOverSSH(t *testing.T) {
	t.Parallel()
	sshd, group := hosttest.StartSSHD(t), ownGroup(t)
	set := behind(sshd, sshd.URL("/var/run/docker.sock"), "")
	set.proxy = ", group: " + group.Name
	s := newScene(t, set)
	file, stateDir := filepath.Join(s.proxy.Folder, "haproxy.cfg"), filepath.Join(s.dir, "state")
	if err := os.RemoveAll(stateDir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil { // Debian's is one that haddock has not written
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing
		s.haddock("init", "--env", "test", "--haproxy-cfg", file)
		s.proxy.Restart()
		s.haddock("locator", "check", "--env", "test")
	}
	for path, want := range map[string]os.FileMode{
		stateDir: os.ModeDir | os.ModeSetgid | 0o775, filepath.Join(s.dir, "admin.sock"): os.ModeSocket | 0o660,
	} {
		is, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := is.Sys().(*syscall.Stat_t); is.Mode() != want || strconv.Itoa(int(owner.Gid)) != group.Gid {
			t.Errorf("%s is %v of group %d, want %v of %s", path, is.Mode(), owner.Gid, want, group.Gid)
		}
	}
	s.deploy("v1")
	s.settle("v1")
}

// ownGroup is the first group of the user who runs the tests.
func ownGroup(t *testing.T) *osuser.Group {
	t.Helper()
	group, err := osuser.LookupGroupId(strconv.Itoa(os.Getgid()))
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func TestAnEngineBehindTLSIsDeployedTo(t *testing.T) {
	t.Parallel()
	sshd, door := hosttest.StartSSHD(t), hosttest.StartTLS(t, "/var/run/docker.sock")
	remotely(t, behind(sshd, "tcp://"+door.Address, "    tls: "+door.Keys+"\n"))
}
