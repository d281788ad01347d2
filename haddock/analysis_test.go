package haddock

import (
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

func TestTheAnalysisComparesTheNewWithTheOld(t *testing.T) {
	limits := AnalysisConfig{MinRequests: 20, MaxErrorPercent: 5, MaxConnectFails: 2}
	tests := map[string]struct {
		fresh, old locator.Slot // what came on top since the first share
		limits     AnalysisConfig
		want       string // part of the reason; empty: it is fine
	}{
		"nothing yet":               {limits: limits},
		"fine":                      {locator.Slot{Requests: 100}, locator.Slot{Requests: 900}, limits, ""},
		"too few requests to judge": {locator.Slot{Requests: 19, Responses5xx: 19}, locator.Slot{Requests: 900}, limits, ""},
		"errors":                    {locator.Slot{Requests: 30, Responses5xx: 10}, locator.Slot{Requests: 900}, limits, "10 of its 30 requests failed (33.3 %), 0 of 900"},
		"answers that broke off":    {locator.Slot{Requests: 30, ResponseErrors: 10}, locator.Slot{Requests: 900}, limits, "10 of its 30"},
		"the old one is as bad":     {locator.Slot{Requests: 30, Responses5xx: 10}, locator.Slot{Requests: 900, Responses5xx: 300}, limits, ""},
		"just within":               {locator.Slot{Requests: 100, Responses5xx: 5}, locator.Slot{Requests: 900}, limits, ""},
		"connections fail":          {locator.Slot{Requests: 3, ConnectErrors: 3}, locator.Slot{Requests: 900}, limits, "3 connections to it failed, 0 to the old one"},
		"connections fail on both":  {locator.Slot{ConnectErrors: 3}, locator.Slot{ConnectErrors: 2}, limits, ""},
		"switched off":              {locator.Slot{Requests: 30, Responses5xx: 30, ConnectErrors: 9}, locator.Slot{Requests: 900}, AnalysisConfig{Off: true}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := Counts{Requests: 1000, Failed: 50, Connect: 7}
			s := &situation{new: &seat{slot: test.fresh}, old: &seat{slot: test.old}, goal: Goal{Analysis: test.limits}}
			for name, one := range map[string]*seat{"s2": s.new, "s1": s.old} {
				one.Slot, one.slot.Name = name, name
				one.slot.Requests += before.Requests
				one.slot.Responses5xx += before.Failed
				one.slot.ConnectErrors += before.Connect
			}
			s.rollout.first = Line{Seq: 2, Counts: map[string]Counts{"s1": before, "s2": before}}
			if got := s.worse(*s.old); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestARestartedLocatorCountsFromZero(t *testing.T) {
	s := &situation{new: &seat{slot: locator.Slot{Requests: 30, Responses5xx: 20}}, old: &seat{slot: locator.Slot{Requests: 5}}}
	s.new.Slot, s.old.Slot = "s2", "s1"
	s.goal.Analysis = AnalysisConfig{MinRequests: 20, MaxErrorPercent: 5}
	s.rollout.first = Line{Seq: 2, Counts: map[string]Counts{"s2": {Requests: 500}, "s1": {Requests: 5000}}}
	if got := s.worse(*s.old); !strings.Contains(got, "20 of its 30") {
		t.Errorf("%q", got)
	}
}

func TestZeroSessionsAreBelievedOnlyOfATableThatKnowsAll(t *testing.T) {
	tests := map[string]struct {
		uptime     time.Duration
		used, size int
		want       bool
	}{
		"has run for long":      {time.Hour, 10, 100, true},
		"has just started":      {5 * time.Second, 10, 100, false},
		"one expire is too few": {simExpire + time.Second, 10, 100, false},
		"the table is full":     {time.Hour, 100, 100, false},
	}
	for name, test := range tests {
		w := World{Expire: simExpire, Proxy: locator.State{Uptime: test.uptime, TableUsed: test.used, TableSize: test.size}}
		if got := w.counted(); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

func TestAReloadIsToldFromARestartByTheTable(t *testing.T) {
	before := World{Expire: simExpire, Proxy: locator.State{PID: 1, Uptime: time.Hour, Slots: []locator.Slot{{Name: "s1", Sessions: 41}}}}
	after := func(uptime time.Duration, sessions int) World {
		w := World{Expire: simExpire, Proxy: locator.State{PID: 2, Uptime: uptime, Slots: []locator.Slot{{Name: "s1", Sessions: sessions}}}}
		w.Kept = before.keeps(w.Proxy)
		return w
	}
	tests := map[string]struct {
		world World
		want  bool
	}{
		"a reload":                             {after(time.Second, 41), true},
		"a restart":                            {after(time.Second, 3), false},
		"a restart, and others have come":      {after(8*time.Second, 41), false},
		"a restart, an expire ago":             {after(simExpire+2*time.Second, 3), true},
		"a new command that saw nothing of it": {World{Expire: simExpire, Proxy: after(time.Second, 41).Proxy}, false},
	}
	for name, test := range tests {
		if got := test.world.knows(test.world.Proxy.Slots[0]); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
	if kept := (World{Expire: simExpire, Proxy: locator.State{PID: 1, Uptime: time.Second}}).keeps(locator.State{PID: 2}); kept != nil {
		t.Errorf("what a table held that did not know all itself: %v", kept)
	}
}

func TestATableThatWasFullIsNotBelievedForAWhile(t *testing.T) {
	full := World{Now: at(0), Expire: simExpire, Proxy: locator.State{PID: 1, Uptime: time.Hour, TableUsed: 100, TableSize: 100}}.after(World{})
	later := func(second int) World {
		w := World{Now: at(second), Expire: simExpire, Proxy: locator.State{PID: 1, Uptime: time.Hour, TableUsed: 5, TableSize: 100}}
		return w.after(full)
	}
	if full.counted() || later(5).counted() || !later(12).counted() {
		t.Errorf("%t %t %t, want false false true", full.counted(), later(5).counted(), later(12).counted())
	}
}

func TestTheCheckBeforeIsToldWhileOneIsUnderWay(t *testing.T) {
	world := func(check string) World {
		return World{Proxy: locator.State{PID: 1, Slots: []locator.Slot{{Name: "s1", Check: check}}}}
	}
	for next, want := range map[string]string{"L7STS 0": "L7STS 503 Service Unavailable", "L4CON Connection refused": "L4CON Connection refused"} {
		if got := world(next).after(world("L7STS 503 Service Unavailable")).Proxy.Slots[0].Check; got != want {
			t.Errorf("%q: %q, want %q", next, got, want)
		}
	}
}
