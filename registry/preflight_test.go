package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestPreflight(t *testing.T) {
	s := newServer(t)
	digest := s.put(t, "taken", image(t, "aaaa", "1.0.0"))
	r := s.open(t, "", "")

	t.Run("a free tag", func(t *testing.T) {
		if there, err := r.Preflight(t.Context(), Push{Tag: "free", Revision: "bbbb"}); err != nil || there != (Tag{}) {
			t.Errorf("there = %+v, %v", there, err)
		}
	})
	t.Run("no tag asks for the login only", func(t *testing.T) {
		if _, err := r.Preflight(t.Context(), Push{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("a tag of the same commit", func(t *testing.T) {
		if there, err := r.Preflight(t.Context(), Push{Tag: "taken", Revision: "aaaa"}); err != nil || there.Digest != digest || there.Build != "SHOP-1.0.0" {
			t.Errorf("there = %+v, %v", there, err)
		}
	})
	for name, revision := range map[string]string{"of another commit": "bbbb", "without a commit": ""} {
		t.Run("a tag "+name, func(t *testing.T) {
			_, err := r.Preflight(t.Context(), Push{Tag: "taken", Revision: revision})
			var taken *TagTakenError
			if !errors.As(err, &taken) || taken.Existing != digest || !strings.Contains(err.Error(), "build SHOP-1.0.0") {
				t.Errorf("err = %v", err)
			}
		})
	}
	t.Run("a tag that cannot be one", func(t *testing.T) {
		if _, err := r.Preflight(t.Context(), Push{Tag: "a/b"}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("it takes the upload back", func(t *testing.T) {
		var began, ended atomic.Int32
		s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
			switch r.Method {
			case http.MethodPost:
				began.Add(1)
			case http.MethodDelete:
				ended.Add(1)
				w.WriteHeader(http.StatusNoContent)
				return true
			}
			return false
		})
		defer s.gate.Store(nil)
		if _, err := r.Preflight(t.Context(), Push{Tag: "free"}); err != nil || began.Load() != 1 || ended.Load() != 1 {
			t.Errorf("%d began, %d ended, %v", began.Load(), ended.Load(), err)
		}
	})
}

// basic answers 401 to all but this login.
func basic(user, password string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, _ := r.BasicAuth(); u == user && p == password {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
		return true
	}
}

func TestWhatKeepsARegistryFromBeingUsed(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "no", code)
			return true
		}
	}
	readOnly := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		http.Error(w, `{"errors":[{"code":"DENIED","message":"may only read"}]}`, http.StatusForbidden)
		return true
	}
	secretive := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	for name, c := range map[string]struct {
		gate           func(http.ResponseWriter, *http.Request) bool
		user, password string
		kind           error
		text           string
	}{
		"a wrong password":     {basic("ci", "right"), "ci", "wrong-word", ErrDenied, "login from variables U and P"},
		"no login":             {basic("ci", "right"), "", "", ErrDenied, "no login configured"},
		"a login to read":      {readOnly, "", "", ErrDenied, "may only read"},
		"tags that are hidden": {secretive, "", "", ErrDenied, "403"},
		"an outage":            {status(http.StatusServiceUnavailable), "", "", ErrUnreachable, "503"},
		"a bug":                {status(http.StatusInternalServerError), "", "", nil, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.intercept(c.gate)
			_, err := s.open(t, c.user, c.password).Preflight(t.Context(), Push{Tag: "1.0.0", Revision: "aaaa"})
			if err == nil || (c.kind != nil && !errors.Is(err, c.kind)) {
				t.Fatalf("err = %v, want %v", err, c.kind)
			}
			for _, want := range []string{s.host() + "/shop/orders:1.0.0", "registry " + s.host(), c.text} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("err = %v, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "wrong-word") || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v", err)
			}
		})
	}
	t.Run("the right password", func(t *testing.T) {
		s := newServer(t)
		s.intercept(basic("ci", "right"))
		if _, err := s.open(t, "ci", "right").Preflight(t.Context(), Push{Tag: "1.0.0", Revision: "aaaa"}); err != nil {
			t.Error(err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		s := newServer(t)
		r := s.open(t, "", "")
		s.Close()
		_, err := r.Preflight(t.Context(), Push{Tag: "1.0.0", Revision: "aaaa"})
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("an interrupt", func(t *testing.T) {
		s := newServer(t)
		stop := errors.New("stopped by the test")
		ctx, cancel := context.WithCancelCause(t.Context())
		s.intercept(func(http.ResponseWriter, *http.Request) bool {
			cancel(stop)
			return false
		})
		if _, err := s.open(t, "", "").Preflight(ctx, Push{Tag: "1.0.0", Revision: "aaaa"}); !errors.Is(err, stop) {
			t.Errorf("err = %v", err)
		}
	})
}
