package locator_test

import (
	"flag"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

var update = flag.Bool("update", false, "write the golden files anew")

func smallest(t *testing.T) locator.Config {
	t.Helper()
	places, err := locator.Places(netip.MustParsePrefix("172.30.77.0/24"), 8080, 4)
	if err != nil {
		t.Fatal(err)
	}
	return locator.Config{Slots: places, SessionCookie: "JSESSIONID", TTL: 30 * time.Minute}
}

func TestRenderedFilesAreTheGoldenOnes(t *testing.T) {
	everything := smallest(t)
	everything.Secure, everything.Log, everything.User = true, "/dev/log local0", "haproxy"
	everything.Group = "docker"
	everything.Metrics = netip.MustParseAddrPort("127.0.0.1:9101")
	everything.Bind = []string{":80", ":443 ssl crt /etc/ssl/private/shop.pem"}
	everything.TTL, everything.CheckInterval, everything.LongestRequest = 8*time.Second, time.Second, 90*time.Second
	for name, c := range map[string]locator.Config{"smallest": smallest(t), "everything": everything} {
		t.Run(name, func(t *testing.T) {
			got, err := locator.Render(c)
			if err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + name + ".cfg"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s differs; -update shows how:\n%s", file, got)
			}
		})
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	tests := map[string]struct {
		change func(*locator.Config)
		want   string
	}{
		"no slots":              {func(c *locator.Config) { c.Slots = nil }, "slots: 0 given, at least 2 are needed: the old instance and the new one"},
		"one slot":              {func(c *locator.Config) { c.Slots = c.Slots[:1] }, "slots: 1 given"},
		"slot without a name":   {func(c *locator.Config) { c.Slots[0].Name = "" }, `slot "": letters`},
		"slot with a blank":     {func(c *locator.Config) { c.Slots[0].Name = "s 1" }, `slot "s 1": letters`},
		"slot with a line":      {func(c *locator.Config) { c.Slots[0].Name = "s1\nfrontend x" }, `slot "s1\nfrontend x": letters`},
		"slot for the regex":    {func(c *locator.Config) { c.Slots[0].Name = "s.1" }, `slot "s.1": letters`},
		"same name":             {func(c *locator.Config) { c.Slots[1].Name = "s1" }, "slot s1: the name is taken"},
		"same address":          {func(c *locator.Config) { c.Slots[1].Address = c.Slots[0].Address }, "slot s2: the address 172.30.77.11:8080 is taken"},
		"no address":            {func(c *locator.Config) { c.Slots[0].Address = netip.AddrPort{} }, "is no address and port"},
		"no port":               {func(c *locator.Config) { c.Slots[0].Address = netip.AddrPortFrom(c.Slots[0].Address.Addr(), 0) }, "slot s1: 172.30.77.11:0 is no address and port"},
		"any address":           {func(c *locator.Config) { c.Slots[0].Address = netip.MustParseAddrPort("0.0.0.0:80") }, "slot s1: 0.0.0.0:80 is no address and port"},
		"outside the subnet":    {func(c *locator.Config) { c.Subnet = netip.MustParsePrefix("172.30.77.12/30") }, "slot s1: 172.30.77.11 is not in subnet 172.30.77.12/30"},
		"no session cookie":     {func(c *locator.Config) { c.SessionCookie = "" }, `session cookie: "" is no name of a cookie`},
		"cookie with a bracket": {func(c *locator.Config) { c.SessionCookie = "a)" }, `session cookie: "a)" is no name`},
		"same cookie":           {func(c *locator.Config) { c.RouteCookie = "jsessionid" }, "route cookie: jsessionid is the application's own cookie"},
		"cookie for the regex":  {func(c *locator.Config) { c.RouteCookie = "a.b" }, `route cookie: "a.b" is no name`},
		"no ttl":                {func(c *locator.Config) { c.TTL = 0 }, "session ttl: 0s is not 4s or more in whole seconds"},
		"short ttl":             {func(c *locator.Config) { c.TTL = 3 * time.Second }, "session ttl: 3s is not 4s or more"},
		"uneven ttl":            {func(c *locator.Config) { c.TTL = 4500 * time.Millisecond }, "session ttl: 4.5s is not 4s or more"},
		"endless ttl":           {func(c *locator.Config) { c.TTL = 1000 * time.Hour }, "session ttl: 1000h0m0s is more than 480h"},
		"endless request":       {func(c *locator.Config) { c.LongestRequest = 25 * time.Hour }, "longest request: 25h0m0s is not between 1s and 24h"},
		"negative request":      {func(c *locator.Config) { c.LongestRequest = -time.Second }, "longest request: -1s is not between"},
		"hasty checks":          {func(c *locator.Config) { c.CheckInterval = time.Millisecond }, "check interval: 1ms is not between 50ms and 1m"},
		"fall 1":                {func(c *locator.Config) { c.Fall = 1 }, "fall: 1 is not between 2 and 100"},
		"rise -1":               {func(c *locator.Config) { c.Rise = -1 }, "rise: -1 is not between 1 and 100"},
		"a tiny table":          {func(c *locator.Config) { c.TableSize = 1 }, "table size: 1 is not between"},
		"backend in two words":  {func(c *locator.Config) { c.Backend = "a b" }, `backend: "a b" is no name`},
		"bind with a comment":   {func(c *locator.Config) { c.Bind = []string{":80 # mine"} }, `bind: ":80 # mine" is no address`},
		"bind of nothing":       {func(c *locator.Config) { c.Bind = []string{""} }, `bind: "" is no address`},
		"health path":           {func(c *locator.Config) { c.HealthPath = "healthz" }, `health path: "healthz" is no path`},
		"health path of two":    {func(c *locator.Config) { c.HealthPath = "/a b" }, `health path: "/a b" is no path`},
		"relative socket":       {func(c *locator.Config) { c.AdminSocket = "admin.sock" }, `admin socket: "admin.sock" is no absolute path`},
		"socket on tcp":         {func(c *locator.Config) { c.AdminSocket = "ipv4@0.0.0.0:99" }, `admin socket: "ipv4@0.0.0.0:99" is no absolute path`},
		"one socket for two":    {func(c *locator.Config) { c.ReadSocket = locator.DefaultAdminSocket }, "read socket: /run/haddock/admin.sock is the admin socket already"},
		"a long socket":         {func(c *locator.Config) { c.ReadSocket = "/" + strings.Repeat("x", 100) }, "is too long for a unix socket"},
		"list with a blank":     {func(c *locator.Config) { c.DrainList = "/a b" }, `drain list: "/a b" is no absolute path`},
		"state file":            {func(c *locator.Config) { c.StateFile = "x" }, `state file: "x" is no absolute path`},
		"peers for everybody":   {func(c *locator.Config) { c.Peers = netip.MustParseAddrPort("0.0.0.0:10180") }, "peers: 0.0.0.0:10180 is not on the loopback"},
		"metrics":               {func(c *locator.Config) { c.Metrics = netip.MustParseAddrPort("127.0.0.1:0") }, "metrics: 127.0.0.1:0 has no port"},
		"log":                   {func(c *locator.Config) { c.Log = "/dev/log\nuser root" }, "log: "},
		"group":                 {func(c *locator.Config) { c.Group = "docker level user" }, `group: "docker level user" is no name of a group`},
		"user":                  {func(c *locator.Config) { c.User = "root\n" }, `user: "root\n" is no name of a user`},
	}
	if err := smallest(t).Validate(); err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := smallest(t)
			test.change(&c)
			err := c.Validate()
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want the one fault %s", err, test.want)
			}
			if _, err := locator.Render(c); err == nil {
				t.Error("it is rendered all the same")
			}
		})
	}
	all := locator.Config{}.Validate()
	if got := strings.Count(all.Error(), "\n") + 1; got != 3 {
		t.Errorf("an empty Config has %d faults, want slots, session cookie and ttl: %v", got, all)
	}
}

func TestPlacesLeaveRoomForTheGateway(t *testing.T) {
	got, err := locator.Places(netip.MustParsePrefix("10.1.2.99/24"), 80, 2)
	want := []locator.Place{
		{Name: "s1", Address: netip.MustParseAddrPort("10.1.2.11:80")},
		{Name: "s2", Address: netip.MustParseAddrPort("10.1.2.12:80")},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := locator.Places(netip.MustParsePrefix("10.1.2.0/28"), 80, 8); err == nil || err.Error() != "8 slots do not fit into subnet 10.1.2.0/28: there is room for 4" {
		t.Errorf("got %v", err)
	}
}

func TestExpireCoversTheLongestRequest(t *testing.T) {
	if got := smallest(t).Expire(); got != 31*time.Minute {
		t.Errorf("got %v", got)
	}
}

func TestAProxyOfAConfigKnowsItsDrainList(t *testing.T) {
	f := newFake(t, answers())
	c := smallest(t)
	c.Backend, c.DrainList = "shop", "/x/y"
	p := c.Proxy(f.dial)
	if p.Backend() != "shop" {
		t.Errorf("got backend %s", p.Backend())
	}
	if err := p.Strict(t.Context(), "s1", false); err != nil || !slices.Equal(f.sent(t), []string{"show acl /x/y"}) {
		t.Errorf("got %v, %q", err, f.sent(t))
	}
}

func TestCheckRefusesWhatItCannotCompare(t *testing.T) {
	f := newFake(t, answers())
	if _, err := locator.Check(t.Context(), f.proxy(), locator.Config{}); err == nil || !strings.Contains(err.Error(), "session cookie") {
		t.Errorf("an invalid Config: %v", err)
	}
	if _, err := locator.Check(t.Context(), locator.New(f.dial, "web"), smallest(t)); err == nil || !strings.Contains(err.Error(), "backend web is asked for") {
		t.Errorf("another backend: %v", err)
	}
}

func TestCheckRefusesOldVersions(t *testing.T) {
	for version, old := range map[string]bool{"2.4.22-0ubuntu0": true, "1.9": true, "2.6.12-1+deb12u4": false, "2.10-dev": false, "3.0.0": false, "what": true} {
		replies := answers()
		replies["show info"] = strings.Replace(infoReply, "2.6.12-1+deb12u4", version, 1)
		replies["show stat app 6 -1"] = statReply
		replies["show cli level"] = "[6]: admin\n"
		replies["show table app"] = "[3]: No such table\n"
		differences, err := locator.Check(t.Context(), newFake(t, replies).proxy(), smallest(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(differences, func(d locator.Difference) bool { return d.What == "version" }); got != old {
			t.Errorf("%s: %v", version, differences)
		}
	}
}
