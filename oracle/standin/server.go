// Package standin is a test double for an Oracle database: it speaks enough of
// Oracle Net and TTC for unmodified drivers (proven with go-ora) over the SQL
// engine in package sqldb. It says FAKE wherever a real server would name
// itself, and what it does not know it refuses with ORA-03001: it never guesses.
//
// All clients are spoken to in one dialect, TNS 317 with TTC field version 7,
// that is, as a 12.1 server.
package standin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// Banner is what clients are told the server is. It must not be a text that a
// real server sends: thick clients choose their structures by it.
const Banner = "FAKE Oracle stand-in, for tests only"

// Defaults of Limits.
const (
	DefaultSessions  = 200
	DefaultCursors   = 300
	DefaultMessage   = 128 << 20
	DefaultLobs      = 256 << 20
	DefaultHandshake = 60 * time.Second
)

// Limits keep one client from taking the server down. Zero values stand for
// the defaults.
type Limits struct {
	Sessions  int           // clients at a time; one more is refused with ORA-12516
	Cursors   int           // open cursors of a session; one more is ORA-01000
	Message   int           // bytes of one request; a client that sends more is disconnected
	Lobs      int           // bytes held for a session's LOB locators
	Handshake time.Duration // from the connection to the end of the login
}

func (l Limits) withDefaults() Limits {
	or := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	or(&l.Sessions, DefaultSessions)
	or(&l.Cursors, DefaultCursors)
	or(&l.Message, DefaultMessage)
	or(&l.Lobs, DefaultLobs)
	if l.Handshake <= 0 {
		l.Handshake = DefaultHandshake
	}
	return l
}

// Config says how a server behaves. The zero value serves nothing yet: every
// CONNECT is refused with ORA-12514 until services are added.
type Config struct {
	// DB is the database; it may be attached later.
	DB *sqldb.Database
	// Services and SIDs are known from the start; more may be added later.
	Services, SIDs []string
	// Service decides how a CONNECT is met. Nil means Server.Lookup.
	Service func(Target) Answer
	// Login is asked after the password was checked, or at once when no
	// database is attached: 0 lets the user in, anything else is the ORA code
	// of the refusal.
	Login func(user string) (code int)
	// Limits bound what clients may take.
	Limits Limits
	// Log gets what goes wrong with sessions; nil discards it.
	Log *slog.Logger
}

// A Server is a listener and the database instance behind it.
type Server struct {
	cfg      Config
	db       atomic.Pointer[sqldb.Database]
	services names
	sids     names
	serial   atomic.Uint32

	mu       sync.Mutex
	sessions map[*session]context.CancelFunc
}

// NewServer returns a server that is ready to Serve.
func NewServer(cfg Config) *Server {
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, sessions: make(map[*session]context.CancelFunc)}
	if cfg.DB != nil {
		s.Attach(cfg.DB)
	}
	s.services.add(cfg.Services)
	s.sids.add(cfg.SIDs)
	return s
}

// Attach gives the server its database. Until then logins are answered with
// Config.Login's code, or ORA-01033.
func (s *Server) Attach(db *sqldb.Database) { s.db.Store(db) }

// Detach takes the database away; sessions that are open keep it.
func (s *Server) Detach() { s.db.Store(nil) }

// AddServices makes the listener know services, whatever their letters' case.
func (s *Server) AddServices(services ...string) { s.services.add(services) }

// RemoveServices makes the listener forget services.
func (s *Server) RemoveServices(services ...string) { s.services.remove(services) }

// AddSIDs makes the listener know instances.
func (s *Server) AddSIDs(sids ...string) { s.sids.add(sids) }

// RemoveSIDs makes the listener forget instances.
func (s *Server) RemoveSIDs(sids ...string) { s.sids.remove(sids) }

// Services returns the names of the known services in order.
func (s *Server) Services() []string { return s.services.list() }

// SIDs returns the names of the known instances in order.
func (s *Server) SIDs() []string { return s.sids.list() }

// Sessions returns the number of connected clients.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Disconnect ends all sessions at once, as an instance that dies does.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.sessions {
		cancel()
	}
}

// Serve accepts clients from l until ctx ends or l fails. It closes l and
// returns when the last session has ended, with nil if it was ctx that ended.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		case err != nil:
			s.cfg.Log.Warn("accept", "error", err)
			if !pause(ctx, 50*time.Millisecond) {
				return nil
			}
		default:
			sessions.Go(func() { s.serve(ctx, conn) })
		}
	}
}

// pause waits; it reports false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// serve runs one client's session. A fault in it, even a panic, ends that
// session alone.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	sess := newSession(s, conn)
	full, ok := s.enter(sess, cancel)
	if !ok {
		return
	}
	defer s.leave(sess)
	sess.full = full
	sess.run(ctx)
}

// enter counts a session in. Beyond the limit sessions are let in as far as
// their refusal, and not even that when very many come at once.
func (s *Server) enter(sess *session, cancel context.CancelFunc) (full, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := len(s.sessions)
	if open >= 2*s.cfg.Limits.Sessions {
		return true, false
	}
	s.sessions[sess] = cancel
	return open >= s.cfg.Limits.Sessions, true
}

func (s *Server) leave(sess *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, sess)
}

// names is a set of names without regard to letters' case.
type names struct {
	mu  sync.RWMutex
	set map[string]bool
}

func (n *names) add(all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.set == nil {
		n.set = make(map[string]bool)
	}
	for _, name := range all {
		n.set[strings.ToUpper(name)] = true
	}
}

func (n *names) remove(all []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range all {
		delete(n.set, strings.ToUpper(name))
	}
}

func (n *names) has(name string) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.set[strings.ToUpper(name)]
}
