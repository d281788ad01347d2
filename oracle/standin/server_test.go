package standin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin"
)

func TestLoginIsVerified(t *testing.T) {
	port := start(t)
	for name, test := range map[string]struct {
		dsn  string
		want int
	}{
		"right":                 {url(port, testService, testUser, testPassword, nil), 0},
		"user in small letters": {url(port, testService, "scott", testPassword, nil), 0},
		"service in small":      {url(port, "freepdb1", testUser, testPassword, nil), 0},
		"SID":                   {url(port, "", testUser, testPassword, map[string]string{"SID": testSID}), 0},
		"wrong password":        {url(port, testService, testUser, "Tiger", nil), 1017},
		"unknown user":          {url(port, testService, "nobody", testPassword, nil), 1017},
		"unknown service":       {url(port, "nowhere", testUser, testPassword, nil), 12514},
		"unknown SID":           {url(port, "", testUser, testPassword, map[string]string{"SID": "XE"}), 12505},
		"not SYSDBA":            {url(port, testService, testUser, testPassword, map[string]string{"dba privilege": "SYSDBA"}), 1017},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, open(t, test.dsn).PingContext(t.Context()), test.want) })
	}
}

func TestSysLogsInAsSysdbaOnly(t *testing.T) {
	db := newDatabase(t)
	if err := db.SetPassword("SYS", "manager"); err != nil {
		t.Fatal(err)
	}
	_, port := serve(t, standin.Config{DB: db, Services: []string{testService}})
	if err := open(t, url(port, testService, "sys", "manager", nil)).PingContext(t.Context()); err != nil {
		t.Error(err) // go-ora makes SYS a SYSDBA by itself
	}
}

func TestListenerIsUpBeforeTheDatabase(t *testing.T) {
	srv, port := serve(t, standin.Config{})
	ping := func() error { return connect(t, port, nil).PingContext(t.Context()) }

	wantCode(t, ping(), 12514)
	srv.AddServices(testService)
	wantCode(t, ping(), 1033)
	srv.Attach(newDatabase(t))
	if err := ping(); err != nil {
		t.Fatal(err)
	}
	srv.RemoveServices(testService)
	wantCode(t, ping(), 12514)
}

func TestConnectIsMetAsConfigured(t *testing.T) {
	var act atomic.Pointer[standin.Answer]
	_, port := serve(t, standin.Config{
		DB: newDatabase(t),
		Service: func(target standin.Target) standin.Answer {
			if target.Service != testService {
				t.Errorf("asked for %+v", target)
			}
			return *act.Load()
		},
	})
	ping := func(a standin.Answer) (err error) {
		act.Store(&a)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		defer func() {
			if fault := recover(); fault != nil {
				err = errors.New("go-ora panicked")
			}
		}()
		return connect(t, port, map[string]string{"TIMEOUT": "1"}).PingContext(ctx)
	}
	if err := ping(standin.Answer{Act: standin.Accept}); err != nil {
		t.Error(err)
	}
	wantCode(t, ping(standin.Answer{Act: standin.Refuse, Code: 12528}), 12528)
	wantCode(t, ping(standin.Answer{Act: standin.BareRefuse}), 12564)
	if err := ping(standin.Answer{Act: standin.Close}); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("close: got %v", err)
	}
	if err := ping(standin.Answer{Act: standin.ShortRefuse}); err == nil || err.Error() != "go-ora panicked" {
		t.Errorf("short refuse: got %v", err)
	}
	if err := ping(standin.Answer{Act: standin.Silent}); err == nil {
		t.Error("silent: got an answer")
	}
}

func TestLoginHookDecidesAfterThePassword(t *testing.T) {
	var refusal atomic.Int64
	_, port := serve(t, standin.Config{
		DB: newDatabase(t), Services: []string{testService},
		Login: func(user string) int {
			if user != testUser {
				t.Errorf("asked for %s", user)
			}
			return int(refusal.Load())
		},
	})
	for _, want := range []int{1017, 28000, 1033, 0} {
		refusal.Store(int64(want))
		wantCode(t, connect(t, port, nil).PingContext(t.Context()), want)
	}
}

func TestSessionsBeyondTheLimitAreRefused(t *testing.T) {
	srv, port := serve(t, standin.Config{
		DB: newDatabase(t), Services: []string{testService}, Limits: standin.Limits{Sessions: 2},
	})
	first, second := connect(t, port, nil), connect(t, port, nil)
	for _, pool := range []interface{ PingContext(context.Context) error }{first, second} {
		if err := pool.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, connect(t, port, nil).PingContext(t.Context()), 12516)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the place is free", func() bool { return srv.Sessions() < 2 })
	if err := connect(t, port, nil).PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDisconnectEndsSessionsAndRollsBack(t *testing.T) {
	srv, port := serve(t, standin.Config{DB: newDatabase(t), Services: []string{testService}})
	pool := connect(t, port, nil)
	exec(t, pool, "CREATE TABLE t (a NUMBER)")
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "INSERT INTO t VALUES (1)")
	srv.Disconnect()
	eventually(t, "all sessions ended", func() bool { return srv.Sessions() == 0 })
	if err := tx.Commit(); err == nil {
		t.Error("commit after the session's end")
	}
	var n int
	if err := connect(t, port, nil).QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 0 {
		t.Errorf("got %d rows, error %v", n, err)
	}
}

func TestHalfOpenHandshakesEnd(t *testing.T) {
	srv, port := serve(t, standin.Config{
		DB: newDatabase(t), Services: []string{testService}, Limits: standin.Limits{Handshake: 50 * time.Millisecond},
	})
	conn, err := net.Dial("tcp", address(port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end of the connection", err)
	}
	eventually(t, "the session ended", func() bool { return srv.Sessions() == 0 })
}

func TestGarbageEndsOnlyItsOwnSession(t *testing.T) {
	port := start(t)
	for name, text := range map[string]string{
		"http":           "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"zeros":          strings.Repeat("\x00", 100),
		"huge length":    "\xff\xff\x00\x00\x01\x00\x00\x00",
		"empty connect":  "\x00\x08\x00\x00\x01\x00\x00\x00",
		"data at once":   "\x00\x0b\x00\x00\x06\x00\x00\x00\x00\x00\x01",
		"marker at once": "\x00\x0b\x00\x00\x0c\x00\x00\x00\x01\x00\x03",
	} {
		conn, err := net.Dial("tcp", address(port))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
	if err := connect(t, port, nil).PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}

// eventually waits until a condition that another goroutine brings about holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
