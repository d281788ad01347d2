package sqldb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Session is one client's connection. It is used by one goroutine at a time.
type Session struct {
	db   *Database
	id   int64
	user string
	conn *conn

	mu     sync.Mutex
	closed bool

	schema     string // CURRENT_SCHEMA
	nls        nlsSettings
	zone       *time.Location
	attached   map[string]bool
	catalogs   map[string]*catalog
	rights     *rights
	settings   int // counts changes of what translations depend on
	tx, dirty  bool
	savepoints []savepoint
	currval    map[string]int64
	open       []*Rows
}

type savepoint struct {
	name string
	set  bool // false: from before the transaction began
}

type nlsSettings struct {
	date, timestamp, timestampTZ string
}

// Login starts a session of a user whose password was verified.
func (d *Database) Login(user string) (*Session, error) {
	ctx := context.Background()
	user = foldName(user)
	ok, err := d.userExists(user)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, oraErr(1017)
	}
	r, err := d.rights(ctx, user)
	if err != nil {
		return nil, err
	}
	if !r.may("CREATE SESSION") {
		return nil, oraErr(1045, user)
	}
	c, err := openConn(d.drv, ":memory:")
	if err != nil {
		return nil, err
	}
	s := &Session{
		db: d, id: d.lastID.Add(1), user: user, schema: user, conn: c, rights: r, zone: time.UTC,
		attached: map[string]bool{}, catalogs: map[string]*catalog{}, currval: map[string]int64{},
		nls: nlsSettings{"DD-MON-RR", "DD-MON-RR HH.MI.SSXFF AM", "DD-MON-RR HH.MI.SSXFF AM TZR"},
	}
	if err := s.attach(ctx, user); err != nil {
		return nil, errors.Join(err, c.close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errors.Join(oraErr(1012), c.close())
	}
	d.sessions[s.id] = s
	return s, nil
}

// Close rolls back and ends the session.
func (s *Session) Close() error {
	s.enter()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for len(s.open) > 0 {
		errs = append(errs, s.open[0].stop())
	}
	err := errors.Join(append(errs, s.rollback(context.Background()))...)
	s.db.mu.Lock()
	delete(s.db.sessions, s.id)
	s.db.mu.Unlock()
	return errors.Join(err, s.conn.close())
}

// InTransaction reports whether the session has changes it did not commit.
func (s *Session) InTransaction() bool {
	s.enter()
	defer s.mu.Unlock()
	return s.tx
}

// Commit makes the transaction's changes permanent.
func (s *Session) Commit(ctx context.Context) error {
	s.enter()
	defer s.mu.Unlock()
	return s.commit(ctx)
}

// Rollback undoes the transaction's changes.
func (s *Session) Rollback(ctx context.Context) error {
	s.enter()
	defer s.mu.Unlock()
	return s.rollback(ctx)
}

func (s *Session) commit(ctx context.Context) error {
	s.savepoints = nil
	if !s.tx {
		return nil
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	if _, err := s.conn.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		mapped := s.mapError(err, nil)
		if undo := s.rollback(ctx); undo != nil {
			return undo
		}
		return mapped
	}
	s.tx, s.dirty = false, false
	return nil
}

func (s *Session) rollback(ctx context.Context) error {
	s.savepoints = nil
	if !s.tx {
		return nil
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	_, err := s.conn.exec(context.WithoutCancel(ctx), "ROLLBACK")
	s.tx, s.dirty = false, false
	if err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// begin starts a transaction if none is open.
func (s *Session) begin(ctx context.Context) error {
	if s.tx {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // what is half begun cannot be ended
	if _, err := s.conn.exec(ctx, "BEGIN"); err != nil {
		return s.mapError(err, nil)
	}
	s.tx = true
	for i := range s.savepoints {
		if _, err := s.conn.exec(ctx, "SAVEPOINT "+quote("o:"+s.savepoints[i].name)); err != nil {
			return s.mapError(err, nil)
		}
		s.savepoints[i].set = true
	}
	return nil
}

// release ends a transaction that has changed nothing, so that it holds no
// lock.
func (s *Session) release(ctx context.Context) error {
	if !s.tx || s.dirty {
		return nil
	}
	for i := range s.savepoints {
		s.savepoints[i].set = false
	}
	s.tx = false
	_, err := s.conn.exec(context.WithoutCancel(ctx), "ROLLBACK")
	if err != nil {
		return fmt.Errorf("end empty transaction: %w", err)
	}
	return nil
}

func (s *Session) savepoint(ctx context.Context, name string) error {
	s.savepoints = slices.DeleteFunc(s.savepoints, func(p savepoint) bool { return p.name == name })
	s.savepoints = append(s.savepoints, savepoint{name: name, set: s.tx})
	if !s.tx {
		return nil
	}
	_, err := s.conn.exec(context.WithoutCancel(ctx), "SAVEPOINT "+quote("o:"+name))
	return err
}

func (s *Session) rollbackTo(ctx context.Context, name string) error {
	i := slices.IndexFunc(s.savepoints, func(p savepoint) bool { return p.name == name })
	if i < 0 {
		return oraErr(1086, name)
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	s.savepoints = s.savepoints[:i+1]
	if !s.tx || !s.savepoints[i].set {
		return nil
	}
	_, err := s.conn.exec(context.WithoutCancel(ctx), "ROLLBACK TO "+quote("o:"+name))
	return err
}

// quote writes a name for SQLite.
func quote(name string) string {
	out := []byte{'"'}
	for i := range len(name) {
		if name[i] == '"' {
			out = append(out, '"')
		}
		out = append(out, name[i])
	}
	return string(append(out, '"'))
}

// attachName is the name that a user's file has in the session's connection.
func attachName(user string) string { return quote("s:" + user) }

const maxAttached = 10 // SQLite's own limit

func (s *Session) attach(ctx context.Context, user string) error {
	if s.attached[user] {
		return nil
	}
	if len(s.attached) >= maxAttached {
		if s.tx || len(s.open) > 0 {
			return unsupported("more than %d schemas in one transaction", maxAttached)
		}
		if err := s.detachOthers(ctx); err != nil {
			return err
		}
	}
	if _, err := s.conn.exec(context.WithoutCancel(ctx), "ATTACH ? AS "+attachName(user), s.db.schemaFile(user)); err != nil {
		return fmt.Errorf("attach schema: %w", err)
	}
	s.attached[user] = true
	return nil
}

// detachOthers lets go of other users' files, if nothing is in progress: they
// may have been dropped and made anew.
func (s *Session) detachOthers(ctx context.Context) error {
	if s.tx || len(s.open) > 0 {
		return nil
	}
	for other := range s.attached {
		if other == s.user {
			continue
		}
		if _, err := s.conn.exec(context.WithoutCancel(ctx), "DETACH "+attachName(other)); err != nil {
			return fmt.Errorf("detach schema: %w", err)
		}
		delete(s.attached, other)
		delete(s.catalogs, other)
	}
	return nil
}
