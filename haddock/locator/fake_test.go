package locator_test

import (
	"bufio"
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// A fake answers on a unix socket as HAProxy does: one line, a reply and an
// empty line per command, then the end.
type fake struct {
	path    string
	replies map[string]string // command -> its reply, without the empty line
	raw     *string           // instead of all replies
	mu      sync.Mutex
	lines   []string
}

func newFake(t *testing.T, replies map[string]string) *fake {
	t.Helper()
	f := &fake{path: filepath.Join(t.TempDir(), "s"), replies: replies}
	l, err := net.Listen("unix", f.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	f.mu.Lock()
	f.lines = append(f.lines, strings.TrimSuffix(line, "\n"))
	f.mu.Unlock()
	if f.raw != nil {
		conn.Write([]byte(*f.raw))
		return
	}
	var all strings.Builder
	for command := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), ";") {
		all.WriteString(f.replies[command] + "\n")
	}
	conn.Write([]byte(all.String()))
}

// sent returns the lines that came, without the prefix that all have.
func (f *fake) sent(t *testing.T) []string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	lines := slices.Clone(f.lines)
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, "set severity-output number;")
		if !ok {
			t.Errorf("%q would not show its errors", line)
		}
		lines[i] = rest
	}
	return lines
}

func (f *fake) dial(ctx context.Context) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", f.path)
}

func (f *fake) proxy() *locator.Proxy { return locator.New(f.dial, "app") }

// What HAProxy 2.6.12 answered, with two slots: s1 serves 41 sessions, s2 warms
// up.
const (
	infoReply = `Name: HAProxy
Version: 2.6.12-1+deb12u4
Pid: 24710
Uptime: 0d 0h01m05s
Uptime_sec: 65
Stopping: 0
Unstoppable Jobs: 0
Build info: 2.6.12-1+deb12u4
`
	serversReply = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
3 app 1 s1 127.0.0.11 2 12 100 100 1 15 3 3 6 0 0 0 - 8080 - 0 0 - - 0
3 app 2 s2 127.0.0.12 2 4 0 100 286 1 0 2 14 0 0 0 - 8080 - 0 0 - - 0
3 app 3 s3 127.0.0.13 0 5 100 100 286 1 0 0 14 0 0 0 - 8080 - 0 0 - - 0
`
	statHeader = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,
`
	statReply = statHeader +
		`app,s1,1,0,5,0,,900,0,0,,0,,3,4,1,2,DRAIN,10,1,0,1,1,1,1,,1,3,1,,0,,2,0,,0,L7OK,200,1,0,800,0,90,10,0,,,,900,0,0,,,,,-1,OK,,0,0,0,0,,,,Layer7 check passed,,2,2,3,
app,s2,0,0,0,0,,0,0,0,,0,,0,0,0,0,UP,10,1,0,1,1,1,1,,1,3,1,,0,,2,0,,0,* L7STS,503,1,0,0,0,0,0,0,,,,0,0,0,,,,,-1,"Service, ""so to say"", Unavailable",,0,0,0,0,,,,Layer7 wrong status,,2,2,2,
app,s3,0,0,0,0,,0,0,0,,0,,0,0,0,0,MAINT,100,1,0,0,0,286,286,,1,3,2,,0,,2,0,,0,,,,0,0,0,0,0,0,,,,0,0,0,,,,,-1,,,0,0,0,0,,,,,,,,,
`
	listReply  = "0x5576b634b510 s1\n"
	tableReply = `# table: app, type: string, size:204800, used:4
0x7f32280465c0: key=probe use=0 exp=1859000 server_id=1 server_key=s1
0x7f32280465c1: key=abc\ server_id\=2 use=1 exp=1860000 server_id=1 server_key=s1
0x7f32280465c2: key=other use=0 exp=18600 shard=0 server_id=2 server_key=s2
0x7f32280465c3: key=strange use=0 exp=18600 server_id=700 server_key=-
`
)

func answers() map[string]string {
	return map[string]string{
		"show info":                     infoReply,
		"show servers state app":        serversReply,
		"show servers state":            serversReply,
		"show stat app 4 -1":            statReply,
		"show table app":                tableReply,
		"show acl " + drainList:         listReply,
		"set server app/s9 weight 1":    "[3]: No such server.\n",
		"set server app/s9 state ready": "[3]: No such server.\n",
	}
}

const drainList = locator.DefaultDrainList
