package host

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// A half is one direction of a connection in memory.
type half struct {
	mu     sync.Mutex
	more   *sync.Cond
	buf    bytes.Buffer
	closed bool
}

func newHalf() *half {
	h := &half{}
	h.more = sync.NewCond(&h.mu)
	return h
}

func (h *half) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.buf.Len() == 0 && !h.closed {
		h.more.Wait()
	}
	return h.buf.Read(p)
}

func (h *half) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	defer h.more.Broadcast()
	return h.buf.Write(p)
}

func (h *half) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.more.Broadcast()
	return nil
}

// A wire is one end of a connection in memory.
type wire struct {
	net.Conn // nothing else is asked of it
	in, out  *half
}

func (w wire) Read(p []byte) (int, error)  { return w.in.Read(p) }
func (w wire) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w wire) Close() error                { _ = w.in.Close(); return w.out.Close() }
func (wire) LocalAddr() net.Addr           { return noAddress{} }
func (wire) RemoteAddr() net.Addr          { return noAddress{} }

// serve answers questions on a connection while answers says so.
func serve(t *testing.T, conn net.Conn, answers func() bool) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Error(err)
		return
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Error(err)
		return
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		t.Error(err)
		return
	}
	go func() {
		for range channels { // nobody asks for one
		}
	}()
	for r := range requests {
		if r.WantReply && answers() {
			_ = r.Reply(false, nil)
		}
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there, back := newHalf(), newHalf()
		began, silentAt := time.Now(), 100*time.Second
		go serve(t, wire{in: there, out: back}, func() bool { return time.Since(began) < silentAt })
		c, channels, requests, err := ssh.NewClientConn(wire{in: back, out: there}, "host:22", &ssh.ClientConfig{
			HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // it is the test's own
		})
		if err != nil {
			t.Fatal(err)
		}
		s := newSession("deploy@host", ssh.NewClient(c, channels, requests))
		time.Sleep(silentAt - time.Second)
		if !s.alive() {
			t.Error("a server that answers was given up")
		}
		<-s.ended
		if waited := time.Since(began) - silentAt; waited > aliveEvery+aliveTimeout {
			t.Errorf("given up after %v of silence", waited)
		}
	})
}
