package boot

import (
	"strings"
	"sync"
	"time"
)

// A Target is what a connection asks for: a service or a SID.
type Target struct{ Service, SID string }

// answers decides what connections and logons get at this moment.
type answers struct {
	mu         sync.Mutex
	script     *Script
	phase      Phase
	since      time.Time
	services   map[string]bool
	used       map[*rule]int
	registered bool // ALTER SYSTEM REGISTER was said since the phase began
	open       bool // the database is open
	stopped    bool // it was, and is shut down
}

func newAnswers(s *Script) *answers {
	return &answers{
		script: s, since: time.Now(), used: map[*rule]int{},
		services: map[string]bool{s.SID: true, s.pdb(): true},
	}
}

func (a *answers) enter(p Phase) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.phase, a.since, a.registered = p, time.Now(), false
}

func (a *answers) setOpen(open bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open, a.stopped = open, !open
}

func (a *answers) isOpen() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open
}

func (a *answers) register() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.registered = true
}

func (a *answers) addService(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.services[strings.ToUpper(name)] = true
}

func (a *answers) knows(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.services[strings.ToUpper(name)]
}

// known lists the services in no order.
func (a *answers) known() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var names []string
	for name := range a.services {
		names = append(names, name)
	}
	return names
}

// connect answers a connection.
func (a *answers) connect(t Target) Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := strings.ToUpper(t.Service)
	if name == "" {
		name = strings.ToUpper(t.SID)
	}
	answer, ruled := a.rule(false, name)
	if !ruled {
		answer = a.usual(name)
	}
	if answer.Code == 12514 && t.Service == "" && t.SID != "" {
		answer.Code = 12505
	}
	return answer
}

// usual is the answer when the script says nothing.
func (a *answers) usual(name string) Answer {
	switch {
	case a.phase < Listener:
		return Answer{Act: NoListener}
	case a.phase == Listener || a.stopped:
		return Answer{Act: Refuse, Code: 12514}
	case a.phase == Mount:
		return Answer{Act: Refuse, Code: 12528}
	case !a.open:
		return Answer{Act: Refuse, Code: 1033}
	case name != "" && !a.services[name]:
		return Answer{Act: Refuse, Code: 12514}
	}
	return Answer{}
}

// peek is what a connection would be answered, without counting as one.
func (a *answers) peek(name string) Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	elapsed := time.Since(a.since)
	for i := range a.script.phases[a.phase].rules {
		if r := &a.script.phases[a.phase].rules[i]; !r.login && (r.whose == "" || r.whose == name) && a.applies(r, elapsed) {
			return r.answer
		}
	}
	return a.usual(name)
}

// login is the ORA code a logon with the right password gets, or 0.
func (a *answers) login(user string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer, _ := a.rule(true, strings.ToUpper(user))
	return answer.Code
}

// listening reports whether the listener is up now: a script can close it
// with "answer refused".
func (a *answers) listening() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	elapsed := time.Since(a.since)
	for i := range a.script.phases[a.phase].rules {
		if r := &a.script.phases[a.phase].rules[i]; !r.login && r.whose == "" && a.applies(r, elapsed) {
			return r.answer.Act != NoListener
		}
	}
	return a.phase >= Listener
}

func (a *answers) rule(login bool, whose string) (Answer, bool) {
	elapsed := time.Since(a.since)
	rules := a.script.phases[a.phase].rules
	for i := range rules {
		r := &rules[i]
		if r.login == login && (r.whose == "" || r.whose == whose) && a.applies(r, elapsed) {
			a.used[r]++
			return r.answer, true
		}
	}
	return Answer{}, false
}

func (a *answers) applies(r *rule, elapsed time.Duration) bool {
	return elapsed >= r.after && (r.during == 0 || elapsed < r.after+r.during) &&
		(r.first == 0 || a.used[r] < r.first) && (!r.until || !a.registered)
}
