package oracle

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/sijms/go-ora/v2/network"
)

// A verdict says what an error of a login means for the wait.
type verdict int

const (
	transient      verdict = iota // heals by itself: try again
	slowDown                      // heals, but only if we let it: try again later
	serviceUnknown                // transient for the grace after READY, then a wrong name
	unlisted                      // nobody promised that it heals: a few tries only
	badPassword                   // transient before READY, then fatal
	fatal                         // no second try will change it
)

// Codes with a meaning of their own.
const (
	userUnknown  = 1918
	userExists   = 1920
	databaseShut = 1109
	resourceBusy = 54
	lockTimeout  = 4021
)

// ofCode is the table: codes are matched as numbers, never as text, since
// drivers and releases word the same code differently.
func ofCode(code int) verdict {
	switch code {
	case 1033, 1034, 1035, 1089, 1090, 1092, databaseShut, 3113, 3114, 3135, 12170, 12521, 12523, 12526, 12527, 12528,
		12535, 12537, 12541, 12547, 12564, 12571, 27101, 28547:
		return transient
	case 18, 20, 12516, 12518, 12519, 12520:
		return slowDown
	case 12505, 12514:
		return serviceUnknown
	case 942, 1017, 1045:
		return badPassword
	case 1005, 1031, 12506, 12545, 12650, 12660, 28000, 28001, 28009, 28030, 28040, 28041:
		return fatal
	default:
		return unlisted
	}
}

// fatalInLog tells whether a boot never recovers from a code in its log. 1109
// counts only while the image creates its own user.
func fatalInLog(code int, phase Phase) bool {
	switch code {
	case 205, 214, 443, 600, 821, 845, 1157, 4031, 7445, 27102, 27103, 27104, 27125, 27300, 27301, 27302, 47500:
		return true
	case databaseShut:
		return phase == Users
	default:
		return false
	}
}

// errorCode returns the Oracle error code that err carries; 0 for none.
func errorCode(err error) int {
	if oracle, ok := errors.AsType[*network.OracleError](err); ok {
		return oracle.ErrCode
	}
	return 0
}

// A driverError is an error of go-ora with a text for people: one line, codes
// with five digits, without a position where there is none.
type driverError struct{ err error }

var shortCode = regexp.MustCompile(`\bORA-(\d{1,4})\b`)

func (e driverError) Error() string {
	text, _, _ := strings.Cut(e.err.Error(), "\n")
	text, _, _ = strings.Cut(text, " error occur at position")
	return shortCode.ReplaceAllStringFunc(text, func(code string) string {
		return "ORA-" + strings.Repeat("0", len("ORA-00000")-len(code)) + code[len("ORA-"):]
	})
}

func (e driverError) Unwrap() error { return e.err }

// tidy gives an error of the driver its text for people.
func tidy(err error) error {
	if errorCode(err) == 0 {
		return err
	}
	return driverError{err}
}

// classify tells what an error of a login after READY means.
func classify(err error) verdict {
	if code := errorCode(err); code != 0 {
		return ofCode(code)
	}
	if brokenConnection(err) {
		return transient
	}
	return fatal
}

// brokenConnection tells whether err is about the way to the database and not
// an answer of it.
func brokenConnection(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsTemporary || dns.IsTimeout
	}
	for _, broken := range []error{
		io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed,
		context.DeadlineExceeded, driver.ErrBadConn, errNoAnswer, errDriverPanic,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok {
		return timeout.Timeout()
	}
	// go-ora has no error value for these; its texts are pinned by a test.
	return strings.Contains(err.Error(), "connection break due to context timeout")
}
