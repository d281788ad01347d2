package locator

import (
	"slices"
	"strconv"
	"strings"
)

// Admin is what the operator wants of a slot.
type Admin string

// The states that haddock sets.
const (
	Ready Admin = "ready" // takes new sessions as its weight says
	Drain Admin = "drain" // keeps its sessions, takes no new ones
	Maint Admin = "maint" // takes nothing
)

// The bits of srv_admin_state. Bit 4, "disabled in the configuration", stays set
// for ever and says nothing about now.
const (
	bitsMaint = 0x01 | 0x02 | 0x20 // by command, inherited, name not resolved
	bitsDrain = 0x08 | 0x10        // by command or agent, inherited
)

// bitsCheck of srv_check_state: a check is configured, and it is on. In maint it
// pauses, which is another bit.
const bitsCheck = 0x02 | 0x04

// adminOf reads the bit mask. Maint outranks drain, as it does in HAProxy.
func adminOf(mask int) Admin {
	switch {
	case mask&bitsMaint != 0:
		return Maint
	case mask&bitsDrain != 0:
		return Drain
	}
	return Ready
}

// A server is one line of `show servers state`.
type server struct {
	backend, name string
	id            int
	address       string
	port          int
	up            bool
	admin         Admin
	weight        int
	health        int // of the check: 0 to rise+fall-1
	checked       bool
}

// parseServers reads the reply to `show servers state`, by the names of its
// columns: later versions add some.
func parseServers(text string) ([]server, error) {
	version, rest, _ := strings.Cut(text, "\n")
	if version != "1" {
		return nil, malformed("show servers state: version %s, want 1", excerpt(version))
	}
	header, rest, _ := strings.Cut(rest, "\n")
	columns := strings.Fields(header)
	if len(columns) < 2 || columns[0] != "#" {
		return nil, malformed("show servers state: %s is no header", excerpt(header))
	}
	columns = columns[1:]
	var servers []server
	for line := range strings.Lines(rest) {
		fields := strings.Fields(line)
		if len(fields) < len(columns)-1 { // the last column may be empty
			return nil, malformed("show servers state: %d fields under %d columns: %s", len(fields), len(columns), excerpt(line))
		}
		s, err := newServer(row{what: "show servers state", columns: columns, fields: fields})
		if err != nil {
			return nil, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

func newServer(r row) (server, error) {
	mask := r.int("srv_admin_state")
	s := server{
		backend: r.text("be_name"),
		name:    r.text("srv_name"),
		id:      r.int("srv_id"),
		address: r.text("srv_addr"),
		port:    r.int("srv_port"),
		up:      r.int("srv_op_state") > 0, // 1 warms up, 2 runs, 3 is being drained
		admin:   adminOf(mask),
		weight:  r.int("srv_uweight"),
		health:  r.int("srv_check_health"),
		checked: r.int("srv_check_state")&bitsCheck == bitsCheck,
	}
	if s.name == "" {
		r.fail("a server without a name")
	}
	return s, r.err
}

// A row gives the fields of a line by the names of their columns. The first
// thing that was wrong stays in err.
type row struct {
	what            string
	columns, fields []string
	err             error
}

func (r *row) fail(format string, args ...any) {
	if r.err == nil {
		r.err = malformed(r.what+": "+format, args...)
	}
}

// text returns a field that must exist.
func (r *row) text(column string) string {
	i := slices.Index(r.columns, column)
	if i < 0 || i >= len(r.fields) {
		r.fail("no column %s", column)
		return ""
	}
	return r.fields[i]
}

// int returns a number that must be there and not be negative.
func (r *row) int(column string) int {
	text := r.text(column)
	n, err := strconv.Atoi(text)
	if r.err == nil && (err != nil || n < 0) {
		r.fail("%s of %s is no number", excerpt(text), column)
	}
	return max(n, 0)
}

// maybe returns a field, or nothing when there is none.
func (r *row) maybe(column string) string {
	if i := slices.Index(r.columns, column); i >= 0 && i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// count returns a number that is 0 when the field is empty.
func (r *row) count(column string) int64 {
	text := r.text(column)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if r.err == nil && (err != nil || n < 0) {
		r.fail("%s of %s is no number", excerpt(text), column)
	}
	return max(n, 0)
}
