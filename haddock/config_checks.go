package haddock

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// What HAProxy's cookies and timers allow for the life of a session.
const (
	leastTTL = 4 * time.Second
	mostTTL  = 480 * time.Hour
)

// longestSocket leaves room for what HAProxy adds to a socket's name.
const longestSocket = 80

// leastMemory is what an engine gives to a container at least.
const leastMemory = 6 << 20

// routingCookie is the locator's own.
const routingCookie = "HDSRV"

var (
	namePattern    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	urlPattern     = regexp.MustCompile(`^/[A-Za-z0-9._~+,=:@%/?&-]*$`)
	cookiePattern  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	volumePattern  = regexp.MustCompile(`^(/[^:]*|[A-Za-z0-9][A-Za-z0-9_.-]*):(/[^:]*?)(:(ro|rw))?$`)
	bytesPattern   = regexp.MustCompile(`^([0-9]+)([bkmgBKMG]?)[iI]?[bB]?$`)
	backendPattern = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)
	networkPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)
	bindPattern    = regexp.MustCompile(`^[^ ]*:[0-9]+( |$)`)
	wordsPattern   = regexp.MustCompile(`^[A-Za-z0-9_./:@*,=+\[\]-]+( [A-Za-z0-9_./:@*,=+\[\]-]+)*$`)
	pathPattern    = regexp.MustCompile(`^/[A-Za-z0-9_./@:+-]*$`) // may stand in haproxy.cfg
	userPattern    = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
)

func serviceName(name string) string { return shortName(name, "service", 40) }

func environmentName(name string) string { return shortName(name, "environment", 20) }

// shortName accepts what may stand in the names of containers, backends and
// files.
func shortName(name, of string, most int) string {
	switch {
	case len(name) > most:
		return fmt.Sprintf("is longer than %d characters", most)
	case namePattern.MatchString(name):
		return ""
	case namePattern.MatchString(strings.ToLower(name)):
		return "want lower case, write " + strings.ToLower(name)
	}
	return fmt.Sprintf("%s is no name for the %s: want letters, digits and single - between them", strictyaml.Quote(name), of)
}

func urlPath(text string) string {
	switch {
	case strings.Contains(text, "://"):
		return "want the path alone, such as /healthz"
	case !strings.HasPrefix(text, "/"):
		return "want a path, write /" + text
	case !urlPattern.MatchString(text):
		return strictyaml.Quote(text) + " is no path of a URL: want letters, digits and . _ ~ + , = : @ % / ? & -"
	}
	return ""
}

func cookieName(name string) string {
	switch {
	case !cookiePattern.MatchString(name):
		return strictyaml.Quote(name) + " is no name for a cookie: want letters, digits and _ . -"
	case strings.EqualFold(name, routingCookie):
		return routingCookie + " is the locator's own; name the application's session cookie"
	}
	return ""
}

func oneLine(text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "want one line"
	}
	return ""
}

func absolutePath(text string) string {
	switch {
	case !path.IsAbs(text):
		return strictyaml.Quote(text) + " is relative; it is a folder of another host, write it from /"
	case !pathPattern.MatchString(text):
		return strictyaml.Quote(text) + " is no path of letters, digits and . / _ @ : + -"
	case path.Clean(text) != text:
		return "write " + path.Clean(text)
	case text == "/":
		return "/ itself is no place for it"
	}
	return ""
}

func volume(text string) string {
	if !volumePattern.MatchString(text) || oneLine(text) != "" {
		return strictyaml.Quote(text) + " is no volume: want /path/on/host:/path or name:/path, with :ro at the end or not"
	}
	return ""
}

// engineAddress accepts what host.Connect understands.
func engineAddress(text string) string {
	scheme, _, _ := strings.Cut(text, "://")
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" && u.Path == "":
		return "want unix:///var/run/docker.sock, ssh://user@host or tcp://host:2376; leave it out for this machine's engine"
	case u.User != nil && hasPassword(u.User):
		return "holds a password; ssh uses keys, never passwords"
	case scheme == "unix":
		return unixAddress(text, u)
	case scheme == "ssh":
		return sshAddress(text, u, "")
	case scheme == "tcp" && (u.Port() == "" || u.Hostname() == "" || u.User != nil || u.Path != ""):
		return strictyaml.Quote(text) + " is no address of an engine, want tcp://host:2376"
	case scheme == "tcp":
		return ""
	}
	return strictyaml.Quote(text) + " is no address of an engine, want unix://, ssh:// or tcp://"
}

// locatorAddress accepts HAProxy's admin socket on this machine or behind ssh.
// HAProxy's port would be open to everybody, so there is no tcp.
func locatorAddress(text string) string {
	scheme, _, _ := strings.Cut(text, ":")
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "want unix:///run/haddock/admin.sock or ssh://user@host/run/haddock/admin.sock"
	case u.User != nil && hasPassword(u.User):
		return "holds a password; ssh uses keys, never passwords"
	case u.Path != "" && !pathPattern.MatchString(u.Path) || len(u.Path) > longestSocket:
		return fmt.Sprintf("want a path of at most %d letters, digits and . / _ @ : + -", longestSocket)
	case scheme == "unix":
		return unixAddress(text, u)
	case scheme == "ssh":
		return sshAddress(text, u, "/run/haddock/admin.sock")
	case scheme == "tcp" || scheme == "http" || scheme == "https":
		return "HAProxy's socket has no password and must not be on a port; want unix:// or ssh://"
	}
	return strictyaml.Quote(text) + " is no address of a locator, want unix:///run/haddock/admin.sock or ssh://user@host/run/haddock/admin.sock"
}

func hasPassword(user *url.Userinfo) bool {
	_, has := user.Password()
	return has
}

func unixAddress(text string, u *url.URL) string {
	if u.Host != "" || u.Path == "" || u.Opaque != "" {
		return strictyaml.Quote(text) + " is no socket, want unix:///path (three slashes)"
	}
	return oneLine(u.Path)
}

// sshAddress accepts an ssh host and, at its end, a socket there; example is one.
func sshAddress(text string, u *url.URL, example string) string {
	if u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasPrefix(u.Hostname(), "-") {
		return strictyaml.Quote(text) + " names no host, want ssh://user@host" + example
	}
	return oneLine(u.Path)
}

func backendName(name string) string {
	if !backendPattern.MatchString(name) {
		return strictyaml.Quote(name) + " is no name for a backend: want letters, digits and _ . : -"
	}
	return ""
}

func networkName(name string) string {
	if !networkPattern.MatchString(name) {
		return strictyaml.Quote(name) + " is no name for a network: want letters, digits and _ . -"
	}
	return ""
}

// bindLine accepts what may follow bind in haproxy.cfg.
func bindLine(text string) string {
	if !wordsPattern.MatchString(text) || !bindPattern.MatchString(text) {
		return strictyaml.Quote(text) + ` is nothing to bind to, want such as ":80" or ":443 ssl crt /etc/haproxy/shop.pem"`
	}
	return ""
}

func ownAddress(text string) string {
	if at, err := netip.ParseAddrPort(text); err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
		return strictyaml.Quote(text) + " is no IP address with port, want such as 127.0.0.1:9101"
	}
	return ""
}

func loopback(text string) string {
	if at, err := netip.ParseAddrPort(text); err == nil && !at.Addr().IsLoopback() {
		return "is not on the loopback; anybody could change the table of sessions there"
	}
	return ""
}

func userName(name string) string {
	if !userPattern.MatchString(name) {
		return strictyaml.Quote(name) + " is no name of a user or group, such as haproxy"
	}
	return ""
}

// words accepts what haproxy.cfg takes as it stands.
func words(text string) string {
	if !wordsPattern.MatchString(text) {
		return strictyaml.Quote(text) + " holds what haproxy.cfg would take for something else"
	}
	return ""
}

func addressPort(text string) string {
	if at, err := netip.ParseAddrPort(text); err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
		return strictyaml.Quote(text) + " is no IP address with port, want such as 10.0.0.5:18080: the address of the engine's host and the port of slot s1"
	}
	return ""
}

func subnet(text string) string {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !prefix.Addr().Is4():
		return strictyaml.Quote(text) + " is no IPv4 subnet, want such as 172.30.77.0/24"
	case prefix.Masked() != prefix:
		return "want its first address, write " + prefix.Masked().String()
	case prefix.Bits() > 28 || prefix.Bits() < 8:
		return "want a size from /8 to /28"
	}
	return ""
}

// parseBytes reads 512m or 2g, and tells how to write what it cannot.
func parseBytes(text string) (int64, string) {
	match := bytesPattern.FindStringSubmatch(text)
	if match == nil {
		return 0, strictyaml.Quote(text) + " is no size, write such as 512m or 2g"
	}
	n, err := strconv.ParseInt(match[1], 10, 64)
	unit := int64(1) << map[string]int{"": 0, "b": 0, "k": 10, "m": 20, "g": 30}[strings.ToLower(match[2])]
	switch {
	case err != nil || n > math.MaxInt64/unit:
		return 0, strictyaml.Quote(text) + " is no size, write such as 512m or 2g"
	case match[2] == "" && n < leastMemory && n > 0:
		return 0, fmt.Sprintf("%s has no unit, write %sm or %sg", text, text, text)
	case n*unit < leastMemory:
		return 0, "is less than 6m, which no engine gives"
	}
	return n * unit, ""
}

func cutPercent(text string) (string, bool) { return strings.CutSuffix(text, "%") }
