//go:build integration

package locator_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
)

func TestAReloadInMidDrainLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20*time.Second, 2)
	s.open(t, "s1", 100)
	visitors := make([]*visitor, 20)
	for i := range visitors {
		visitors[i] = s.visitor(t)
		visitors[i].get(t)
	}
	s.open(t, "s2", 100)
	s.retire(t, "s1")
	s.SaveState()

	var requests, failed atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for _, v := range visitors[:10] {
		load.Go(func() {
			for n := 2; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				got, err := v.request(t, http.MethodGet, "/", nil)
				if requests.Add(1); err != nil || got.slot != "s1" || got.count != n {
					failed.Add(1)
					t.Errorf("%+v, %v, want request %d on s1", got, err, n)
				}
			}
		})
	}
	before := s.read(t)
	s.Reload()
	after := s.read(t)
	close(stop)
	load.Wait()
	t.Logf("%d requests, %d failed", requests.Load(), failed.Load())
	if after.PID == before.PID {
		t.Errorf("process %d up for %v became %d up for %v", before.PID, before.Uptime, after.PID, after.Uptime)
	}
	if len(before.Strict) != 1 || len(after.Strict) != 0 {
		t.Errorf("drain list %v became %v, want nothing: haddock puts it back", before.Strict, after.Strict)
	}
	s1, s2 := after.Slots[0], after.Slots[1]
	if s1.Sessions != len(visitors) || s1.Admin != locator.Drain || s2.Admin != locator.Ready || s2.Weight != 100 {
		t.Errorf("after the reload: %+v and %+v", s1, s2)
	}
}

func TestAKilledHAProxyComesBackFromTheStateFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 3)
	s.open(t, "s1", 100)
	visitors := make([]*visitor, 40)
	slots := make([]string, len(visitors))
	for i := range visitors {
		if i == len(visitors)/2 {
			s.open(t, "s2", 60)
		}
		visitors[i] = s.visitor(t)
		slots[i] = visitors[i].get(t).slot
	}
	s.retire(t, "s1")
	s.SaveState()
	s.Kill()
	if _, err := s.Proxy.Read(t.Context()); !errors.Is(err, locator.ErrDown) {
		t.Errorf("read from nobody: %v", err)
	}
	s.Restart()
	state := s.read(t)
	want := []struct {
		admin  locator.Admin
		weight int
	}{{locator.Drain, 100}, {locator.Ready, 60}, {locator.Maint, 100}}
	for i, slot := range state.Slots {
		if slot.Admin != want[i].admin || slot.Weight != want[i].weight {
			t.Errorf("%s is %s with weight %d, want %+v", slot.Name, slot.Admin, slot.Weight, want[i])
		}
	}
	if state.TableUsed != 0 || len(state.Strict) != 0 || state.Uptime > 10*time.Second {
		t.Errorf("a new process knows %+v", state)
	}
	for i, v := range visitors {
		if got := v.get(t); got.slot != slots[i] || got.count != 2 {
			t.Errorf("visitor %d was on %s: %+v", i, slots[i], got)
		}
		if i == 10 {
			if got := s.read(t).TableUsed; got != i+1 {
				t.Errorf("the table knows %d sessions, %d have been seen: 0 is no proof before %v", got, i+1, s.Config.Expire())
			}
		}
	}
	sessions, err := s.Proxy.Sessions(t.Context())
	must(t, err)
	for name, app := range s.apps {
		if sessions[name] != app.Live() {
			t.Errorf("%s: counted %d of %d sessions", name, sessions[name], app.Live())
		}
	}

	s.Kill()
	must(t, os.WriteFile(s.Config.StateFile, nil, 0o600))
	s.Restart()
	for _, slot := range s.read(t).Slots {
		if slot.Admin != locator.Maint {
			t.Errorf("%s is %s without a state file", slot.Name, slot.Admin)
		}
	}
	if got := s.visitor(t).get(t); got.status != http.StatusServiceUnavailable {
		t.Errorf("without a state file: %+v", got)
	}
}

func TestTheSecondSocketMovesNoTraffic(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	ctx, p := t.Context(), s.Config.Proxy(s.DialReadOnly)
	if _, err := p.Read(ctx); err != nil {
		t.Error(err)
	}
	if _, err := p.Sessions(ctx); err != nil {
		t.Error(err)
	}
	if _, err := p.ServersState(ctx); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"ready": p.Ready(ctx, "s1"), "drain": p.Drain(ctx, "s1"), "maint": p.Maint(ctx, "s1"),
		"weight": p.SetWeights(ctx, locator.Weight{Slot: "s1"}), "cut": p.ShutdownSessions(ctx, "s1"),
	} {
		if refused, ok := errors.AsType[*locator.CommandError](err); !ok || refused.Text != "Permission denied" {
			t.Errorf("%s: %v", what, err)
		}
	}
	differences, err := locator.Check(ctx, p, s.Config)
	if err != nil || len(differences) != 1 || !strings.HasPrefix(differences[0].String(), "socket: level operator, want level admin") {
		t.Errorf("check: %v, %v", differences, err)
	}
}

func TestTheExpireOfTheTableIsFound(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	got, err := s.Proxy.TableExpire(t.Context())
	if err != nil || got.Round(time.Second) != s.Config.Expire() {
		t.Errorf("got %v, %v, want %v", got, err, s.Config.Expire())
	}
	if used := s.read(t).TableUsed; used != 0 {
		t.Errorf("%d rows are left", used)
	}
}

func TestWhatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	ctx := t.Context()
	_, readErr := locator.New(s.Dial, "nowhere").Read(ctx)
	_, listErr := s.Proxy.WithDrainList("/no/list").Read(ctx)
	for want, err := range map[string]error{
		"Can't find backend": readErr, "Unknown ACL identifier": listErr, "No such server": s.Proxy.Ready(ctx, "s9"),
	} {
		if _, ok := errors.AsType[*locator.CommandError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := s.Proxy.Forget(ctx, "s9"); err == nil {
		t.Error("forgot a slot that is not there")
	}
}

func TestCheckNamesWhatARunningHAProxyLacks(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon, 2)
	s.open(t, "s1", 100)
	ctx := t.Context()
	check := func(c locator.Config, want ...string) {
		t.Helper()
		differences, err := locator.Check(ctx, c.Proxy(s.Dial), c)
		if err != nil {
			t.Errorf("check: %v", err)
			return
		}
		same := slices.EqualFunc(differences, want, func(d locator.Difference, want string) bool { return strings.HasPrefix(d.String(), want) })
		if !same {
			t.Errorf("got  %q\nwant %q", differences, want)
		}
	}
	check(s.Config)

	other := s.Config
	other.Slots = append(locatortest.Places(t, 3)[:1:1], locator.Place{Name: "s3", Address: s.Config.Slots[1].Address})
	other.RouteCookie, other.TableSize, other.TTL, other.Rise = "ROUTE", 777, soon+2*time.Second, 3
	other.DrainList = "/no/such/list"
	is := s.Config.Slots[0].Address
	check(other,
		"slot s1: address "+is.Addr().String()+" port "+strings.Split(is.String(), ":")[1]+", want "+other.Slots[0].Address.String(),
		"slot s1: rise 2 fall 2, want rise 3 fall 2",
		"slot s3: missing, want "+other.Slots[1].Address.String(),
		"slot s2: there, want not there",
		"backend app: cookie HDSRV, want cookie ROUTE",
		"drain list: missing, want /no/such/list",
		"table app: size 10000, want size 777",
		"table app: expire 6s, want expire 8s",
	)

	other = s.Config
	other.Backend = "shop"
	check(other, "backend shop: missing, want a backend of this name")

	text, err := os.ReadFile(s.Folder + "/haproxy.cfg")
	must(t, err)
	replace := func(text string, from ...string) string {
		for i := 0; i < len(from); i += 2 {
			if !strings.Contains(text, from[i]) {
				t.Fatalf("no %q in the configuration", from[i])
			}
			text = strings.ReplaceAll(text, from[i], from[i+1])
		}
		return text
	}
	run := func(text string) {
		must(t, os.WriteFile(s.Folder+"/haproxy.cfg", []byte(text), 0o600))
		s.Restart()
	}
	tcp := fmt.Sprintf("ipv4@127.0.0.1:%d", locatortest.FreePort(t))
	run(replace(string(text),
		" srvkey name peers haddock", "", "type string len 40", "type integer", ",sha1,hex", "",
		"balance roundrobin", "balance source", " cookie s2 disabled", " disabled", "default-server check", "default-server",
		"mode 600 level admin", "mode 600 level admin\n    stats socket "+tcp+" level admin"))
	check(s.Config,
		"socket "+tcp+": on TCP, level admin, want unix sockets only",
		"slot s1: not checked, want a health check",
		"slot s2: not checked, want a health check",
		"slot s2: cookie none, want cookie s2",
		"backend app: balance source, want balance roundrobin",
		"table app: type integer, want type string",
		"table app: no peers, want peers with a server for the local host",
	)
	var without strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "stick") && !strings.Contains(line, "known_session") {
			without.WriteString(line)
		}
	}
	run(without.String())
	check(s.Config, "table app: missing, want a stick-table in backend app")
}

func TestALargeTableIsCountedWithoutItsLargestSlot(t *testing.T) {
	t.Parallel()
	r := manySessions(t, 41, 6000)
	want := map[string]int{"s1": 41, "s2": 6000, "s3": 0, "s4": 0}
	for range 3 {
		got, err := r.Proxy.Sessions(t.Context())
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	must(t, r.Proxy.Forget(t.Context(), "s2"))
	state, err := r.Proxy.Read(t.Context())
	must(t, err)
	for _, slot := range state.Slots {
		if want["s2"] = 0; slot.Sessions != want[slot.Name] {
			t.Errorf("%s has %d sessions, want %d", slot.Name, slot.Sessions, want[slot.Name])
		}
	}
}

func TestAFullTableShowsThatItForgets(t *testing.T) {
	t.Parallel()
	c := config(locatortest.Places(t, 2), time.Hour)
	c.TableSize = 1000
	r := locatortest.Start(t, c)
	fill(t, r, 900)
	state, err := r.Proxy.Read(t.Context())
	must(t, err)
	if state.Full() {
		t.Errorf("full with %d of %d", state.TableUsed, state.TableSize)
	}
	fill(t, r, 0, 1500)
	state, err = r.Proxy.Read(t.Context())
	must(t, err)
	if !state.Full() {
		t.Errorf("not full with %d of %d, after 1500 came", state.TableUsed, state.TableSize)
	}
	differences, err := locator.Check(t.Context(), r.Proxy, r.Config)
	if err != nil || len(differences) != 1 || !strings.HasPrefix(differences[0].String(), "table app: full with ") {
		t.Errorf("check: %v, %v", differences, err)
	}
}
