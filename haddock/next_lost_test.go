package haddock

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

// Labels and HAProxy alone say where a roll-out is.
func TestNextNeedsNoHistoryToGoOn(t *testing.T) {
	for name, play := range scenes() {
		if name == "never healthy" || name == "abort" { // that it was bad can be forgotten with the history
			continue
		}
		t.Run(name, func(t *testing.T) {
			for verbs := 1; ; verbs++ {
				s := newSim(t, 3)
				g := play(s)
				_, died := s.run(g, verbs)
				if !died {
					return
				}
				s.history = nil
				s.trace = append(s.trace, "-- the history is lost")
				s.run(g, -1)
				if len(s.homes) != 1 {
					s.fail("%d instances are left", len(s.homes))
				}
			}
		})
	}
}

// An instance as it is written in the table below.
type instance struct {
	seq    int
	slot   string
	status string
	admin  locator.Admin
	weight int
	fresh  bool
	left   int // sessions
}

func (i instance) put(w *World) {
	w.Instances = append(w.Instances, host.Instance{
		Identity: host.Identity{Seq: i.seq, Slot: i.slot, Version: fmt.Sprintf("1.%d", i.seq)}, Status: i.status,
		Running: i.status == statusRunning, StartedAt: w.Now.Add(-time.Second),
	})
	w.Proxy.Slots = append(w.Proxy.Slots, locator.Slot{
		Name: i.slot, Admin: i.admin, Weight: i.weight, Up: i.admin != locator.Maint, Fresh: i.fresh, Sessions: i.left,
	})
}

func TestNextReadsEveryRow(t *testing.T) {
	const ready, drain, maint = locator.Ready, locator.Drain, locator.Maint
	old := instance{1, "s1", statusRunning, ready, 100, true, 5}
	tests := map[string]struct {
		there  []instance
		strict []string
		uptime time.Duration
		want   Kind
		on     int
		waits  string
	}{
		"nothing is there":                      {want: Settled},
		"one has everything":                    {there: []instance{old}, want: Shift, on: 1}, // only to write it down
		"created":                               {there: []instance{old, {2, "s2", statusCreated, maint, 100, false, 0}}, want: Start, on: 2},
		"started":                               {there: []instance{old, {2, "s2", statusRunning, maint, 100, false, 0}}, want: Warm, on: 2},
		"the first one is started":              {there: []instance{{1, "s1", statusRunning, maint, 0, false, 0}}, want: Restore, on: 1},
		"warming":                               {there: []instance{old, {2, "s2", statusRunning, ready, 0, false, 0}}, want: Wait, on: 2, waits: forHealth},
		"warm":                                  {there: []instance{old, {2, "s2", statusRunning, ready, 0, true, 0}}, want: Smoke, on: 2},
		"died while warming":                    {there: []instance{old, {2, "s2", statusExited, ready, 0, false, 0}}, want: Abort, on: 2},
		"half of a line of weights":             {there: []instance{{1, "s1", statusRunning, ready, 90, true, 5}, {2, "s2", statusRunning, ready, 0, true, 0}}, want: Smoke, on: 2},
		"ramp, bake time unknown":               {there: []instance{{1, "s1", statusRunning, ready, 90, true, 5}, {2, "s2", statusRunning, ready, 10, true, 1}}, want: Shift, on: 2},
		"100 %, the old one not yet drained":    {there: []instance{{1, "s1", statusRunning, ready, 1, true, 5}, {2, "s2", statusRunning, ready, 100, true, 1}}, want: Shift, on: 2},
		"draining":                              {there: []instance{{1, "s1", statusRunning, drain, 1, true, 5}, {2, "s2", statusRunning, ready, 100, true, 1}}, strict: []string{"s1"}, want: Shift, on: 2},
		"rollback, both open":                   {there: []instance{old, {2, "s2", statusRunning, ready, 10, true, 1}}, want: Retire, on: 2},
		"rollback, the new one drains":          {there: []instance{old, {2, "s2", statusRunning, drain, 10, true, 1}}, strict: []string{"s2"}, want: Wait, on: 2, waits: forSessions},
		"rollback, the new one is empty":        {there: []instance{old, {2, "s2", statusRunning, drain, 10, true, 0}}, strict: []string{"s2"}, want: Close, on: 2},
		"empty, but the proxy has just started": {there: []instance{old, {2, "s2", statusRunning, drain, 10, true, 0}}, strict: []string{"s2"}, uptime: 5 * time.Second, want: Wait, on: 2, waits: forSessions},
		"drains and is not on the list":         {there: []instance{old, {2, "s2", statusRunning, drain, 10, true, 1}}, want: Tighten, on: 2},
		"the same, the proxy has just started":  {there: []instance{old, {2, "s2", statusRunning, drain, 10, true, 1}}, uptime: 5 * time.Second, want: Wait, on: 2, waits: forSessions},
		"an older one is closed":                {there: []instance{{1, "s1", statusRunning, maint, 1, false, 0}, {2, "s2", statusRunning, ready, 100, true, 1}}, want: Shift, on: 2},
		"everything is closed":                  {there: []instance{{1, "s1", statusRunning, maint, 100, false, 0}, {2, "s2", statusRunning, maint, 100, false, 0}}, want: Restore, on: 2},
		"nobody has weight":                     {there: []instance{{1, "s1", statusRunning, ready, 0, true, 5}}, want: Restore, on: 1},
		"only draining ones":                    {there: []instance{{1, "s1", statusRunning, drain, 1, true, 5}}, want: Restore, on: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := World{Now: time.Now(), Expire: simExpire}
			w.Proxy = locator.State{Uptime: time.Hour, TableSize: 100, Strict: test.strict}
			if test.uptime > 0 {
				w.Proxy.Uptime = test.uptime
			}
			for _, one := range test.there {
				one.put(&w)
			}
			got := Next(w, goal())
			if got.Kind != test.want || got.Seq != test.on || got.For != test.waits {
				t.Errorf("%s #%d for %q %v, want %s #%d for %q", got.Kind, got.Seq, got.For, got.Ops, test.want, test.on, test.waits)
			}
		})
	}
}

func TestNextWaitsForALocatorThatIsDown(t *testing.T) {
	if a := Next(World{Down: true}, goal()); a.Kind != Wait || a.For != forLocator || a.changes() {
		t.Errorf("%+v", a)
	}
}

func TestNextClosesASlotThatNobodyIsIn(t *testing.T) {
	s := newSim(t, 3)
	s.serving()
	s.slot("s3").Admin = locator.Ready
	if a := Next(s.world(), goal()); a.Kind != Close || a.Slot != "s3" {
		t.Errorf("%+v", a)
	}
}

func TestNextNamesWhoIsInTheWayWhenEverySlotIsTaken(t *testing.T) {
	s := newSim(t, 1)
	s.serving()
	g := s.begin(2, 0)
	a := Next(s.world(), g)
	if want := "s1 1.1 takes new sessions with 5 sessions"; a.Kind != NoSlot || a.Text != want {
		t.Errorf("%s %q, want %q", a.Kind, a.Text, want)
	}
}

func TestADrainDeadlineCutsWhatIsLeft(t *testing.T) {
	s := newSim(t, 3)
	s.serving()
	g := s.begin(2, 0)
	s.until = Draining
	s.run(g, -1)
	g.Deadline = time.Second
	s.slot("s1").draining = s.now.Add(time.Hour) // its sessions never end
	s.run(g, -1)
	s.settledOn(2)
	if cut, ok := s.history.last(1, Cut); !ok || cut.Sessions != 5 {
		t.Errorf("%+v", cut)
	}
}

// An instance that drained, was rolled back to and drains again has the whole
// time again, also when the command was killed before it wrote that down.
func TestADrainDeadlineCountsFromTheLastDrain(t *testing.T) {
	s := newSim(t, 3)
	s.serving()
	g := s.begin(2, 0)
	g.Deadline = time.Hour
	s.until = Draining
	s.run(g, -1)
	s.apply(record(Line{Event: RolledBack, Seq: 2, Base: 1}))
	s.run(g, -1)
	s.settledOn(1)
	s.now = s.now.Add(2 * time.Hour)
	s.begin(3, 0)
	s.until = Draining
	s.run(g, -1)
	s.history = s.history[:len(s.history)-1]
	s.apply(record(Line{Event: Finished, Seq: 3}))
	if a := Next(s.world(), g); a.Kind != Note || a.Seq != 1 {
		t.Errorf("%s #%d %s, want a note that #1 drains", a.Kind, a.Seq, a.Text)
	}
}

func TestAnInstanceThatBreaksUnderTheFullLoadIsTakenBack(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration
		want  int
	}{
		"at once": {0, 1},
		"later":   {6 * time.Second, 2}, // steps bake for 5s
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, 3)
			s.serving()
			g := s.begin(2, 0)
			s.until = Draining
			s.run(g, -1)
			s.slot("s1").draining = s.now.Add(time.Hour)
			s.now = s.now.Add(test.after)
			s.open, s.sick[2] = false, true
			s.slot("s1").draining = s.now
			s.run(g, -1)
			s.settledOn(test.want)
		})
	}
}

// The history may go, too, together with the locator's state.
func TestNextReachesAnEndWithoutTheHistoryThroughAnyMishap(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 2))
		s := newSim(t, 3)
		s.trace = append(s.trace, fmt.Sprint("seed ", seed))
		s.serving()
		s.save()
		g := s.begin(2, 0)
		s.run(g, chance.IntN(40))
		s.history = nil
		s.trace = append(s.trace, "-- the history is lost")
		switch chance.IntN(4) {
		case 0:
			s.restart(true)
		case 1:
			s.restart(false)
		case 2:
			s.reload()
		}
		s.run(g, chance.IntN(20))
		s.run(g, -1)
		if len(s.homes) != 1 {
			s.fail("%d instances are left", len(s.homes))
		}
		for seq := range s.homes {
			s.settledOn(seq)
		}
		if t.Failed() {
			return
		}
	}
}
