//go:build integration

package locator_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
)

func TestASlotIsUpBeforeItsFirstCheckAndFreshAfterIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	s.checkRarely()
	ctx, app := t.Context(), s.apps["s2"]
	if slot := s.slot(t, "s2"); slot.Admin != locator.Maint || slot.Up || slot.Fresh {
		t.Errorf("at the start: %+v", slot)
	}
	app.Stop()
	must(t, s.Proxy.SetWeights(ctx, locator.Weight{Slot: "s2", Weight: 0}))
	must(t, s.Proxy.Ready(ctx, "s2"))
	if slot := s.slot(t, "s2"); slot.Admin != locator.Ready || !slot.Up || slot.Fresh {
		t.Errorf("ready with nobody there: %+v", slot)
	}
	eventually(t, "a slot with nobody there goes down", func() bool { return !s.slot(t, "s2").Up })
	if slot := s.slot(t, "s2"); slot.Fresh || slot.Check != "L4CON Connection refused" {
		t.Errorf("down: %+v", slot)
	}
	app.Listen(t, s.Config.Slots[1])
	eventually(t, "the instance came", func() bool { return s.slot(t, "s2").Fresh })
	if slot := s.slot(t, "s2"); !slot.Up || slot.Weight != 0 || slot.Check != "L7OK 200" {
		t.Errorf("fresh: %+v", slot)
	}

	must(t, s.Proxy.SetWeights(ctx, locator.Weight{Slot: "s2", Weight: 10}))
	must(t, s.Proxy.Maint(ctx, "s2"))
	must(t, s.Proxy.Ready(ctx, "s2"))
	if slot := s.slot(t, "s2"); slot.Weight != 10 || slot.Fresh {
		t.Errorf("a weight outlives maint, a success does not: %+v", slot)
	}
	eventually(t, "fresh again", func() bool { return s.slot(t, "s2").Fresh })
	app.Sick(true)
	eventually(t, "sick", func() bool { slot := s.slot(t, "s2"); return !slot.Fresh && !slot.Up })
	if slot := s.slot(t, "s2"); slot.Check != "L7STS 503 Service Unavailable" {
		t.Errorf("sick: %+v", slot)
	}
}

// Ten check intervals without an answer: to call that dead would move sessions.
func TestAnInstanceThatHangsForASecondIsNotDown(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	s.open(t, "s2", 100)
	const pause = time.Second
	s.apps["s1"].Hang(pause)
	for began := time.Now(); time.Since(began) < pause+200*time.Millisecond; <-time.After(20 * time.Millisecond) {
		if !s.slot(t, "s1").Up {
			t.Fatalf("down after %v", time.Since(began))
		}
	}
}

// From a tenth to all: who is there stays, and the table counts what the
// instances count.
func TestNewSessionsFollowTheWeightsAndOldOnesStay(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	old := make([]*visitor, 100)
	for i := range old {
		old[i] = s.visitor(t)
		if got := old[i].get(t); got.slot != "s1" {
			t.Fatalf("visitor %d: %+v", i, got)
		}
	}
	s.open(t, "s2", 0)
	must(t, s.Proxy.SetWeights(t.Context(), locator.Weight{Slot: "s2", Weight: 10}, locator.Weight{Slot: "s1", Weight: 90}))
	const visitors, share = 1000, 0.10
	fresh := 0
	for range visitors {
		if s.visitor(t).get(t).slot == "s2" {
			fresh++
		}
	}
	spread := 2.576 * math.Sqrt(visitors*share*(1-share)) // binomial, 99 %
	if math.Abs(float64(fresh)-visitors*share) > spread {
		t.Errorf("%d of %d new visitors on s2, want %.0f ± %.0f", fresh, visitors, visitors*share, spread)
	}
	t.Logf("%d of %d new visitors on s2", fresh, visitors)

	s.retire(t, "s1")
	for i, v := range old {
		if got := v.get(t); got.slot != "s1" || got.count != 2 {
			t.Errorf("visitor %d was moved: %+v", i, got)
		}
	}
	for range 50 {
		if got := s.visitor(t).get(t); got.slot != "s2" {
			t.Errorf("a new visitor on the draining slot: %+v", got)
		}
	}
	sessions, err := s.Proxy.Sessions(t.Context())
	must(t, err)
	for name, app := range s.apps {
		if slot := s.slot(t, name); sessions[name] != app.Live() || slot.Sessions != app.Live() || slot.Responses2xx == 0 || slot.Requests < slot.Responses2xx {
			t.Errorf("%s has %d sessions, counted %d and %+v", name, app.Live(), sessions[name], slot)
		}
	}
}

// What may use a draining slot: its live sessions alone.
func TestADrainingSlotKeepsItsLiveSessionsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	s.open(t, "s1", 100)
	active, idle := s.visitor(t), s.visitor(t)
	active.get(t)
	idle.get(t)
	began := time.Now()
	s.open(t, "s2", 100)
	must(t, s.Proxy.Drain(t.Context(), "s1"))
	unknown := 0
	tests := map[string]struct {
		session func() string // nil: none
		lax     string        // slot without the drain list
	}{
		"no session":        {nil, "s2"},
		"an emptied cookie": {func() string { return "" }, "s2"},
		"a session unknown": {func() string { unknown++; return fmt.Sprintf("F00DF00DF00D%d", unknown) }, "s1"},
	}
	check := func(strict bool) {
		for name, test := range tests {
			v := s.visitor(t).with(t, "HDSRV", "s1")
			if test.session != nil {
				v.with(t, locatortest.SessionCookie, test.session())
			}
			want := test.lax
			if strict {
				want = "s2"
			}
			if got := v.get(t); got.slot != want || v.cookie(t, "HDSRV") != want {
				t.Errorf("%s, strict %v: %+v with cookie %s, want %s", name, strict, got, v.cookie(t, "HDSRV"), want)
			}
		}
	}
	check(false)
	must(t, s.Proxy.Strict(t.Context(), "s1", true))
	if got := s.read(t).Strict; len(got) != 1 || got[0] != "s1" {
		t.Errorf("strict: %v", got)
	}
	check(true)
	requests := 1
	for ; time.Since(began) < s.Config.Expire()+time.Second; requests++ { // the second: what is left of check(false)'s sessions
		if got := active.get(t); got.slot != "s1" || got.count != requests+1 {
			t.Fatalf("the active visitor was moved: %+v after %d requests", got, requests)
		}
		<-time.After(200 * time.Millisecond)
	}
	eventually(t, "one session is left", func() bool { return s.slot(t, "s1").Sessions == 1 })
	if got := idle.get(t); got.slot != "s2" || got.count != 1 {
		t.Errorf("idle for longer than the session lives: %+v, want s2", got)
	}
	must(t, s.Proxy.Strict(t.Context(), "s1", false))
	if got := s.read(t).Strict; len(got) != 0 {
		t.Errorf("strict: %v", got)
	}
}

func TestTheTableCountsLiveSessionsAtMostTooMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	v := s.visitor(t)
	v.get(t)
	count := func(want int, when string) {
		t.Helper()
		if got := s.slot(t, "s1").Sessions; got != want {
			t.Errorf("%s: %d sessions, want %d", when, got, want)
		}
	}
	count(1, "one visitor")
	_, err := v.request(t, http.MethodGet, "/rotate", nil)
	must(t, err)
	count(2, "after a login that changed the id")
	_, err = v.request(t, http.MethodGet, "/logout", nil)
	must(t, err)
	count(2, "after a logout, whose empty id is no session")
	_, err = s.visitor(t).request(t, http.MethodGet, "/", http.Header{locator.PreviewHeader: {"s1"}})
	must(t, err)
	count(2, "after a smoke test")
}

// A request that lasts longer than its session's row: the slot is in use while
// the table says 0.
func TestALongRequestOutlivesItsSessionInTheTable(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	s.open(t, "s1", 100)
	v := s.visitor(t)
	v.get(t)
	end := make(chan struct{})
	s.apps["s1"].Handle = func(w http.ResponseWriter, r *http.Request) {
		for {
			w.Write([]byte("."))
			w.(http.Flusher).Flush()
			select {
			case <-end:
				return
			case <-r.Context().Done():
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	done := v.stream(t)
	eventually(t, "the row is gone", func() bool { slot := s.slot(t, "s1"); return slot.Current == 1 && slot.Sessions == 0 })
	close(end)
	must(t, <-done)
	eventually(t, "the request is gone", func() bool { return s.slot(t, "s1").Current == 0 })

	end = make(chan struct{})
	done = v.stream(t)
	must(t, s.Proxy.Maint(t.Context(), "s1"))
	must(t, s.Proxy.ShutdownSessions(t.Context(), "s1"))
	if err := <-done; err == nil {
		t.Error("the request was not cut")
	}
}

// The smoke test's way in, and why it must look at the slot's own counter.
func TestAPreviewReachesASlotWithoutWeight(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 3)
	s.open(t, "s1", 100)
	s.open(t, "s2", 0)
	tests := map[string]struct {
		header http.Header
		want   string
	}{
		"weight 0":              {http.Header{locator.PreviewHeader: {"s2"}}, "s2"},
		"in maint":              {http.Header{locator.PreviewHeader: {"s3"}}, "s1"},
		"unknown":               {http.Header{locator.PreviewHeader: {"s9"}}, "s1"},
		"no preview":            {nil, "s1"},
		"through another proxy": {http.Header{locator.PreviewHeader: {"s2"}, "X-Forwarded-For": {"192.0.2.7"}}, "s1"},
	}
	for name, test := range tests {
		before := s.slot(t, test.want).Responses2xx
		got, err := s.visitor(t).request(t, http.MethodGet, "/", test.header)
		if err != nil || got.slot != test.want {
			t.Errorf("%s: %+v, %v, want %s", name, got, err, test.want)
		}
		if after := s.slot(t, test.want).Responses2xx; after != before+1 {
			t.Errorf("%s: %d answers of %s became %d", name, before, test.want, after)
		}
	}
}

func TestOnlyGetAndHeadAreTriedTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	s.open(t, "s2", 100)
	s.apps["s1"].Handle = func(w http.ResponseWriter, _ *http.Request) { // dies without a word
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	s.apps["s2"].Handle = func(http.ResponseWriter, *http.Request) {}
	const sent = 10
	for method, retried := range map[string]bool{
		http.MethodGet: true, http.MethodHead: true,
		http.MethodPost: false, http.MethodPut: false, http.MethodPatch: false, http.MethodDelete: false,
	} {
		fine := 0
		for range sent {
			if got, err := s.visitor(t).request(t, method, "/", nil); err == nil && got.status == http.StatusOK {
				fine++
			}
		}
		arrived := s.apps["s1"].Requests(method) + s.apps["s2"].Requests(method)
		if retried && fine != sent || !retried && (fine == sent || arrived != sent) {
			t.Errorf("%s: %d of %d fine, %d arrived", method, fine, sent, arrived)
		}
	}
}

// Who was on it begins anew elsewhere, at once and without an error.
func TestAnInstanceThatDiesCostsItsSessionsAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.checkRarely()
	s.open(t, "s1", 100)
	s.open(t, "s2", 100)
	visitors := make([]*visitor, 20)
	slots := make([]string, len(visitors))
	for i := range visitors {
		visitors[i] = s.visitor(t)
		slots[i] = visitors[i].get(t).slot
	}
	s.apps["s1"].Stop()
	for i, v := range visitors {
		got, want := v.get(t), 2
		if slots[i] == "s1" {
			want = 1
		}
		if got.slot != "s2" || got.count != want {
			t.Errorf("visitor %d of %s: %+v, want request %d on s2", i, slots[i], got, want)
		}
	}
	eventually(t, "it is down", func() bool { return !s.slot(t, "s1").Up })
	if slot := s.slot(t, "s1"); slot.Retries == 0 || slot.ConnectErrors != 0 || slot.Responses5xx != 0 {
		t.Errorf("want retries and nothing that a user saw: %+v", slot)
	}
}

// The next instance of a slot would get the visitors of the one before.
func TestForgetKeepsOldVisitorsFromTheNextInstance(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	s.open(t, "s2", 0)
	v := s.visitor(t)
	session := v.get(t).session
	returns := func() string { // with the session alone: the table must know where to
		return s.visitor(t).with(t, locatortest.SessionCookie, session).get(t).slot
	}
	must(t, s.Proxy.SetWeights(t.Context(), locator.Weight{Slot: "s1", Weight: 0}, locator.Weight{Slot: "s2", Weight: 100}))
	if got := returns(); got != "s1" {
		t.Errorf("a session of s1 came to %s", got)
	}
	must(t, s.Proxy.Maint(t.Context(), "s1"))
	must(t, s.Proxy.Ready(t.Context(), "s1"))
	if got := returns(); got != "s1" {
		t.Errorf("a stale session of s1 came to %s", got)
	}
	must(t, s.Proxy.Forget(t.Context(), "s1"))
	if got := s.slot(t, "s1").Sessions; got != 0 {
		t.Errorf("%d sessions after Forget", got)
	}
	if got := returns(); got != "s2" {
		t.Errorf("a forgotten session came to %s, by weight it is s2", got)
	}
}

// Who was on an instance that was removed with sessions still has its slot in
// the cookie; the next instance there is not yet for anybody.
func TestAStrictSlotWarmsUpWithoutTheVisitorsOfTheLastInstance(t *testing.T) {
	t.Parallel()
	s := newSite(t, time.Minute, 2)
	s.open(t, "s1", 100)
	lax, strict := s.visitor(t), s.visitor(t)
	lax.get(t)
	strict.get(t)
	s.open(t, "s2", 100)
	must(t, s.Proxy.Maint(t.Context(), "s1"))
	must(t, s.Proxy.Forget(t.Context(), "s1"))
	s.open(t, "s1", 0)
	if got := lax.get(t); got.slot != "s1" {
		t.Errorf("an old visitor came to %s; without the list, its cookie decides", got.slot)
	}
	must(t, s.Proxy.Strict(t.Context(), "s1", true))
	if got := strict.get(t); got.slot != "s2" || strict.cookie(t, "HDSRV") != "s2" {
		t.Errorf("an old visitor came to %s", got.slot)
	}
}
