package locator_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

func TestReadTellsTheStateOfEverySlot(t *testing.T) {
	f := newFake(t, answers())
	got, err := f.proxy().Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := locator.State{
		Version: "2.6.12-1+deb12u4", PID: 24710, Uptime: 65 * time.Second,
		TableUsed: 4, TableSize: 204800,
		Strict: []string{"s1"},
		Slots: []locator.Slot{
			{
				Name: "s1", ID: 1, Address: "127.0.0.11", Port: 8080, Admin: locator.Drain, Weight: 100, Up: true, Fresh: true,
				Check: "L7OK 200 OK", Sessions: 2, Current: 5, Queued: 1, Requests: 900,
				Responses2xx: 800, Responses4xx: 90, Responses5xx: 10, ConnectErrors: 3, ResponseErrors: 4, Retries: 3,
			},
			{
				Name: "s2", ID: 2, Address: "127.0.0.12", Port: 8080, Admin: locator.Ready, Weight: 0, Up: true,
				Check: `L7STS 503 Service, "so to say", Unavailable`, Sessions: 1,
			},
			{Name: "s3", ID: 3, Address: "127.0.0.13", Port: 8080, Admin: locator.Maint, Weight: 100},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if sent := f.sent(t); len(sent) != 1 {
		t.Errorf("%d connections, want one: only so one process answers all", len(sent))
	}
}

func TestSlotIsFoundByName(t *testing.T) {
	state := locator.State{Slots: []locator.Slot{{Name: "s1"}, {Name: "s2", ID: 2}}}
	if slot, ok := state.Slot("s2"); !ok || slot.ID != 2 {
		t.Errorf("got %+v, %v", slot, ok)
	}
	if _, ok := state.Slot("s3"); ok {
		t.Error("found a slot that is not there")
	}
}

func TestReadGivesUpOnWhatItDoesNotUnderstand(t *testing.T) {
	tests := map[string]struct {
		command, reply, want string
		kind                 error
	}{
		"another program":          {"set severity-output number", "HTTP/1.1 400 Bad request\n", "no HAProxy of 2.6 or later", locator.ErrReply},
		"an old program":           {"set severity-output number", "Unknown command. Please enter one of the following commands only :\n", "no HAProxy", locator.ErrReply},
		"no version":               {"show info", "Name: HAProxy\n", "names no program and version", locator.ErrReply},
		"no pid":                   {"show info", "Name: HAProxy\nVersion: 3\nUptime_sec: 3\n", "is no process id", locator.ErrReply},
		"no uptime":                {"show info", "Name: HAProxy\nVersion: 3\nPid: 3\nUptime_sec: -3\n", "is no uptime", locator.ErrReply},
		"a replaced process":       {"show info", strings.Replace(infoReply, "Stopping: 0", "Stopping: 1", 1), "process 24710 was replaced", locator.ErrDown},
		"nothing at all":           {"show servers state app", "", "version", locator.ErrReply},
		"another state version":    {"show servers state app", "2\n# be_id\n", `version "2", want 1`, locator.ErrReply},
		"no columns":               {"show servers state app", "1\nbe_id srv_id\n", "is no header", locator.ErrReply},
		"a short line":             {"show servers state app", serversReply + "3 app 4\n", "3 fields under 25 columns", locator.ErrReply},
		"a number that is none":    {"show servers state app", strings.Replace(serversReply, " 12 100 100", " x 100 100", 1), `"x" of srv_admin_state is no number`, locator.ErrReply},
		"another backend's server": {"show servers state app", strings.Replace(serversReply, "3 app 1", "3 web 1", 1), `a server of "web"`, locator.ErrReply},
		"a missing column":         {"show servers state app", strings.Replace(serversReply, "srv_uweight", "weight", 1), "no column srv_uweight", locator.ErrReply},
		"no statistics":            {"show stat app 4 -1", "", "is no header", locator.ErrReply},
		"no line for a slot":       {"show stat app 4 -1", strings.Replace(statReply, "app,s2", "app,x", 1), `no line for "s2"`, locator.ErrReply},
		"broken values":            {"show stat app 4 -1", statHeader + "app,\"s1\n", "show stat", locator.ErrReply},
		"negative errors":          {"show stat app 4 -1", strings.Replace(statReply, "3,4,1,2,DRAIN", "-3,4,1,2,DRAIN", 1), `"-3" of econ is no number`, locator.ErrReply},
		"no list":                  {"show acl " + drainList, "s1\n", "is no value of a list", locator.ErrReply},
		"no table":                 {"show table app", "", "no header", locator.ErrReply},
		"a table of nothing":       {"show table app", "# table: app, type: string, size:0, used:0\n", "no name, size or use", locator.ErrReply},
		"a table of words":         {"show table app", "# table: app, type: string, size:many, used:0\n", `"many" is no number`, locator.ErrReply},
		"a row without server":     {"show table app", "# table: app, type: string, size:9, used:1\n0x1: key=a use=0 exp=3\n", "without server_id", locator.ErrReply},
		"a row of half a number":   {"show table app", "# table: app, type: string, size:9, used:1\n0x1: key=a use=0 exp=3 server_id=\n", "without server_id", locator.ErrReply},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replies := answers()
			replies[test.command] = test.reply
			_, err := newFake(t, replies).proxy().Read(t.Context())
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want one of %v with %q", err, test.kind, test.want)
			}
		})
	}
}

func TestReadSaysWhatHAProxyRefuses(t *testing.T) {
	tests := map[string]struct {
		command, reply string
		want           locator.CommandError
	}{
		"no such backend": {"show servers state app", "[3]: Can't find backend.\n", locator.CommandError{Command: "show servers state app", Level: 3, Text: "Can't find backend"}},
		"no table":        {"show table app", "[3]: No such table\n", locator.CommandError{Command: "show table app", Level: 3, Text: "No such table"}},
		"no list":         {"show acl " + drainList, "[3]: Unknown ACL identifier. Please use #<id> or <file>.\n", locator.CommandError{Command: "show acl " + drainList, Level: 3, Text: "Unknown ACL identifier. Please use #<id> or <file>"}},
		"unknown":         {"show info", "[6]: Unknown command, but maybe one of the following ones is a better match:\n  help\n", locator.CommandError{Command: "show info", Level: 6, Text: "Unknown command, but maybe one of the following ones is a better match:"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replies := answers()
			replies[test.command] = test.reply
			_, err := newFake(t, replies).proxy().Read(t.Context())
			got, ok := errors.AsType[*locator.CommandError](err)
			if !ok || *got != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// Whatever byte the answer ends at, it is an error: half a table would count
// too few sessions.
func TestATruncatedAnswerIsNeverAState(t *testing.T) {
	replies := answers()
	var whole strings.Builder
	whole.WriteString("\n")
	for _, command := range []string{"show info", "show servers state app", "show stat app 4 -1", "show acl " + drainList, "show table app"} {
		whole.WriteString(replies[command] + "\n")
	}
	var cut string
	f := newFake(t, nil)
	f.raw = &cut
	for end := range whole.Len() {
		cut = whole.String()[:end]
		if _, err := f.proxy().Read(t.Context()); err == nil || !errors.Is(err, locator.ErrDown) && !errors.Is(err, locator.ErrReply) {
			t.Fatalf("cut at %d of %d: %v", end, whole.Len(), err)
		}
	}
	cut = whole.String()
	if _, err := f.proxy().Read(t.Context()); err != nil {
		t.Fatalf("whole: %v", err)
	}
}

func TestAHealthIsFreshOnlyAtItsMaximum(t *testing.T) {
	tests := map[string]struct {
		admin, op, health int
		rise, fall        string
		want              bool
	}{
		"just ready":               {4, 2, 2, "2", "2", false},
		"checked since":            {4, 2, 3, "2", "2", true},
		"failed once since":        {4, 2, 2, "2", "2", false},
		"down":                     {4, 0, 0, "2", "2", false},
		"more rise":                {0, 2, 4, "3", "2", true},
		"maint":                    {5, 0, 3, "", "", false},
		"not checked":              {0, 2, 1, "", "", false},
		"fall 1 tells nothing":     {0, 2, 2, "2", "1", false},
		"draining and still alive": {12, 2, 3, "2", "2", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replies := answers()
			replies["show servers state app"] = strings.Join(strings.SplitAfter(serversReply, "\n")[:2], "") +
				fmt.Sprintf("3 app 1 s1 127.0.0.11 %d %d 100 100 1 15 3 %d 6 0 0 0 - 8080 - 0 0 - - 0\n", test.op, test.admin, test.health)
			replies["show stat app 4 -1"] = fmt.Sprintf("# pxname,svname,scur,qcur,req_tot,hrsp_2xx,hrsp_4xx,hrsp_5xx,econ,eresp,wretr,wredis,check_rise,check_fall,check_status,check_code,last_chk\n"+
				"app,s1,,,,,,,,,,,%s,%s,,,\n", test.rise, test.fall)
			state, err := newFake(t, replies).proxy().Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := state.Slots[0].Fresh; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestTheAdminStateIsAMask(t *testing.T) {
	tests := map[int]locator.Admin{
		0: locator.Ready, 1: locator.Maint, 2: locator.Maint, 4: locator.Ready, 5: locator.Maint, 8: locator.Drain,
		9: locator.Maint, 12: locator.Drain, 13: locator.Maint, 16: locator.Drain, 32: locator.Maint,
	}
	for mask, want := range tests {
		replies := answers()
		replies["show servers state app"] = strings.Replace(serversReply, "2 12 100", fmt.Sprintf("2 %d 100", mask), 1)
		state, err := newFake(t, replies).proxy().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := state.Slots[0].Admin; got != want {
			t.Errorf("%d: got %s, want %s", mask, got, want)
		}
	}
}

func TestSessionsCountsTheRowsOfEachSlot(t *testing.T) {
	got, err := newFake(t, answers()).proxy().Sessions(t.Context())
	if want := map[string]int{"s1": 2, "s2": 1, "s3": 0}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestServersStateIsWhatTheFileMustHold(t *testing.T) {
	got, err := newFake(t, answers()).proxy().ServersState(t.Context())
	if err != nil || string(got) != serversReply {
		t.Errorf("got %q, %v", got, err)
	}
	replies := answers()
	replies["show servers state"] = strings.Join(strings.SplitAfter(serversReply, "\n")[:2], "")
	if _, err := newFake(t, replies).proxy().ServersState(t.Context()); !errors.Is(err, locator.ErrReply) {
		t.Errorf("no servers at all: got %v, want ErrReply", err)
	}
}

func TestTableExpireIsReadFromARowOfItsOwn(t *testing.T) {
	const key = "app key haddock-asks-for-expire"
	replies := map[string]string{
		"show table " + key: "# table: app, type: string, size:204800, used:4\n0x7f: key=haddock-asks-for-expire use=0 exp=1860000 server_id=0 server_key=-\n",
	}
	f := newFake(t, replies)
	got, err := f.proxy().TableExpire(t.Context())
	if err != nil || got != 31*time.Minute {
		t.Errorf("got %v, %v", got, err)
	}
	if sent := f.sent(t); !strings.HasSuffix(sent[0], ";clear table "+key) {
		t.Errorf("%q leaves its row behind", sent)
	}
	replies["set table "+key+" data.server_id 0"] = "[3]: Permission denied\n"
	replies["show table "+key] = ""
	if _, err := newFake(t, replies).proxy().TableExpire(t.Context()); err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Errorf("got %v", err)
	}
}
