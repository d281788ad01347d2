package oracle

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// refuser is a listener that treats every connection as its script says, after
// having read the CONNECT packet.
type refuser struct {
	address string
	open    atomic.Int64 // connections that are open on our side
	seen    atomic.Int64
}

func startRefuser(t *testing.T, treat func(conn net.Conn)) *refuser {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &refuser{address: l.Addr().String()}
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.open.Add(1)
			r.seen.Add(1)
			sessions.Go(func() {
				defer r.open.Add(-1)
				defer conn.Close()
				treat(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		sessions.Wait()
	})
	return r
}

// refuse sends a REFUSE packet with this text.
func refuse(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if !readPacket(conn) {
			return
		}
		packet := make([]byte, 12, 12+len(text))
		binary.BigEndian.PutUint16(packet, uint16(12+len(text)))
		packet[4] = 4
		binary.BigEndian.PutUint16(packet[10:], uint16(len(text)))
		conn.Write(append(packet, text...))
		io.Copy(io.Discard, conn)
	}
}

func readPacket(conn net.Conn) bool {
	var head [8]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return false
	}
	_, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(head[:]))-8)
	return err == nil
}

func (r *refuser) login() login {
	return login{address: r.address, service: "FREEPDB1", user: "ORDERS", password: NewPassword("tiger")}
}

func unused(context.Context, *sql.Conn) error { return errors.New("nobody logged in") }

func TestSessionTellsRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		treat    func(net.Conn)
		verdict  verdict
		code     int
		answered bool
	}{
		"unknown service": {refuse("(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"), serviceUnknown, 12514, true},
		"unknown SID":     {refuse("(DESCRIPTION=(ERR=12505))"), serviceUnknown, 12505, true},
		"blocked":         {refuse("(DESCRIPTION=(ERR=12528))"), transient, 12528, true},
		"short code":      {refuse("(DESCRIPTION=(ERR=1033))"), transient, 1033, true},
		"no code":         {refuse("no"), transient, 12564, true},
		"too short to be one": {
			// go-ora panics on it
			func(conn net.Conn) {
				readPacket(conn)
				conn.Write([]byte{0, 10, 0, 0, 4, 0, 0, 0, 0, 0})
				io.Copy(io.Discard, conn)
			},
			transient, 0, true,
		},
		"accepted and closed":  {func(net.Conn) {}, transient, 0, false},
		"closed after CONNECT": {func(conn net.Conn) { readPacket(conn) }, transient, 0, false},
		"garbage":              {func(conn net.Conn) { readPacket(conn); conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, transient, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := startRefuser(t, c.treat)
			answered, err := r.login().session(t.Context(), unused)
			if err == nil || classify(err) != c.verdict || errorCode(err) != c.code || answered != c.answered {
				t.Errorf("got %v (verdict %d, code %d, answered %v)", err, classify(err), errorCode(err), answered)
			}
			if got := r.seen.Load(); got != 1 {
				t.Errorf("%d connections for one login", got)
			}
		})
	}
}

func TestSessionAtAClosedPort(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	answered, err := login{address: address, service: "X", user: "Y"}.session(t.Context(), unused)
	if err == nil || answered || classify(err) != transient {
		t.Errorf("got %v, answered %v", err, answered)
	}
}

func TestSessionWithASilentServerEndsWithItsContext(t *testing.T) {
	r := startRefuser(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errNoAnswer)
	defer cancel()
	began := time.Now()
	_, err := r.login().session(ctx, unused)
	if !errors.Is(err, errNoAnswer) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestCancelledProbesLeaveNothing is about go-ora: a login can outlive its
// context and keep its socket (upstream issue 736).
func TestCancelledProbesLeaveNothing(t *testing.T) {
	r := startRefuser(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	before := runtime.NumGoroutine()
	worst := cancelled(t, r.login(), 1000)
	if worst > 5*time.Second { // the goal of 100 ms is make bench-oracle's
		t.Errorf("the worst cancel took %s", worst)
	}
	eventually(t, func() bool { return r.open.Load() == 0 }, "sockets stay open")
	eventually(t, func() bool { return runtime.NumGoroutine() <= before+2 }, "goroutines stay")
}

// cancelled begins so many logins with a server that is silent, cancels each at
// another moment of its life, and returns the longest time from a cancel to the
// login's end. What a busy machine takes to wake a goroutine at all is not the
// login's: it is measured beside it and taken off.
func cancelled(t *testing.T, l login, probes int) (worst time.Duration) {
	t.Helper()
	stop := errors.New("stop")
	for i := range probes {
		ctx, cancel := context.WithCancelCause(t.Context())
		done, woken := make(chan error, 1), make(chan time.Time, 1)
		go func() {
			_, err := l.session(ctx, unused)
			done <- err
		}()
		go func() {
			<-ctx.Done()
			woken <- time.Now()
		}()
		timer := time.NewTimer(time.Duration(i%20) * 100 * time.Microsecond)
		<-timer.C
		began := time.Now()
		cancel(stop)
		if err := <-done; !errors.Is(err, stop) {
			t.Fatalf("got %v", err)
		}
		took := time.Since(began)
		worst = max(worst, took-max(0, (<-woken).Sub(began)))
	}
	return worst
}

// eventually polls, because a kernel and a scheduler have their own time.
func eventually(t *testing.T, ok func() bool, fault string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal(fault)
		}
		runtime.Gosched()
		<-time.After(5 * time.Millisecond)
	}
}
