package shop

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// ask sends one request with the session's cookie and reads the answer.
func ask(t *testing.T, h http.Handler, method, session string) (Answer, int) {
	t.Helper()
	r := httptest.NewRequest(method, "/count", nil)
	if session != "" {
		r.AddCookie(&http.Cookie{Name: Cookie, Value: session})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var got Answer
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
	}
	return got, w.Code
}

func live(t *testing.T, h http.Handler) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sessions", nil))
	var got Live
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got.Sessions
}

func TestASessionCountsItsRequests(t *testing.T) {
	h := New(Config{Version: "v1", Instance: "a", TTL: time.Minute})
	first, _ := ask(t, h, http.MethodGet, "")
	for i, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch} {
		got, _ := ask(t, h, method, first.Session)
		if want := (Answer{"v1", "a", first.Session, i + 2}); got != want {
			t.Errorf("%s: %+v, want %+v", method, got, want)
		}
	}
	if other, _ := ask(t, h, http.MethodGet, "unknown"); other.Session == first.Session || other.Session == "unknown" || other.Count != 1 {
		t.Errorf("an unknown session is taken for %+v", other)
	}
	if n := live(t, h); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}

func TestAnIdleSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{TTL: time.Minute})
		first, _ := ask(t, h, http.MethodGet, "")
		time.Sleep(time.Minute)
		if got, _ := ask(t, h, http.MethodGet, first.Session); got.Session != first.Session {
			t.Error("the session ended before its time")
		}
		time.Sleep(time.Minute + time.Second)
		if n := live(t, h); n != 0 {
			t.Errorf("%d sessions, want none", n)
		}
		if got, _ := ask(t, h, http.MethodGet, first.Session); got.Session == first.Session {
			t.Error("the session lives on")
		}
	})
}

func TestLoginGivesTheSessionAnotherID(t *testing.T) {
	h := New(Config{Version: "v1", Instance: "a", TTL: time.Minute})
	first, _ := ask(t, h, http.MethodGet, "")
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	r.AddCookie(&http.Cookie{Name: Cookie, Value: first.Session})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Value == first.Session {
		t.Fatalf("cookies %v", cookies)
	}
	if got, _ := ask(t, h, http.MethodGet, cookies[0].Value); got.Count != 3 || live(t, h) != 1 {
		t.Errorf("after the login %+v, %d sessions", got, live(t, h))
	}
}

func TestLogoutEndsTheSessionAndItsCookie(t *testing.T) {
	h := New(Config{TTL: time.Minute})
	first, _ := ask(t, h, http.MethodGet, "")
	r := httptest.NewRequest(http.MethodPost, "/logout", nil)
	r.AddCookie(&http.Cookie{Name: Cookie, Value: first.Session})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if cookies := w.Result().Cookies(); len(cookies) != 1 || cookies[0].MaxAge >= 0 || live(t, h) != 0 {
		t.Errorf("cookies %v, %d sessions", cookies, live(t, h))
	}
}

func TestFaultsShow(t *testing.T) {
	if _, status := ask(t, New(Config{TTL: time.Minute, FailPercent: 100}), http.MethodGet, ""); status != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", status)
	}
	w := httptest.NewRecorder()
	New(Config{Unhealthy: true}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("healthz answers %d, want 503", w.Code)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ask(t, New(Config{TTL: time.Minute, Slow: time.Second}), http.MethodGet, "")
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
	})
}
