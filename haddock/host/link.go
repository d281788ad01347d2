package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	// linkTimeout is how long an ssh server may take from the first packet to
	// the login.
	linkTimeout = 15 * time.Second
	// aliveEvery is how often the server is asked whether it is still there;
	// firewalls forget a connection that is silent.
	aliveEvery   = 15 * time.Second
	aliveTimeout = 10 * time.Second
	// lastWords is how long a broken connection may take to tell all who wait.
	lastWords = 200 * time.Millisecond
)

// A link is a connection to one ssh account that is made anew when it breaks.
// Everything on that machine goes through it.
type link struct {
	at  place
	ssh SSH
	via *link // the host on the way; nil without one

	turn    chan struct{} // held while connecting
	current atomic.Pointer[session]
	closed  atomic.Bool
}

// A session is one ssh connection, until it breaks.
type session struct {
	login  string // for people
	client *ssh.Client
	ended  chan struct{} // closed when it broke
	files  files
}

func openLink(ctx context.Context, at place, s SSH, via *link) (*link, error) {
	l := &link{at: at, ssh: s, via: via, turn: make(chan struct{}, 1)}
	if _, err := l.session(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *link) close() {
	l.closed.Store(true)
	if s := l.current.Load(); s != nil {
		_ = s.client.Close() // one that broke already is fine
		<-s.ended
	}
}

// machine is what can be done over the link.
func (l *link) machine() *machine {
	return &machine{name: l.at.login(), dial: l.dial, run: l.run, disk: remoteDisk{l}, watch: l.watch}
}

// session is the connection that works, or a new one.
func (l *link) session(ctx context.Context) (*session, error) {
	if s := l.current.Load(); s.alive() {
		return s, nil
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to %s: %w", l.at.login(), context.Cause(ctx))
	}
	if s := l.current.Load(); s.alive() { // somebody else was faster
		return s, nil
	}
	if l.closed.Load() {
		return nil, net.ErrClosed
	}
	client, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := newSession(l.at.login(), client)
	l.current.Store(s)
	return s, nil
}

func newSession(login string, client *ssh.Client) *session {
	s := &session{login: login, client: client, ended: make(chan struct{})}
	s.files.turn = make(chan struct{}, 1)
	go func() {
		_ = client.Wait()
		close(s.ended)
	}()
	go s.keepAlive()
	return s
}

func (l *link) connect(ctx context.Context) (*ssh.Client, error) {
	trust, err := readTrust(l.at, l.ssh.KnownHosts)
	if err != nil {
		return nil, err
	}
	ring, err := openKeyring(ctx, l.ssh)
	if err != nil {
		return nil, fmt.Errorf("log in to %s: %w", l.at.login(), err)
	}
	defer ring.close()
	timeout := fmt.Errorf("no answer within %v", linkTimeout)
	timed, cancel := context.WithTimeoutCause(ctx, linkTimeout, timeout)
	defer cancel()
	conn, err := l.reach(timed)
	if err != nil {
		return nil, l.unreachable(ctx, timed, err)
	}
	stop := context.AfterFunc(timed, func() { _ = conn.Close() })
	defer stop()
	var untrusted error
	config := &ssh.ClientConfig{
		User: l.at.user, HostKeyAlgorithms: trust.algorithms(),
		Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(func() ([]ssh.Signer, error) { return ring.signers, nil })},
		HostKeyCallback: func(address string, remote net.Addr, key ssh.PublicKey) error {
			if err := trust.check(address, remote, key); err != nil {
				untrusted = trust.explained(key, err)
			}
			return untrusted
		},
	}
	c, channels, requests, err := ssh.NewClientConn(conn, l.at.knownAs(), config)
	switch {
	case err == nil:
		return ssh.NewClient(c, channels, requests), nil
	case untrusted != nil:
		err = untrusted
	case strings.Contains(err.Error(), "no common algorithm for host key"):
		err = &LinkError{
			Host: l.at.login(), Kind: ErrHostKeyChanged, Err: errors.New("it has no key of the kind that is known"),
			Advice: "ask who runs it whether it was installed anew, and compare with what ssh-keyscan shows",
		}
	case isRefusal(err):
		err = ring.refused(l.at)
	default:
		err = l.unreachable(ctx, timed, err)
	}
	_ = conn.Close()
	return nil, err
}

// reach opens the connection that ssh is spoken over.
func (l *link) reach(ctx context.Context) (net.Conn, error) {
	if l.via != nil {
		return l.via.dial(ctx, "tcp", l.at.address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", l.at.address)
}

// unreachable tells an interrupt, a timeout and a host that is not there apart.
func (l *link) unreachable(ctx, timed context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("connect to %s: %w", l.at.login(), context.Cause(ctx))
	case timed.Err() != nil:
		err = context.Cause(timed)
	}
	advice := "check that an ssh server answers at " + l.at.address
	if _, unknown := errors.AsType[*net.DNSError](err); unknown && l.ssh.Ask == nil {
		advice += "; names of ssh's configuration are not known, since there is no ssh program here"
	}
	return &LinkError{Host: l.at.login(), Kind: ErrUnreachable, Err: err, Advice: advice}
}

// isRefusal reads the library's and the server's prose: neither has a code.
func isRefusal(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "unable to authenticate") || strings.Contains(text, "authentication failures")
}

func (s *session) alive() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// keepAlive notices that the other end is gone when nobody says so.
func (s *session) keepAlive() {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
			s.ping(aliveTimeout)
		}
	}
}

// ping reports whether the server answers; when it does not, the connection is
// given up, and with it all that waits for it.
func (s *session) ping(timeout time.Duration) bool {
	answered := make(chan error, 1)
	go func() {
		_, _, err := s.client.SendRequest("keepalive@openssh.com", true, nil)
		answered <- err
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case err := <-answered:
		if err == nil {
			return true
		}
	case <-timer.C:
	}
	_ = s.client.Close()
	<-s.ended
	return false
}

// watch remembers the connection of now; the function it returns reports
// whether that one still works.
func (l *link) watch() (intact func() bool) {
	s := l.current.Load()
	return s.works
}

// works reports whether the connection still does what it is for.
func (s *session) works() bool { return s.alive() && s.ping(aliveTimeout) }

func (s *session) broken() error {
	return &LinkError{Host: s.login, Kind: ErrUnreachable, Err: errors.New("the connection broke")}
}
