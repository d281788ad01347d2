package haddock

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
)

const (
	simExpire = 10 * time.Second
	simCheck  = time.Second // from ready to a fresh check
)

// A sim is a host and a locator as far as Next can tell: verbs change it, time
// passes in it, visitors come and go.
type sim struct {
	t       *testing.T
	now     time.Time
	started time.Time // of the locator
	pid     int
	slots   []*simSlot
	homes   map[int]*host.Instance
	sick    map[int]bool // its checks fail
	history History
	file    []simSlot // the server-state file
	kept    map[string]int
	trace   []string
	slack   bool // the locator was without its state: new sessions may have nowhere to go
	sown    bool // visitors come
	until   Event
	open    bool // new sessions had somewhere to go
}

type simSlot struct {
	locator.Slot
	ready    time.Time // since when checks count
	strict   bool
	real     int // sessions that the application has
	draining time.Time
}

func newSim(t *testing.T, slots int) *sim {
	t.Helper()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	s := &sim{t: t, now: now, started: now.Add(-time.Hour), pid: 1, homes: map[int]*host.Instance{}, sick: map[int]bool{}, sown: true}
	for i := range slots {
		s.slots = append(s.slots, &simSlot{Slot: locator.Slot{Name: fmt.Sprintf("s%d", i+1), ID: i + 1, Admin: locator.Maint, Weight: 100}})
	}
	return s
}

// serving puts instance 1 into slot s1, with all new sessions.
func (s *sim) serving() {
	const seq, slot = 1, "s1"
	s.homes[seq] = &host.Instance{
		Identity: host.Identity{Slot: slot, Seq: seq, Version: fmt.Sprintf("1.%d", seq), Image: fmt.Sprint("x@", seq)}, ID: fmt.Sprint(seq),
		Status: statusRunning, Running: true, StartedAt: s.now.Add(-time.Hour),
	}
	at := s.slot(slot)
	at.Admin, at.Weight, at.ready, at.real, at.Sessions = locator.Ready, 100, s.now.Add(-time.Hour), 5, 5
	s.history = append(
		s.history, Line{Event: Begun, Seq: seq, Time: s.now.Add(-time.Hour), Release: &Facts{Image: fmt.Sprint("x@", seq), Version: fmt.Sprintf("1.%d", seq)}, Steps: steps()},
		Line{Event: Weighted, Seq: seq, Slot: slot, Percent: 100, Time: s.now.Add(-time.Hour)},
		Line{Event: Finished, Seq: seq, Slot: slot, Time: s.now.Add(-time.Hour)})
}

func steps() []Step {
	return []Step{{Percent: 10, Bake: 5 * time.Second}, {Percent: 50, Bake: 5 * time.Second}, {Percent: 100}}
}

func (s *sim) slot(name string) *simSlot {
	i := slices.IndexFunc(s.slots, func(o *simSlot) bool { return o.Name == name })
	return s.slots[i]
}

func (s *sim) in(slot string) *host.Instance {
	for _, home := range s.homes {
		if home.Slot == slot {
			return home
		}
	}
	return nil
}

func (s *sim) well(slot *simSlot) bool {
	home := s.in(slot.Name)
	return home != nil && home.Running && !s.sick[home.Seq]
}

func (s *sim) world() World {
	w := World{Now: s.now, Expire: simExpire, History: s.history, Kept: s.kept}
	w.Proxy = locator.State{PID: s.pid, Uptime: s.now.Sub(s.started).Truncate(time.Second), TableSize: 1000}
	for _, slot := range s.slots {
		one := slot.Slot
		checked := s.now.Sub(slot.ready) >= simCheck
		one.Up = one.Admin != locator.Maint && (s.well(slot) || !checked)
		one.Fresh = one.Admin != locator.Maint && s.well(slot) && checked
		w.Proxy.Slots = append(w.Proxy.Slots, one)
		w.Proxy.TableUsed += one.Sessions
		if slot.strict {
			w.Proxy.Strict = append(w.Proxy.Strict, one.Name)
		}
	}
	for _, home := range s.homes {
		w.Instances = append(w.Instances, *home)
	}
	return w
}

// fresh is Slot.Fresh at this moment.
func (s *sim) fresh(name string) bool {
	slot, _ := s.world().Proxy.Slot(name)
	return slot.Fresh
}

// apply does what a verb does, and finds the ones that break a promise.
func (s *sim) apply(op Op) {
	s.t.Helper()
	s.trace = append(s.trace, op.String())
	switch op.Verb {
	case doCreate:
		s.homes[op.Seq] = &host.Instance{
			Identity: host.Identity{Slot: op.Slot, Seq: op.Seq, Version: fmt.Sprintf("1.%d", op.Seq), Image: fmt.Sprint("x@", op.Seq)}, ID: fmt.Sprint(op.Seq), Status: statusCreated,
		}
	case doStart:
		home := s.homes[op.Seq]
		home.Status, home.Running, home.StartedAt = statusRunning, true, s.now
	case doStop:
		home := s.homes[op.Seq]
		s.noVisitors(op, home.Slot)
		home.Status, home.Running = statusExited, false
	case doRemove:
		s.noVisitors(op, s.homes[op.Seq].Slot)
		delete(s.homes, op.Seq)
	case doRecord:
		line := op.Line
		line.Time = s.now
		s.history = append(s.history, line)
		if line.Event == Cut {
			s.slot(line.Slot).real = 0
		}
	case doKeep, doSmoke, doHook:
	default:
		s.applyToLocator(op)
	}
	s.served()
}

func (s *sim) applyToLocator(op Op) {
	for _, w := range op.Weights {
		slot := s.slot(w.Slot)
		if w.Weight > 0 && slot.Weight == 0 && slot.Admin == locator.Ready && !s.fresh(w.Slot) {
			s.fail("%s gives new sessions to %s, which was not checked", op, w.Slot)
		}
		slot.Weight = w.Weight
	}
	if op.Verb == doWeights {
		return
	}
	slot := s.slot(op.Slot)
	switch op.Verb {
	case doReady:
		if slot.Weight > 0 && slot.Admin != locator.Ready && !s.fresh(op.Slot) {
			s.fail("%s opens a slot with a weight that was not checked", op)
		}
		if slot.Admin == locator.Maint {
			slot.ready = s.now
		}
		slot.Admin = locator.Ready
	case doDrain:
		if slot.Admin == locator.Maint {
			slot.ready = s.now
		}
		slot.Admin = locator.Drain
	case doMaint:
		if !s.slack {
			s.noVisitors(op, op.Slot)
		}
		slot.Admin = locator.Maint
	case doForget:
		slot.Sessions = 0
	case doStrict:
		if slot.Sessions < slot.real {
			s.fail("%s: the table knows %d of %d sessions, the others would be turned away", op, slot.Sessions, slot.real)
		}
		slot.strict = true
	case doUnstrict:
		slot.strict = false
	case doShutdown:
	default:
		s.fail("unknown verb %s", op)
	}
}

func (s *sim) noVisitors(op Op, slot string) {
	home, cut := s.in(slot), false
	for _, line := range s.history {
		cut = cut || line.Event == Cut && home != nil && line.Seq == home.Seq
	}
	if at := s.slot(slot); at.real > 0 && !cut && home != nil && home.Running {
		s.fail("%s ends %d live sessions", op, at.real)
	}
}

// served finds out whether new sessions have an instance to go to.
func (s *sim) served() {
	for _, slot := range s.slots {
		if slot.Admin == locator.Ready && slot.Weight > 0 && s.well(slot) {
			s.open = true
			return
		}
	}
	if !s.slack && s.open && slices.ContainsFunc(s.slots, s.well) {
		s.fail("new sessions have nowhere to go")
	}
}

func (s *sim) fail(format string, args ...any) {
	s.t.Helper()
	for _, line := range s.trace {
		s.t.Log(line)
	}
	s.t.Fatalf(format, args...)
}

// pass lets time go by: visitors come to where they are sent, show themselves,
// and leave instances that drain.
func (s *sim) pass(d time.Duration) {
	s.now = s.now.Add(d)
	for _, slot := range s.slots {
		home := s.in(slot.Name)
		switch {
		case home == nil || !home.Running:
			slot.real, slot.Sessions = 0, 0
		case slot.Admin == locator.Ready && slot.Weight > 0 && s.sown && s.well(slot):
			slot.Sessions += 5 - slot.real // the table learns new ones at once
			slot.real = 5
			slot.draining = time.Time{}
		case slot.Admin == locator.Drain && slot.draining.IsZero():
			slot.draining = s.now
		case slot.Admin == locator.Drain && s.now.Sub(slot.draining) > 4*time.Second:
			slot.real, slot.Sessions = 0, 0
		}
		if s.now.Sub(s.started) > simExpire-2*time.Second {
			slot.Sessions = slot.real // every session has shown itself
		}
	}
	s.served()
	s.slack = s.slack && !slices.ContainsFunc(s.slots, func(o *simSlot) bool {
		return o.Admin == locator.Ready && o.Weight > 0
	})
}

// save is what a command does after each action.
func (s *sim) save() {
	s.file = nil
	for _, slot := range s.slots {
		s.file = append(s.file, *slot)
	}
}

// restart starts the locator again; the table is empty then.
func (s *sim) restart(withFile bool) {
	s.trace = append(s.trace, fmt.Sprintf("-- the locator restarts, state file: %v", withFile))
	s.started, s.pid, s.slack = s.now, s.pid+1, true
	for i, slot := range s.slots {
		slot.strict, slot.Sessions, slot.ready = false, 0, s.now
		if withFile && s.file != nil {
			slot.Admin, slot.Weight = s.file[i].Admin, s.file[i].Weight
		} else if !withFile {
			slot.Admin, slot.Weight = locator.Maint, 100
		}
	}
	s.kept = nil
}

// reload replaces the locator by another process that gets the table.
func (s *sim) reload() {
	s.trace = append(s.trace, "-- the locator reloads")
	before := s.world()
	for _, slot := range s.slots {
		slot.strict = false
	}
	s.started, s.pid = s.now, s.pid+1
	s.kept = before.keeps(s.world().Proxy)
}

// run does what Next says until there is nothing left to do, a person is asked,
// or so many verbs are done; then the command dies.
func (s *sim) run(g Goal, verbs int) (last Action, died bool) {
	s.t.Helper()
	for range 2000 {
		a := Next(s.world(), g)
		s.trace = append(s.trace, fmt.Sprintf("%s #%d %s", a.Kind, a.Seq, a.Text))
		if a.Kind == Settled || a.Kind == Pause || a.Kind == NoSlot {
			return a, false
		}
		for _, op := range a.Ops {
			if verbs == 0 {
				s.trace = append(s.trace, "-- killed")
				s.kept = nil
				return a, true
			}
			verbs--
			s.apply(op)
			s.pass(10 * time.Millisecond)
			if s.until != "" && op.Line.Event == s.until {
				s.until = ""
				return a, true
			}
		}
		if a.changes() {
			s.save()
		} else {
			s.pass(500 * time.Millisecond)
		}
	}
	s.fail("no end is reached")
	return Action{}, false
}
