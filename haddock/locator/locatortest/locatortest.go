// Package locatortest runs a real HAProxy for tests, with the configuration that
// haddock renders, on free ports of the loopback and in a folder of its own.
package locatortest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/command"
)

// patience bounds each wait for a process; on a busy machine a start takes a
// second.
const patience = 15 * time.Second

// A Running is a HAProxy that ends with the test. Its methods fail the test
// rather than return errors; they must be called from the test's goroutine.
type Running struct {
	Config  locator.Config // as rendered: with the free ports and the files
	Proxy   *locator.Proxy
	Address string // of the frontend: 127.0.0.1 and a port
	Folder  string // with haproxy.cfg, the sockets, the drain list and the state file

	tb      testing.TB
	binary  string
	process *process
}

// Start starts HAProxy with the Config. Addresses, sockets and files that are
// not set get free ones; Slots, SessionCookie and TTL must be set. All slots are
// in maint until somebody says otherwise.
func Start(tb testing.TB, c locator.Config) *Running {
	tb.Helper()
	//nolint:usetesting // the path of a socket must be short, and tb.TempDir has the test's name in it
	folder, err := os.MkdirTemp("", "haproxy")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	r := &Running{tb: tb, Folder: folder, binary: Binary(tb)}
	c.AdminSocket = cmp.Or(c.AdminSocket, filepath.Join(folder, "admin.sock"))
	c.ReadSocket = cmp.Or(c.ReadSocket, filepath.Join(folder, "ro.sock"))
	c.DrainList = cmp.Or(c.DrainList, filepath.Join(folder, "draining.lst"))
	c.StateFile = cmp.Or(c.StateFile, filepath.Join(folder, "servers.state"))
	for _, name := range []string{c.DrainList, c.StateFile} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	r.Address = fmt.Sprintf("127.0.0.1:%d", FreePort(tb))
	if len(c.Bind) == 0 {
		c.Bind = []string{r.Address}
	}
	if !c.Peers.IsValid() {
		c.Peers = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), FreePort(tb))
	}
	r.Configure(c)
	tb.Cleanup(r.stop)
	r.start()
	return r
}

// Binary returns the path of haproxy, or fails the test.
func Binary(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatal("haproxy is missing: scripts/haproxy.sh installs it")
	return ""
}

// Places gives count slots with an address of the loopback each, in a subnet
// that hardly any other test has.
func Places(tb testing.TB, count int) []locator.Place {
	tb.Helper()
	subnet := netip.PrefixFrom(netip.AddrFrom4([4]byte{127, byte(1 + rand.IntN(250)), byte(rand.IntN(250)), 0}), 24)
	places, err := locator.Places(subnet, 1, count)
	if err != nil {
		tb.Fatal(err)
	}
	port := FreePort(tb)
	for i := range places {
		places[i].Address = netip.AddrPortFrom(places[i].Address.Addr(), port)
	}
	return places
}

// Configure writes haproxy.cfg anew; Reload or Restart takes it up.
func (r *Running) Configure(c locator.Config) {
	r.tb.Helper()
	text, err := locator.Render(c)
	if err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(r.file(), text, 0o600); err != nil {
		r.tb.Fatal(err)
	}
	r.Config = c.WithDefaults()
	r.Proxy = c.Proxy(r.Dial)
}

// Dial opens a connection to the admin socket: a locator.Dial.
func (r *Running) Dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", r.Config.AdminSocket)
}

// DialReadOnly opens a connection to the read-only socket.
func (r *Running) DialReadOnly(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", r.Config.ReadSocket)
}

// Ask sends a line to the admin socket as it is, and returns the answer: for
// what a Proxy does not do.
func (r *Running) Ask(line string) string {
	r.tb.Helper()
	answer, err := r.ask(line)
	if err != nil {
		r.tb.Fatal(err)
	}
	return answer
}

func (r *Running) ask(line string) (string, error) {
	conn, err := r.Dial(r.tb.Context())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// answering is the process behind the admin socket.
func (r *Running) answering() (int, error) {
	answer, err := r.ask("show info")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(answer, "\nPid: ")
	pid, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(pid)
}

// PID is HAProxy's process, 0 when it was killed.
func (r *Running) PID() int {
	if r.process == nil {
		return 0
	}
	return r.process.pid
}

// SaveState writes the server-state file, as haddock does after each change.
func (r *Running) SaveState() {
	r.tb.Helper()
	state, err := r.Proxy.ServersState(r.tb.Context())
	if err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(r.Config.StateFile, state, 0o600); err != nil {
		r.tb.Fatal(err)
	}
}

// Reload lets a new process take over the sockets and the table, without a
// moment in which nobody listens, and returns when it has the table. The old
// process ends with its last request; the state file must be up to date.
//
// A process hands its table over only five seconds after its own start, when it
// has given up asking others for theirs: Reload waits for that.
func (r *Running) Reload() {
	r.tb.Helper()
	r.settle()
	old := r.process
	r.start("-x", r.Config.AdminSocket, "-sf", strconv.Itoa(old.pid))
	r.settle()
	r.tb.Cleanup(func() { old.end(r.tb) })
}

// Kill ends HAProxy at once, as a crash does.
func (r *Running) Kill() {
	r.tb.Helper()
	if r.process == nil {
		r.tb.Fatal("haproxy is dead already")
	}
	if err := syscall.Kill(r.process.pid, syscall.SIGKILL); err != nil {
		r.tb.Fatal(err)
	}
	<-r.process.done
	r.process = nil
}

// Restart starts HAProxy again, after Kill, with what the state file says.
func (r *Running) Restart() {
	r.tb.Helper()
	if r.process != nil {
		r.Kill()
	}
	r.start()
}

func (r *Running) file() string { return filepath.Join(r.Folder, "haproxy.cfg") }

// start returns when the new process answers.
func (r *Running) start(args ...string) {
	r.tb.Helper()
	p := run(append([]string{r.binary, "-db", "-f", r.file()}, args...))
	deadline := time.Now().Add(patience)
	for {
		pid, err := r.answering()
		if err == nil && pid == p.pid {
			r.process = p
			return
		}
		select {
		case <-p.done:
			r.tb.Fatalf("haproxy ended: %v", p.err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.end(r.tb)
			r.tb.Fatalf("haproxy does not answer after %v: %v", patience, err)
		}
	}
}

// settle waits until the process has all that its peers can give.
func (r *Running) settle() {
	r.tb.Helper()
	const finished = 0x3 // asked the previous process, asked the other hosts
	flags := regexp.MustCompile(`id=haddock disabled=0 flags=0x([0-9a-f]+)`)
	deadline := time.Now().Add(patience)
	for {
		if found := flags.FindStringSubmatch(r.Ask("show peers")); found != nil {
			if n, err := strconv.ParseUint(found[1], 16, 64); err == nil && n&finished == finished {
				return
			}
		}
		if time.Now().After(deadline) {
			r.tb.Fatalf("haproxy still asks its peers after %v", patience)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (r *Running) stop() {
	if r.process != nil {
		r.process.end(r.tb)
	}
}

// A process is one haproxy.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended, then err says how
	err  error
	stop context.CancelFunc
}

func run(args []string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{done: make(chan struct{}), stop: cancel}
	started := make(chan int, 1)
	go func() {
		p.err = command.Command{Args: args, OnStart: func(leader command.Process) { started <- leader.PID }}.Run(ctx)
		close(p.done)
	}()
	select {
	case p.pid = <-started:
	case <-p.done:
	}
	return p
}

func (p *process) end(tb testing.TB) {
	tb.Helper()
	p.stop()
	select {
	case <-p.done:
	case <-time.After(patience):
		tb.Errorf("haproxy %d does not end", p.pid)
	}
}

// FreePort returns a port of the loopback that nobody listens at, and that no
// other test gets from FreePort before this one has ended.
func FreePort(tb testing.TB) uint16 {
	tb.Helper()
	for range 100 {
		// Below the ports that the kernel gives to whoever asks for any: those are
		// soon taken again.
		port := uint16(10_000 + rand.IntN(20_000))
		if reserve(tb, port) && isFree(tb, port) {
			return port
		}
	}
	tb.Fatal("no free port")
	return 0
}

// reserve takes the port for this test among all tests of the machine: its mark
// is an abstract socket (unix(7)), which nothing outlives.
func reserve(tb testing.TB, port uint16) bool {
	tb.Helper()
	mark, err := listen(tb, "unix", fmt.Sprintf("@pipeline-test-port-%d", port))
	if err != nil {
		return false
	}
	tb.Cleanup(func() { _ = mark.Close() })
	return true
}

// isFree says whether one could listen at the port. A process that is forked
// meanwhile has a copy of the listener until its exec, which keeps the port
// taken although we have closed ours: hence the lock.
func isFree(tb testing.TB, port uint16) bool {
	tb.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	l, err := listen(tb, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func listen(tb testing.TB, network, address string) (net.Listener, error) {
	tb.Helper()
	return (&net.ListenConfig{}).Listen(tb.Context(), network, address)
}
