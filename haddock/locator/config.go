package locator

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The defaults of a Config.
const (
	DefaultBackend        = "app"
	DefaultBind           = ":80"
	DefaultHealthPath     = "/healthz"
	DefaultRouteCookie    = "HDSRV"
	DefaultLongestRequest = time.Minute
	DefaultTableSize      = 200_000
	DefaultCheckInterval  = 500 * time.Millisecond
	DefaultRise           = 2
	DefaultFall           = 2
	DefaultAdminSocket    = "/run/haddock/admin.sock"
	DefaultReadSocket     = "/run/haddock/ro.sock"
	DefaultStateFile      = "/var/lib/haddock/servers.state"
	DefaultPeers          = "127.0.0.1:10180"
)

// PreviewHeader names the slot that must answer, whatever its weight, in a
// request from the proxy's own host that came through no other proxy. A slot in
// maint does not: another one answers.
const PreviewHeader = "X-Haddock-Preview"

// A Place is where the instance of a slot will be. It is fixed, so that there is
// no address to restore after a restart, and none that a stranger may get.
type Place struct {
	Name    string // s1
	Address netip.AddrPort
}

// Places gives count slots s1, s2, ... in a subnet: slot i at the subnet's
// address plus 10 plus i, which leaves room for the gateway and others.
func Places(subnet netip.Prefix, port uint16, count int) ([]Place, error) {
	const before = 10
	address := subnet.Masked().Addr()
	for range before {
		address = address.Next()
	}
	places := make([]Place, 0, count)
	for i := range count {
		address = address.Next()
		if !subnet.Contains(address.Next()) { // the last one is for broadcasts
			return nil, fmt.Errorf("%d slots do not fit into subnet %s: there is room for %d", count, subnet, i)
		}
		places = append(places, Place{Name: fmt.Sprintf("s%d", i+1), Address: netip.AddrPortFrom(address, port)})
	}
	return places, nil
}

// A Config is what haddock wants of HAProxy for one service in one environment.
// Slots, SessionCookie and TTL must be set; the rest has defaults.
type Config struct {
	Backend string
	Bind    []string // of the frontend, in HAProxy's words: ":443 ssl crt /etc/ssl/shop.pem"
	Slots   []Place
	Subnet  netip.Prefix // when set, all slots must lie in it

	SessionCookie string        // the application's, like JSESSIONID
	TTL           time.Duration // after which a session without requests is over; whole seconds, 4 or more
	// LongestRequest is how long an instance may take to answer. A request of
	// this length does not let its session fall out of the table.
	LongestRequest time.Duration

	RouteCookie string // haddock's own, with the name of the slot
	Secure      bool   // visitors come by TLS alone: cookies are Secure, the application is told https
	TableSize   int    // sessions at once; four times the peak is right

	HealthPath    string
	CheckInterval time.Duration
	Rise, Fall    int // Fall is at least 2, or a fresh success could not be told from a new slot

	// Unix sockets. The second one is for looking: it moves no traffic. HAProxy
	// lets it change the table and the drain list all the same.
	AdminSocket, ReadSocket string
	DrainList, StateFile    string
	Peers                   netip.AddrPort // on the loopback, where the next process gets the table at a reload
	Metrics                 netip.AddrPort // of the Prometheus exporter; none when not set
	Log                     string         // where HAProxy logs requests, like "/dev/log local0"; empty is nowhere
	User                    string         // and group, under which HAProxy runs; empty is who starts it
	Group                   string         // that may use both sockets; empty is only who starts HAProxy
}

// WithDefaults returns the Config with defaults for what is not set.
func (c Config) WithDefaults() Config {
	c.Backend = cmp.Or(c.Backend, DefaultBackend)
	if len(c.Bind) == 0 {
		c.Bind = []string{DefaultBind}
	}
	c.LongestRequest = cmp.Or(c.LongestRequest, DefaultLongestRequest)
	c.RouteCookie = cmp.Or(c.RouteCookie, DefaultRouteCookie)
	c.TableSize = cmp.Or(c.TableSize, DefaultTableSize)
	c.HealthPath = cmp.Or(c.HealthPath, DefaultHealthPath)
	c.CheckInterval = cmp.Or(c.CheckInterval, DefaultCheckInterval)
	c.Rise = cmp.Or(c.Rise, DefaultRise)
	c.Fall = cmp.Or(c.Fall, DefaultFall)
	c.AdminSocket = cmp.Or(c.AdminSocket, DefaultAdminSocket)
	c.ReadSocket = cmp.Or(c.ReadSocket, DefaultReadSocket)
	c.DrainList = cmp.Or(c.DrainList, DefaultDrainList)
	c.StateFile = cmp.Or(c.StateFile, DefaultStateFile)
	if !c.Peers.IsValid() {
		c.Peers = netip.MustParseAddrPort(DefaultPeers)
	}
	return c
}

// Expire is how long the table keeps a session without requests. After a start
// without peers a count of 0 means nothing before this time has passed.
func (c Config) Expire() time.Duration {
	return c.TTL + cmp.Or(c.LongestRequest, DefaultLongestRequest)
}

// Proxy returns the backend of a HAProxy that runs with this Config.
func (c Config) Proxy(dial Dial) *Proxy {
	c = c.WithDefaults()
	return New(dial, c.Backend).WithDrainList(c.DrainList)
}

// Forms of what is written into the configuration: nothing in them can end a
// line, a word or a quotation.
var (
	cookieForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	routeForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) // part of a regular expression
	urlForm    = regexp.MustCompile(`^/[A-Za-z0-9_./?&=%:@+~-]*$`)
	wordsForm  = regexp.MustCompile(`^[A-Za-z0-9_./:@*,=+\[\]-]+( [A-Za-z0-9_./:@*,=+\[\]-]+)*$`)
	userForm   = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
)

// Validate returns all that is wrong with the Config, defaults applied, one
// error per fault.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var f faults
	f.unless(nameForm.MatchString(c.Backend), "backend: %q is no name: letters, digits, '_', '-', '.' and ':' only", c.Backend)
	for _, bind := range c.Bind {
		f.unless(wordsForm.MatchString(bind), "bind: %q is no address with options, like \":80\"", bind)
	}
	f.unless(cookieForm.MatchString(c.SessionCookie), "session cookie: %q is no name of a cookie: letters, digits, '_', '.' and '-' only", c.SessionCookie)
	f.unless(routeForm.MatchString(c.RouteCookie), "route cookie: %q is no name of a cookie: letters, digits, '_' and '-' only", c.RouteCookie)
	f.unless(!strings.EqualFold(c.SessionCookie, c.RouteCookie), "route cookie: %s is the application's own cookie", c.RouteCookie)
	f.unless(urlForm.MatchString(c.HealthPath), "health path: %q is no path, like /healthz", c.HealthPath)
	f.unless(c.Log == "" || wordsForm.MatchString(c.Log), "log: %q is no target, like \"/dev/log local0\"", c.Log)
	f.unless(c.User == "" || userForm.MatchString(c.User), "user: %q is no name of a user", c.User)
	f.unless(c.Group == "" || userForm.MatchString(c.Group), "group: %q is no name of a group", c.Group)
	f.unless(c.Peers.Addr().IsLoopback() && c.Peers.Port() > 0, "peers: %s is not on the loopback, anybody could read and change the table there", c.Peers)
	f.unless(!c.Metrics.IsValid() || c.Metrics.Port() > 0, "metrics: %s has no port", c.Metrics)
	c.validateTimes(&f)
	c.validateFiles(&f)
	c.validateSlots(&f)
	return errors.Join(f...)
}

func (c Config) validateTimes(f *faults) {
	// HAProxy writes the idle time into its cookie in units of 4 s
	const grain, day = 4 * time.Second, 24 * time.Hour
	f.unless(c.TTL >= grain && c.TTL%time.Second == 0, "session ttl: %v is not 4s or more in whole seconds", c.TTL)
	f.unless(c.TTL <= 20*day, "session ttl: %v is more than 480h", c.TTL) // HAProxy's timers end at 24 days
	f.unless(c.LongestRequest >= time.Second && c.LongestRequest <= day && c.LongestRequest%time.Millisecond == 0,
		"longest request: %v is not between 1s and 24h", c.LongestRequest)
	f.unless(c.CheckInterval >= 50*time.Millisecond && c.CheckInterval <= time.Minute && c.CheckInterval%time.Millisecond == 0,
		"check interval: %v is not between 50ms and 1m", c.CheckInterval)
	f.unless(c.Rise >= 1 && c.Rise <= 100, "rise: %d is not between 1 and 100", c.Rise)
	f.unless(c.Fall >= 2 && c.Fall <= 100, "fall: %d is not between 2 and 100; with 1 a new slot looks as if it had been checked", c.Fall)
	f.unless(c.TableSize >= 100 && c.TableSize <= 100_000_000, "table size: %d is not between 100 and 100,000,000", c.TableSize)
}

func (c Config) validateFiles(f *faults) {
	files := []struct{ what, path string }{
		{"admin socket", c.AdminSocket}, {"read socket", c.ReadSocket}, {"drain list", c.DrainList}, {"state file", c.StateFile},
	}
	for i, file := range files {
		f.unless(pathForm.MatchString(file.path), "%s: %q is no absolute path of letters, digits and ./_@:+-", file.what, file.path)
		for _, other := range files[:i] {
			f.unless(file.path != other.path, "%s: %s is the %s already", file.what, file.path, other.what)
		}
	}
	const longest = 100 // of a socket's path, of which HAProxy needs some for a temporary name
	for _, socket := range files[:2] {
		f.unless(len(socket.path) <= longest-len(".12345.tmp"), "%s: %s is too long for a unix socket", socket.what, socket.path)
	}
}

func (c Config) validateSlots(f *faults) {
	f.unless(len(c.Slots) >= 2, "slots: %d given, at least 2 are needed: the old instance and the new one", len(c.Slots))
	for i, slot := range c.Slots {
		f.unless(routeForm.MatchString(slot.Name), "slot %q: letters, digits, '_' and '-' only", slot.Name)
		f.unless(slot.Address.IsValid() && slot.Address.Port() > 0 && !slot.Address.Addr().IsUnspecified(), "slot %s: %s is no address and port", slot.Name, slot.Address)
		f.unless(!c.Subnet.IsValid() || c.Subnet.Contains(slot.Address.Addr()), "slot %s: %s is not in subnet %s", slot.Name, slot.Address.Addr(), c.Subnet)
		before := c.Slots[:i]
		f.unless(!slices.ContainsFunc(before, func(s Place) bool { return s.Name == slot.Name }), "slot %s: the name is taken", slot.Name)
		f.unless(!slices.ContainsFunc(before, func(s Place) bool { return s.Address == slot.Address }), "slot %s: the address %s is taken", slot.Name, slot.Address)
	}
}

// faults collects what is wrong.
type faults []error

func (f *faults) unless(right bool, format string, args ...any) {
	if !right {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}
