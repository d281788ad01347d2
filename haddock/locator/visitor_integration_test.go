//go:build integration

package locator_test

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
)

// These tests wait for sessions to end far more than they compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// soon is a TTL for tests that wait until it has passed; with the longest
// request the table keeps a session for six seconds.
const soon = 4 * time.Second

// A site is a HAProxy with an instance in each of its slots; all slots are in
// maint.
type site struct {
	*locatortest.Running
	apps map[string]*locatortest.App
}

func newSite(t *testing.T, ttl time.Duration, slots int) *site {
	t.Helper()
	s := &site{apps: map[string]*locatortest.App{}}
	places := locatortest.Places(t, slots)
	for _, place := range places {
		s.apps[place.Name] = locatortest.StartApp(t, place, ttl)
	}
	s.Running = locatortest.Start(t, config(places, ttl))
	return s
}

func config(places []locator.Place, ttl time.Duration) locator.Config {
	return locator.Config{
		Slots: places, SessionCookie: locatortest.SessionCookie, TTL: ttl,
		LongestRequest: 2 * time.Second, CheckInterval: 100 * time.Millisecond, TableSize: 10_000,
	}
}

// checkRarely leaves time to look before a check, and to visit before two.
func (s *site) checkRarely() {
	s.Config.CheckInterval = time.Second
	s.Configure(s.Config)
	s.Restart()
}

// open gives the slot visitors, as haddock does it: not before a fresh success.
func (s *site) open(t *testing.T, slot string, weight int) {
	t.Helper()
	must(t, s.Proxy.SetWeights(t.Context(), locator.Weight{Slot: slot, Weight: 0}))
	must(t, s.Proxy.Ready(t.Context(), slot))
	eventually(t, slot+" is fresh", func() bool { return s.slot(t, slot).Fresh })
	must(t, s.Proxy.SetWeights(t.Context(), locator.Weight{Slot: slot, Weight: weight}))
}

// retire lets the slot keep its sessions and nothing else.
func (s *site) retire(t *testing.T, slot string) {
	t.Helper()
	must(t, s.Proxy.Drain(t.Context(), slot))
	must(t, s.Proxy.Strict(t.Context(), slot, true))
}

func (s *site) read(t *testing.T) locator.State {
	t.Helper()
	state, err := s.Proxy.Read(t.Context())
	must(t, err)
	return state
}

func (s *site) slot(t *testing.T, name string) locator.Slot {
	t.Helper()
	slot, ok := s.read(t).Slot(name)
	if !ok {
		t.Fatalf("no slot %s", name)
	}
	return slot
}

func (s *site) url(path string) string { return "http://" + s.Address + path }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !is(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after 15 s: %s", what)
		}
	}
}

// A visitor is a client with a cookie jar.
type visitor struct {
	client http.Client
	site   *site
}

func (s *site) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &visitor{client: http.Client{Jar: jar, Timeout: 30 * time.Second}, site: s}
}

// with sets a cookie.
func (v *visitor) with(t *testing.T, name, value string) *visitor {
	t.Helper()
	u, err := url.Parse(v.site.url("/"))
	must(t, err)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	return v
}

// cookie is the value of a cookie that the visitor has, without HAProxy's date.
func (v *visitor) cookie(t *testing.T, name string) string {
	t.Helper()
	u, err := url.Parse(v.site.url("/"))
	must(t, err)
	for _, cookie := range v.client.Jar.Cookies(u) {
		if cookie.Name == name {
			value, _, _ := strings.Cut(cookie.Value, "|")
			return value
		}
	}
	return ""
}

// An answer is what an App said.
type answer struct {
	status        int
	slot, session string
	count         int
}

func (v *visitor) get(t *testing.T) answer {
	t.Helper()
	a, err := v.request(t, http.MethodGet, "/", nil)
	must(t, err)
	return a
}

// stream makes a request that lasts, and returns when its answer has begun; its
// end comes by the channel.
func (v *visitor) stream(t *testing.T) <-chan error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site.url("/stream"), http.NoBody)
	must(t, err)
	response, err := v.client.Do(r) //nolint:bodyclose // the goroutine closes it
	must(t, err)
	done := make(chan error, 1)
	go func() {
		defer response.Body.Close()
		_, err := io.Copy(io.Discard, response.Body)
		done <- err
	}()
	return done
}

func (v *visitor) request(t *testing.T, method, path string, header http.Header) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, v.site.url(path), http.NoBody)
	must(t, err)
	maps.Copy(r.Header, header)
	response, err := v.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	a := answer{status: response.StatusCode}
	if response.StatusCode == http.StatusOK {
		fmt.Sscan(string(text), &a.slot, &a.session, &a.count)
	}
	return a, err
}
