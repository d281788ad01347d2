// Package shop is a small web service with sessions, an example of what
// haddock deploys: every session lives in one instance and counts its requests,
// so that a request that was lost, done twice or sent to another instance shows
// in the next answer.
package shop

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"
)

// Cookie is the name of the session cookie.
const Cookie = "JSESSIONID"

// Config says who an instance is and what is wrong with it.
type Config struct {
	Version  string
	Instance string        // its own name, different after every start
	TTL      time.Duration // of an idle session

	FailPercent int           // so many in a hundred answers are 500
	Unhealthy   bool          // /healthz answers 503
	Slow        time.Duration // every answer takes that much longer
}

// An Answer is what a request to /count is told.
type Answer struct {
	Version  string `json:"version"`
	Instance string `json:"instance"`
	Session  string `json:"session"`
	Count    int    `json:"count"` // requests of the session that were carried out, this one included
}

// Live is what /sessions answers.
type Live struct {
	Version  string `json:"version"`
	Instance string `json:"instance"`
	Sessions int    `json:"sessions"`
}

// New gives the handler of one instance:
//
//	GET POST PUT PATCH /count   one more request of the session
//	POST /login                 the same, and the session gets another id
//	POST /logout                ends the session
//	GET /sessions               how many sessions are alive
//	GET /healthz                whether the instance can work
func New(cfg Config) http.Handler {
	s := &shop{cfg: cfg, sessions: sessions{ttl: cfg.TTL, all: map[string]*session{}}}
	mux := http.NewServeMux()
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch} {
		mux.HandleFunc(method+" /count", s.count)
	}
	mux.HandleFunc("POST /login", s.count)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("GET /sessions", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, Live{Version: cfg.Version, Instance: cfg.Instance, Sessions: s.sessions.live()})
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if cfg.Unhealthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}

type shop struct {
	cfg      Config
	sessions sessions
}

func (s *shop) count(w http.ResponseWriter, r *http.Request) {
	if rand.IntN(100) < s.cfg.FailPercent {
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	had := ""
	if cookie, err := r.Cookie(Cookie); err == nil {
		had = cookie.Value
	}
	id, count := s.sessions.touch(had)
	if r.URL.Path == "/login" {
		id = s.sessions.rename(id)
	}
	defer s.sessions.rest(id)
	pause(r.Context(), s.cfg.Slow)
	if id != had {
		http.SetCookie(w, &http.Cookie{Name: Cookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	answer(w, Answer{Version: s.cfg.Version, Instance: s.cfg.Instance, Session: id, Count: count})
}

func (s *shop) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(Cookie); err == nil {
		s.sessions.end(cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: Cookie, Path: "/", MaxAge: -1})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value) // a client that left needs no answer
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
