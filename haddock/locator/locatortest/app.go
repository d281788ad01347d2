package locatortest

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// SessionCookie is the cookie that an App sets.
const SessionCookie = "JSESSIONID"

// An App is an instance in a slot: a web service with sessions, that counts.
// Its answers are "<slot> <session> <requests of this session>".
//
//	/         any method; begins a session for who has none that lives here
//	/logout   ends the session and empties the cookie, as Java does
//	/rotate   gives the session another id, as a login does
//	/healthz  200, or 503 when Sick
type App struct {
	Name string
	TTL  time.Duration

	// Handle, when set, answers instead for everything but /healthz.
	Handle http.HandlerFunc

	mu       sync.Mutex
	sick     bool
	sessions map[string]*session
	requests map[string]int // by method
	server   *httptest.Server
}

type session struct {
	count int
	last  time.Time
}

// StartApp starts an instance at a slot's address; it ends with the test.
func StartApp(tb testing.TB, place locator.Place, ttl time.Duration) *App {
	tb.Helper()
	a := &App{Name: place.Name, TTL: ttl, sessions: map[string]*session{}, requests: map[string]int{}}
	a.Listen(tb, place)
	tb.Cleanup(a.Stop)
	return a
}

// Listen starts a stopped App again, with the sessions it had.
func (a *App) Listen(tb testing.TB, place locator.Place) {
	tb.Helper()
	l, err := listen(tb, "tcp", place.Address.String())
	if err != nil {
		tb.Fatal(err)
	}
	a.server = httptest.NewUnstartedServer(a)
	a.server.Listener = l
	a.server.Start()
}

// Stop ends the instance; its address refuses connections from then on.
func (a *App) Stop() {
	a.server.CloseClientConnections()
	a.server.Close()
}

// Sick makes the health check fail, or succeed again.
func (a *App) Sick(sick bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sick = sick
}

// Hang lets the instance answer nothing, not even a health check, for a while,
// as a JVM does that collects garbage. It returns at once.
func (a *App) Hang(while time.Duration) {
	a.mu.Lock()
	time.AfterFunc(while, a.mu.Unlock)
}

// Live is the number of sessions that had a request within the TTL.
func (a *App) Live() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	live := 0
	for _, s := range a.sessions {
		if time.Since(s.last) < a.TTL {
			live++
		}
	}
	return live
}

// Requests is the number of requests of a method that arrived, health checks
// left out.
func (a *App) Requests(method string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests[method]
}

func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	sick := a.sick
	if r.URL.Path != locator.DefaultHealthPath {
		a.requests[r.Method]++
	}
	a.mu.Unlock()
	switch {
	case r.URL.Path == locator.DefaultHealthPath && sick:
		http.Error(w, "sick", http.StatusServiceUnavailable)
	case r.URL.Path == locator.DefaultHealthPath:
	case a.Handle != nil:
		a.Handle(w, r)
	default:
		a.serve(w, r)
	}
}

func (a *App) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var id string
	if cookie, err := r.Cookie(SessionCookie); err == nil {
		id = cookie.Value
	}
	s, ok := a.sessions[id]
	alive := ok && time.Since(s.last) < a.TTL
	switch {
	case r.URL.Path == "/logout":
		delete(a.sessions, id)
		http.SetCookie(w, &http.Cookie{Name: SessionCookie, Value: "", Path: "/", MaxAge: -1})
		return
	case !alive || r.URL.Path == "/rotate":
		if !alive {
			s = &session{}
		}
		delete(a.sessions, id)
		id = rand.Text()
		a.sessions[id] = s
		http.SetCookie(w, &http.Cookie{Name: SessionCookie, Value: id, Path: "/", HttpOnly: true})
	}
	s.count++
	s.last = time.Now()
	_, _ = fmt.Fprintf(w, "%s %s %d", a.Name, id, s.count)
}
