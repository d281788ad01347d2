package locator

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Difference is one thing in which a running HAProxy is not what its Config
// asks for.
type Difference struct {
	What     string // the thing: "slot s3"
	Is, Want string // "missing", "172.30.77.13:8080"
	Effect   string // what comes of it
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s, want %s: %s", d.What, d.Is, d.Want, d.Effect)
}

// backendLine is the name under which `show stat` sums up a backend.
const backendLine = "BACKEND"

// Check compares a running HAProxy with what Render gives for the Config, as
// far as HAProxy tells: not the rules of the frontend, nor the path of the
// health check, nor the idle time of the cookie. No difference is a nil slice.
// It adds a row to the table and removes it. An error means that nothing could
// be compared.
func Check(ctx context.Context, p *Proxy, c Config) ([]Difference, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("compare haproxy with its configuration: %w", err)
	}
	c = c.WithDefaults()
	if p.backend != c.Backend {
		return nil, fmt.Errorf("compare haproxy with its configuration: backend %s is asked for, the configuration has %s", p.backend, c.Backend)
	}
	s, err := p.WithDrainList(c.DrainList).survey(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare haproxy with its configuration: %w", err)
	}
	d := differences{config: c, survey: s}
	d.process()
	if !s.backend {
		d.add("backend "+c.Backend, "missing", "a backend of this name", "nobody is served")
		return d.found, nil
	}
	d.slots()
	d.routing()
	d.table()
	return d.found, nil
}

// A survey is what a running HAProxy tells about its configuration. What is not
// configured is zero.
type survey struct {
	info    info
	sockets string
	backend bool
	servers []server
	stats   []stat
	list    bool
	table   table
	peers   bool
	expire  time.Duration
	level   string // of the socket
}

func (p *Proxy) survey(ctx context.Context) (survey, error) {
	if err := p.checkNames(); err != nil {
		return survey{}, err
	}
	var s survey
	err := p.talk(ctx, []string{
		"show info",
		"show cli level",
		"show cli sockets",
		"show servers state " + p.backend,
		"show stat " + p.backend + " 6 -1", // 2 and 4: the backend and its servers
		"show acl " + p.drainList,
		"show peers",
		"show table " + p.backend,
	}, func(r *replies) error { return p.hearSurvey(r, &s) })
	if err != nil || s.table.size == 0 {
		return s, err
	}
	s.expire, err = p.TableExpire(ctx)
	return s, unlessRefused(err)
}

func (p *Proxy) hearSurvey(r *replies, s *survey) error {
	var infoErr, levelErr, socketsErr, serversErr, statsErr, listErr, peersErr, tableErr error
	s.info, infoErr = hearInfo(r)
	s.level, levelErr = r.text()
	s.sockets, socketsErr = r.text()
	s.servers, serversErr = hearText(r, parseServers)
	s.stats, statsErr = hearText(r, parseStats)
	_, listErr = hearText(r, parseList)
	var peers string
	peers, peersErr = r.text()
	s.table, tableErr = hearTable(r)
	s.backend, s.list = serversErr == nil, listErr == nil
	s.peers = regexp.MustCompile(`table:0x[0-9a-f]+ id=` + regexp.QuoteMeta(p.backend) + ` `).MatchString(peers)
	return firstOf(infoErr, unlessRefused(levelErr), unlessRefused(socketsErr), unlessRefused(serversErr), unlessRefused(statsErr),
		unlessRefused(listErr), unlessRefused(peersErr), unlessRefused(tableErr))
}

// unlessRefused drops the error that says that there is no such thing.
func unlessRefused(err error) error {
	if _, refused := errors.AsType[*CommandError](err); refused {
		return nil
	}
	return err
}

type differences struct {
	config Config
	survey survey
	found  []Difference
}

func (d *differences) add(what, is, want, effect string) {
	d.found = append(d.found, Difference{What: what, Is: is, Want: want, Effect: effect})
}

func (d *differences) process() {
	if !atLeast26(d.survey.info.version) {
		d.add("version", d.survey.info.version, "2.6 or later", "its answers may mean something else")
	}
	for line := range strings.Lines(d.survey.sockets) {
		address, level, _ := strings.Cut(line, " ")
		if strings.HasPrefix(address, "ipv4@") || strings.HasPrefix(address, "ipv6@") {
			d.add("socket "+address, "on TCP, level "+strings.Fields(level + " unknown")[0], "unix sockets only", "whoever connects commands haproxy, without any password")
		}
	}
	// it is a notice: "[6]: admin"
	if level := strings.TrimSpace(d.survey.level[strings.LastIndex(d.survey.level, ":")+1:]); level != "admin" {
		d.add("socket", "level "+orNothing(level), "level admin", "haddock can read there, but move no traffic")
	}
}

// atLeast26 reads versions like 2.6.12-1+deb12u4 and 3.4-dev1.
func atLeast26(version string) bool {
	first, rest, _ := strings.Cut(version, ".")
	second := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	major, err1 := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(second)
	return err1 == nil && err2 == nil && (major > 2 || major == 2 && minor >= 6)
}

func (d *differences) slots() {
	for _, want := range d.config.Slots {
		i := slices.IndexFunc(d.survey.servers, func(s server) bool { return s.name == want.Name })
		if i < 0 {
			d.add("slot "+want.Name, "missing", want.Address.String(), "no instance can be put there")
			continue
		}
		d.slot(want, d.survey.servers[i])
	}
	for _, s := range d.survey.servers {
		if !slices.ContainsFunc(d.config.Slots, func(want Place) bool { return want.Name == s.name }) {
			d.add("slot "+s.name, "there", "not there", "it may take visitors that haddock knows nothing of")
		}
	}
}

func (d *differences) slot(want Place, is server) {
	what := "slot " + want.Name
	address, err := netip.ParseAddr(is.address)
	if err != nil || address != want.Address.Addr() || is.port != int(want.Address.Port()) {
		d.add(what, fmt.Sprintf("address %s port %d", is.address, is.port), want.Address.String(), "its visitors go elsewhere; an old server-state file can cause that")
	}
	if !is.checked {
		d.add(what, "not checked", "a health check", "a broken instance would take visitors")
	}
	st := d.stat(want.Name)
	if st.cookie != want.Name {
		d.add(what, "cookie "+orNothing(st.cookie), "cookie "+want.Name, "the drain list cannot name it, a restart loses its visitors")
	}
	if st.rise > 0 && (st.rise != d.config.Rise || st.fall != d.config.Fall) { // nothing is told in maint
		d.add(what, fmt.Sprintf("rise %d fall %d", st.rise, st.fall), fmt.Sprintf("rise %d fall %d", d.config.Rise, d.config.Fall), "a fresh success is told from these")
	}
}

func (d *differences) stat(name string) stat {
	i := slices.IndexFunc(d.survey.stats, func(st stat) bool { return st.name == name })
	if i < 0 {
		return stat{}
	}
	return d.survey.stats[i]
}

func (d *differences) routing() {
	c, backend := d.config, d.stat(backendLine)
	what := "backend " + c.Backend
	if backend.algorithm != "roundrobin" {
		d.add(what, "balance "+orNothing(backend.algorithm), "balance roundrobin", "weights may be out of reach at run time")
	}
	if backend.cookie != c.RouteCookie {
		d.add(what, "cookie "+orNothing(backend.cookie), "cookie "+c.RouteCookie, "a restart of haproxy moves visitors to another instance")
	}
	if !d.survey.list {
		d.add("drain list", "missing", c.DrainList, "visitors whose session ended start the next one on the draining instance, and it never empties")
	}
}

func (d *differences) table() {
	c, is := d.config, d.survey
	what := "table " + c.Backend
	if is.table.size == 0 {
		d.add(what, "missing", "a stick-table in backend "+c.Backend, "sessions cannot be counted")
		return
	}
	if is.table.kind != "string" {
		d.add(what, "type "+is.table.kind, "type string", "it does not hold session ids")
	}
	if is.table.size != c.TableSize {
		d.add(what, fmt.Sprintf("size %d", is.table.size), fmt.Sprintf("size %d", c.TableSize), "a full table forgets sessions before they end")
	}
	if isFull(is.table.used, is.table.size) {
		d.add(what, fmt.Sprintf("full with %d rows", is.table.used), "room for four times the peak", "sessions are forgotten before they end")
	}
	if is.expire > 0 && is.expire.Round(time.Second) != c.Expire().Round(time.Second) {
		d.add(what, fmt.Sprintf("expire %v", is.expire), fmt.Sprintf("expire %v", c.Expire()), "sessions count for too short or too long")
	}
	if !is.peers {
		d.add(what, "no peers", "peers with a server for the local host", "a reload forgets all sessions")
	}
}

func orNothing(word string) string {
	if word == "" {
		return "none"
	}
	return word
}
