package loadtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"
)

// answer is what the service tells about each request.
type answer struct {
	Version  string `json:"version"`
	Instance string `json:"instance"`
	Session  string `json:"session"`
	Count    int    `json:"count"`
}

// A client is one user with a browser. It has at most one request under way.
type client struct {
	load   *Load
	web    *http.Client
	leaves time.Time

	had   *visit // its session; nil before the first answer
	doubt int    // requests that failed since the last answer: each was carried out or not
}

// A visit is a session as its client sees it.
type visit struct {
	answer
	opened time.Time
	last   time.Time // when its last request began
	over   bool      // moved, or logged out
}

func newClient(l *Load, leaves time.Time) *client {
	jar, _ := cookiejar.New(nil) // its error is always nil
	return &client{load: l, leaves: leaves, web: &http.Client{Transport: l.web, Jar: jar, Timeout: l.cfg.Timeout}}
}

// loginEvery is how many requests come between two logins, on average.
const loginEvery = 8

// request sends one request and checks the answer.
func (c *client) request() {
	method, url, login := method(), c.load.cfg.URL, false
	if c.load.cfg.Logins && c.had != nil && c.doubt == 0 && rand.IntN(loginEvery) == 0 {
		method, url, login = http.MethodPost, c.beside("login"), true
	}
	began := time.Now()
	got, err := c.ask(method, url)
	took := time.Since(began)
	if err != nil {
		c.doubt++
		if login { // which id the session has now, nobody can tell
			c.leaves, c.had = began, nil
		}
		c.load.tally.failed(began, took, problem(method, "%v", err))
		return
	}
	if login && got.Instance == c.had.Instance && got.Count == c.had.Count+1 {
		c.had.Session = got.Session
	}
	c.check(method, got, began)
	c.load.tally.answered(began, took, got.Version)
	c.doubt = 0
}

// beside is another path of the service.
func (c *client) beside(name string) string {
	return strings.TrimSuffix(c.load.cfg.URL, "count") + name
}

// logout ends the session in the application; the locator is not told.
func (c *client) logout() {
	began := time.Now()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.beside("logout"), nil)
	if err == nil {
		var res *http.Response
		if res, err = c.web.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}
	if err != nil {
		c.load.tally.failed(began, time.Since(began), problem("POST", "%v", err))
		return
	}
	c.load.tally.over(c.had)
	c.load.tally.answered(began, time.Since(began), c.had.Version)
}

func (c *client) ask(method, url string) (answer, error) {
	// A load that ends still waits for the answers to what it has begun.
	req, err := http.NewRequestWithContext(context.Background(), method, url, nil)
	if err != nil {
		return answer{}, err
	}
	res, err := c.web.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("status %d", res.StatusCode)
	}
	var got answer
	if err := json.Unmarshal(body, &got); err != nil || got.Session == "" {
		return answer{}, fmt.Errorf("no answer of the service: %.80q", body)
	}
	return got, nil
}

// check compares an answer with the one before it.
func (c *client) check(method string, got answer, began time.Time) {
	tally := c.load.tally
	if c.had == nil {
		c.had = tally.opened(got, began)
		if most := 1 + c.doubt; got.Count < 1 || got.Count > most {
			tally.miscounted(began, got.Count > most, problem(method, "a new session counts %d", got.Count))
		}
		return
	}
	before := c.had.answer
	if got.Session != before.Session && time.Since(c.had.last) > c.load.cfg.TTL {
		c.had = tally.opened(got, began) // the session may have been over when the request came
		return
	}
	if got.Session != before.Session || got.Instance != before.Instance {
		tally.moved(c.had, began, problem(method, "session %.6s of %s %s after %d requests, now %.6s of %s %s",
			before.Session, before.Version, before.Instance, before.Count, got.Session, got.Version, got.Instance))
		c.had = tally.opened(got, began)
		return
	}
	if least, most := before.Count+1, before.Count+1+c.doubt; got.Count < least || got.Count > most {
		tally.miscounted(began, got.Count > most, problem(method, "session %.6s counts %d after %d", got.Session, got.Count, before.Count))
	}
	tally.seen(c.had, got, began)
}
