package oracle

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/sijms/go-ora/v2/network"
)

func TestClassifyByCode(t *testing.T) {
	for want, codes := range map[verdict][]int{
		transient: {
			1033, 1034, 1035, 1089, 1090, 1092, 1109, 3113, 3114, 3135, 12170, 12521, 12523, 12526, 12527, 12528, 12535,
			12537, 12541, 12547, 12564, 12571, 27101, 28547,
		},
		slowDown:       {18, 20, 12516, 12518, 12519, 12520},
		serviceUnknown: {12505, 12514},
		badPassword:    {1017, 1045, 942},
		fatal:          {1005, 28000, 28001, 28009, 28040, 28041, 28030, 12506, 12545, 12650, 12660, 1031},
		unlisted:       {1, 904, 3001, 65096, 99999},
	} {
		for _, code := range codes {
			if got := classify(fmt.Errorf("log in: %w", network.NewOracleError(code))); got != want {
				t.Errorf("ORA-%05d: got verdict %d, want %d", code, got, want)
			}
		}
	}
}

func TestClassifyWithoutCode(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", err)} }
	for name, c := range map[string]struct {
		err  error
		want verdict
	}{
		"accepted and closed":    {io.EOF, transient},
		"cut short":              {io.ErrUnexpectedEOF, transient},
		"refused":                {dial(syscall.ECONNREFUSED), transient},
		"reset":                  {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, transient},
		"closed by us":           {&net.OpError{Op: "read", Err: net.ErrClosed}, transient},
		"silent":                 {errNoAnswer, transient},
		"read timeout":           {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, transient},
		"deadline":               {context.DeadlineExceeded, transient},
		"bad connection":         {driver.ErrBadConn, transient},
		"driver panicked":        {fmt.Errorf("%w: boom", errDriverPanic), transient},
		"go-ora's own timeout":   {network.ErrConnReset, transient},
		"no such host":           {&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}, fatal},
		"name server asleep":     {&net.DNSError{Err: "timeout", Name: "somewhere", IsTimeout: true}, transient},
		"verifier":               {errors.New("unsupported verifier type"), fatal},
		"server's character set": {errors.New("the server use charset with id: 1 which is not supported by the driver"), fatal},
	} {
		if got := classify(fmt.Errorf("log in: %w", c.err)); got != c.want {
			t.Errorf("%s: got verdict %d, want %d", name, got, c.want)
		}
	}
}

func TestFatalInLog(t *testing.T) {
	for _, code := range []int{443, 600, 7445, 821, 845, 4031, 27102, 27103, 27104, 27125, 27300, 27301, 27302, 47500, 1157, 205, 214} {
		if !fatalInLog(code, Instance) {
			t.Errorf("ORA-%05d: not fatal", code)
		}
	}
	for name, c := range map[string]struct {
		code  int
		phase Phase
		want  bool
	}{
		"database closed":                    {1109, Opened, false},
		"database closed while user is made": {1109, Users, true},
		"not available yet":                  {1034, Instance, false},
		"no code at all":                     {0, Users, false},
		"password not set yet":               {1017, Opened, false},
	} {
		if got := fatalInLog(c.code, c.phase); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestDriverErrorsAreTidied(t *testing.T) {
	oracle := func(code int, text string) error { return &network.OracleError{ErrCode: code, ErrMsg: text} }
	for want, err := range map[string]error{
		"ORA-01033": oracle(1033, "ORA-1033"),
		"ORA-01045: user lacks CREATE SESSION privilege; logon denied": oracle(1045, "ORA-01045: user lacks CREATE SESSION privilege; logon denied\n"),
		"create schema X: ORA-00018: maximum number of sessions exceeded": fmt.Errorf("create schema X: %w",
			oracle(18, "ORA-00018: maximum number of sessions exceeded\nHelp: https://docs.oracle.com/error-help/db/ora-00018/\n")),
		"EOF": io.EOF,
	} {
		got := tidy(err)
		if got.Error() != want || !errors.Is(got, err) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
