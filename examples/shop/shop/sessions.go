package shop

import (
	"crypto/rand"
	"maps"
	"sync"
	"time"
)

// sessions are the clients' sessions, kept in memory as an application server
// does: they are gone with the instance. A session ends when it was idle for
// longer than the TTL, or by a logout.
type sessions struct {
	ttl time.Duration

	mu  sync.Mutex
	all map[string]*session
}

type session struct {
	count int
	last  time.Time // when its last request began or ended
}

// touch counts one request of the session and gives its id and count: a new
// session when the id is unknown, over or empty.
func (s *sessions) touch(id string) (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	found := s.all[id]
	if found == nil || now.Sub(found.last) > s.ttl {
		delete(s.all, id)
		id, found = rand.Text(), &session{}
		s.all[id] = found
	}
	found.count++
	found.last = now
	return id, found.count
}

// rest notes that a request of the session has ended.
func (s *sessions) rest(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.all[id]; found != nil {
		found.last = time.Now()
	}
}

// rename gives a session another id, as application servers do at a login.
func (s *sessions) rename(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := rand.Text()
	s.all[to] = s.all[id]
	delete(s.all, id)
	return to
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id)
}

// live forgets the sessions that are over and counts the others.
func (s *sessions) live() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.all, func(_ string, one *session) bool { return time.Since(one.last) > s.ttl })
	return len(s.all)
}
