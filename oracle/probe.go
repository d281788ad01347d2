package oracle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	ora "github.com/sijms/go-ora/v2"
)

// probeTimeout bounds one login with everything done in its session.
const probeTimeout = 5 * time.Second

var (
	errNoAnswer    = errors.New("no answer in time")
	errDriverPanic = errors.New("the driver met an answer that it cannot read")
	errLost        = errors.New("the connection was lost")
)

// A login is who logs in where.
type login struct {
	address  string // host:port
	service  string
	user     string
	password Password
}

// session logs in on a connection of its own, gives it to use, and closes it.
// go-ora needs care here: a login can outlive its context, panics on a
// malformed refusal and leaves sockets of failed logins open. So the connection
// is ours, and it is closed when ctx or the time ends, whatever the driver does.
// answered tells whether anything was heard from the other side.
func (l login) session(ctx context.Context, use func(context.Context, *sql.Conn) error) (answered bool, err error) {
	probe, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	wire := &wire{ctx: probe}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("%w: %v", errDriverPanic, r)
			}
		}()
		// Without its cancellation: go-ora's own watch on a context races with
		// the dial (upstream issue 736). Closing the wire ends it for sure.
		done <- l.run(context.WithoutCancel(probe), wire, use)
	}()
	select {
	case err = <-done:
	case <-probe.Done():
		err = context.Cause(probe)
		select { // the connection is closed now, so the driver returns at once
		case <-time.After(time.Second):
		case <-done: //nolint:errcheck // it only says that its connection was closed
		}
	}
	if err != nil && probe.Err() != nil {
		// What the driver says then is only that its connection was closed.
		err = context.Cause(probe)
	}
	return wire.heard.Load(), err
}

func (l login) run(ctx context.Context, wire *wire, use func(context.Context, *sql.Conn) error) error {
	host, port, err := splitAddress(l.address)
	if err != nil {
		return err
	}
	// The password passes through no error: go-ora's own do not name the URL.
	connector, ok := ora.NewConnector(ora.BuildUrl(host, port, l.service, l.user, l.password.Reveal(), map[string]string{
		"TIMEOUT": "5", "CONNECT TIMEOUT": "5",
	})).(*ora.OracleConnector)
	if !ok {
		return errors.New("go-ora has another connector than expected")
	}
	connector.Dialer(wire)
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	db := sql.OpenDB(&oneConnection{conn: conn, driver: connector.Driver()})
	defer func() { _ = db.Close() }()
	session, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	return use(ctx, session)
}

// answerTwice proves that a session does what it is asked to.
func answerTwice(ctx context.Context, session *sql.Conn) error {
	for range 2 {
		var one int
		if err := session.QueryRowContext(ctx, "SELECT 1 FROM DUAL").Scan(&one); err != nil {
			return err
		}
		if one != 1 {
			return fmt.Errorf("SELECT 1 answered %d", one)
		}
	}
	return nil
}

// oneConnection gives database/sql a connection that is open already, once:
// its own retries would open three where we want to open one.
type oneConnection struct {
	conn   driver.Conn
	driver driver.Driver
	given  atomic.Bool
}

func (o *oneConnection) Connect(context.Context) (driver.Conn, error) {
	if o.given.Swap(true) {
		return nil, errLost
	}
	return o.conn, nil
}

func (o *oneConnection) Driver() driver.Driver { return o.driver }

// wire dials connections that end with ctx, and notes whether anything came in.
type wire struct {
	ctx   context.Context
	heard atomic.Bool
}

func (w *wire) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(w.ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(w.ctx, func() { _ = conn.Close() })
	return &listening{conn, w}, nil
}

type listening struct {
	net.Conn
	wire *wire
}

func (l *listening) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.wire.heard.Store(true)
	}
	return n, err
}
