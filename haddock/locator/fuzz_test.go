package locator

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Each target: nothing panics, what is refused is refused as malformed, and
// what is accepted makes sense.

func malformedOrNil(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrReply) {
		t.Errorf("%v is not ErrReply", err)
	}
}

func FuzzInfo(f *testing.F) {
	f.Add("Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 24710\nUptime_sec: 65\nStopping: 0\n")
	f.Add("Name: HAProxy\nVersion: 3\nPid: 1\nUptime_sec: 99999999999999999999\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseInfo(text)
		malformedOrNil(t, err)
		if err == nil && (got.version == "" || got.pid <= 0 || got.uptime < 0) {
			t.Errorf("%q gives %+v", text, got)
		}
	})
}

func FuzzServers(f *testing.F) {
	f.Add("1\n# be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_check_health srv_check_state srv_port\napp 1 s1 127.0.0.11 2 12 100 3 6 8080\n")
	f.Add("1\n# be_name\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseServers(text)
		malformedOrNil(t, err)
		for _, s := range got {
			if s.name == "" || s.id < 0 || s.weight < 0 || s.health < 0 || s.port < 0 {
				t.Errorf("%q gives %+v", text, s)
			}
		}
	})
}

func FuzzStats(f *testing.F) {
	f.Add("# svname,scur,qcur,req_tot,hrsp_2xx,hrsp_4xx,hrsp_5xx,econ,eresp,wretr,wredis,check_rise,check_fall,check_status,check_code,last_chk\ns1,1,2,3,4,5,6,7,8,9,10,2,2,* L7OK,200,\"a, \"\"b\"\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseStats(text)
		malformedOrNil(t, err)
		for _, s := range got {
			if s.current < 0 || s.queued < 0 || s.failed < 0 || s.rise < 0 || s.fall < 0 {
				t.Errorf("%q gives %+v", text, s)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("0x5576b634b510 s1\n0x5576b634b511 s2\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseList(text)
		malformedOrNil(t, err)
		for _, value := range got {
			if value == "" {
				t.Errorf("%q gives an empty value", text)
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("# table: app, type: string, size:204800, used:2\n0x7f: key=a\\ server_id\\=2 use=1 exp=1860000 server_id=1 server_key=s1\n0x7f: key=b use=0 exp=3 server_id=999 server_key=-\n"))
	f.Add([]byte("# table: app, type: string, size:1, used:1\n0x7f: exp=999999999999999 server_id=1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var reader tableReader
		rows := 0
		for line := range bytes.Lines(text) {
			if rows++; reader.line(bytes.TrimSuffix(line, []byte("\n"))) != nil {
				return
			}
		}
		got, err := reader.done()
		malformedOrNil(t, err)
		sum := 0
		for id, n := range got.rows {
			if sum += n; id < 0 || n <= 0 {
				t.Errorf("%d rows of server %d", n, id)
			}
		}
		if err == nil && (sum != rows-1 || got.longest < 0) {
			t.Errorf("%q: counted %d of %d rows, longest %v", text, sum, rows-1, got.longest)
		}
	})
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte("\nName: HAProxy\n\n[3]: No such server.\n\n"))
	f.Add([]byte("\n\n[6]: Unknown command\n help\n\n"))
	f.Add([]byte("[3]: x"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		r := newReplies(bytes.NewReader(answer), []string{"one", "two", "three"})
		for range 4 {
			text, err := r.text()
			if _, refused := errors.AsType[*CommandError](err); err != nil && !refused && !errors.Is(err, ErrDown) && !errors.Is(err, ErrReply) {
				t.Errorf("%q: %v", answer, err)
			}
			if strings.Contains(text, "\n\n") {
				t.Errorf("%q: the reply %q holds the end of one", answer, text)
			}
		}
		if _, err := r.text(); !errors.Is(err, ErrReply) {
			t.Errorf("a fifth reply: %v", err)
		}
	})
}
