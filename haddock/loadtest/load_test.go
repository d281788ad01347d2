package loadtest

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/examples/shop/shop"
)

// load runs until enough requests are through.
func load(t *testing.T, handler http.Handler) Report {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	l := Start(t.Context(), Config{URL: server.URL + "/count", Rate: 400, Clients: 20, Stay: 300 * time.Millisecond, TTL: time.Second, Logins: true})
	deadline := time.After(20 * time.Second)
	for l.Requests() < 200 {
		select {
		case <-deadline:
			t.Fatal("too slow")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return l.Stop()
}

func instance(version string) http.Handler {
	return shop.New(shop.Config{Version: version, Instance: "i-" + version, TTL: time.Minute})
}

func TestALoadWithoutFaultsIsClean(t *testing.T) {
	r := load(t, instance("v1"))
	if !r.Clean() || r.Sessions < 20 || r.ByVersion["v1"] != r.Requests || r.Longest == 0 {
		t.Errorf("report:\n%s", r)
	}
}

func TestWhatUsersWouldNoticeIsSeen(t *testing.T) {
	v1, v2 := instance("v1"), instance("v2")
	var n atomic.Int64
	nth := func(every int64) bool { return n.Add(1)%every == 0 }
	tests := map[string]struct {
		handler http.HandlerFunc
		noticed func(Report) int
	}{
		"a failure": {func(w http.ResponseWriter, r *http.Request) {
			if nth(50) {
				http.Error(w, "no", http.StatusBadGateway)
				return
			}
			v1.ServeHTTP(w, r)
		}, func(r Report) int { return r.Failures }},
		"another instance": {func(w http.ResponseWriter, r *http.Request) {
			if nth(50) {
				v2.ServeHTTP(w, r)
				return
			}
			v1.ServeHTTP(w, r)
		}, func(r Report) int { return len(r.Moved) }},
		"a request done twice": {func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie(shop.Cookie); err == nil && nth(50) {
				v1.ServeHTTP(httptest.NewRecorder(), r)
			}
			v1.ServeHTTP(w, r)
		}, func(r Report) int { return r.Doubled }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := load(t, tt.handler)
			if tt.noticed(r) == 0 || r.Clean() || len(r.Problems) == 0 || !strings.Contains(r.String(), "problem") {
				t.Errorf("report:\n%s", r)
			}
		})
	}
}

func TestAnAnswerThatDidNotCountIsLost(t *testing.T) {
	l := &Load{cfg: Config{TTL: time.Minute}, tally: newTally(time.Now(), time.Minute)}
	c := newClient(l, time.Now().Add(time.Hour))
	c.check("GET", answer{"v1", "a", "s1", 1}, time.Now())
	c.check("POST", answer{"v1", "a", "s1", 1}, time.Now())
	if r := l.Report(); r.Lost != 1 || r.Doubled != 0 {
		t.Errorf("report:\n%s", r)
	}
}

func TestARequestThatFailedMayHaveBeenCarriedOutOrNot(t *testing.T) {
	for name, count := range map[string]int{"carried out": 3, "not carried out": 2} {
		l := &Load{cfg: Config{TTL: time.Minute}, tally: newTally(time.Now(), time.Minute)}
		c := newClient(l, time.Now().Add(time.Hour))
		c.check("GET", answer{"v1", "a", "s1", 1}, time.Now())
		c.doubt = 1
		c.check("POST", answer{"v1", "a", "s1", count}, time.Now())
		if r := l.Report(); !r.Clean() {
			t.Errorf("%s:\n%s", name, r)
		}
	}
}

func TestALoadThatCannotBeBorneDoesNotGrow(t *testing.T) {
	release := make(chan struct{})
	var under atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) {
		under.Add(1)
		<-release
	}))
	defer server.Close()
	l := Start(t.Context(), Config{URL: server.URL + "/count", Rate: 20, TTL: time.Minute})
	for l.Report().Late == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	close(release)
	if r := l.Stop(); under.Load() > 60 || r.Late == 0 {
		t.Errorf("%d requests under way\n%s", under.Load(), r)
	}
}

func TestTheHistogramIsAsExactAsItSays(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	for percent, want := range map[int]time.Duration{50: 500 * time.Millisecond, 99: 990 * time.Millisecond} {
		if got := h.within(percent); got < want || got > want*106/100 {
			t.Errorf("%d %% within %v, want %v", percent, got, want)
		}
	}
	if got := (&histogram{}).within(50); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// rollout is a report as a roll-out makes it.
func rollout() Report {
	tally := newTally(time.Now(), time.Minute)
	for i := range 20 {
		at, version := tally.began.Add(time.Duration(i)*time.Second), "v1"
		if i > 10 {
			version = "v2<b>"
		}
		tally.opened(answer{version, "a", "s", 1}, at)
		tally.answered(at, time.Millisecond, version)
		tally.sample(at)
	}
	r := tally.report(tally.began.Add(20 * time.Second))
	r.Marks = []Mark{{tally.began.Add(10 * time.Second), "10 % & more"}}
	return r
}

func TestThePlotHasABarForEveryVersion(t *testing.T) {
	plot := rollout().Plot()
	lines := strings.Split(strings.TrimSpace(plot), "\n")
	if want := "live sessions   # v1   o v2<b>"; lines[0] != want {
		t.Errorf("head %q, want %q", lines[0], want)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, "#o") || !strings.HasSuffix(last, " 11 9") {
		t.Errorf("last line %q", last)
	}
}

func TestTheSVGIsWellFormed(t *testing.T) {
	for name, r := range map[string]Report{"empty": {}, "roll-out": rollout()} {
		svg := r.SVG("a & b")
		decoder := xml.NewDecoder(strings.NewReader(string(svg)))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, svg)
			}
		}
		if strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "<b>") || name == "roll-out" && !strings.Contains(string(svg), "10 % &amp; more") {
			t.Errorf("%s:\n%s", name, svg)
		}
	}
}

func TestStopWaitsForTheAnswers(t *testing.T) {
	release := make(chan struct{})
	var asked, answered atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-release
		instance("v1").ServeHTTP(w, r)
		answered.Add(1)
	}))
	defer server.Close()
	l := Start(context.Background(), Config{URL: server.URL + "/count", Rate: 50, TTL: time.Minute})
	for asked.Load() < 5 {
		time.Sleep(time.Millisecond)
	}
	go func() { time.Sleep(50 * time.Millisecond); close(release) }()
	if r := l.Stop(); !r.Clean() || answered.Load() != asked.Load() || r.Requests < 5 {
		t.Errorf("%d of %d answered\n%s", answered.Load(), asked.Load(), r)
	}
}
