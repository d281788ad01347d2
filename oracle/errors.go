package oracle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What can keep a container from starting; all are faults of the surroundings.
var (
	ErrImageUnknown     = errors.New("no such image")
	ErrImageAccess      = errors.New("no access to the image")
	ErrImageUnreachable = errors.New("the image's registry does not answer")
	ErrPortTaken        = errors.New("the port is taken")
	ErrDiskFull         = errors.New("the engine's disk is full")
)

// What can keep Open from a database.
var (
	ErrNoState = errors.New("no database was started here") // or it was stopped
	ErrGone    = errors.New("the container does not exist any more")
	ErrNotOurs = errors.New("the container is not one of ours")
)

// Reason says why a database did not become ready, or why it is none any more.
type Reason string

// The reasons of a NotReadyError.
const (
	Timeout       Reason = "timeout"        // nothing was wrong, it only took too long
	Exited        Reason = "exited"         // the container ended
	OutOfMemory   Reason = "out of memory"  // the kernel killed it
	Killed        Reason = "killed"         // nobody told the engine to: most likely the kernel, for want of memory
	Removed       Reason = "removed"        // somebody took the container away
	Lost          Reason = "lost"           // the engine does not answer any more
	StartupFailed Reason = "startup failed" // its log says so
	WrongService  Reason = "wrong service"  // the listener does not offer the service
	WrongPassword Reason = "wrong password" // it refuses a user that exists
	Hanging       Reason = "hanging"        // its log has ended where the image is known to hang
	Refused       Reason = "refused"        // an answer that no second try will change
)

// A NotReadyError says that the database never became ready or died: what
// happened, and the last things known about it.
type NotReadyError struct {
	Reason   Reason
	After    time.Duration // since the container's start
	Waited   time.Duration // since Wait was called, when that had the whole timeout because another process has started the container
	Phase    Phase         // the last one the log told
	ExitCode int           // of the container, when that has ended
	Code     int           // the last Oracle error code seen; 0 for none
	Service  string        // the one asked for
	Services []string      // what the listener offers, when Reason is WrongService
	Nearest  string        // the offered service whose name is nearest
	Lines    []string      // the last lines of the container's log
	Err      error         // the last error of a login; may be nil
}

// Error is one sentence, without the log lines.
func (e *NotReadyError) Error() string {
	var b strings.Builder
	what := "database not ready after"
	if e.Phase == Answering {
		what = "database lost after"
	}
	fmt.Fprintf(&b, "%s %s: ", what, e.After.Round(100*time.Millisecond))
	b.WriteString(e.sentence())
	if e.Err != nil && e.Reason != WrongService {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Code != 0 && errorCode(e.Err) == 0 && !strings.Contains(b.String(), fmt.Sprintf("ORA-%05d", e.Code)) {
		fmt.Fprintf(&b, ", last error ORA-%05d", e.Code)
	}
	if line := e.lastLine(); e.Reason == Timeout && line != "" {
		fmt.Fprintf(&b, "; its log ends with %q", line)
	}
	return b.String()
}

// Unwrap returns the last error of a login.
func (e *NotReadyError) Unwrap() error { return e.Err }

func (e *NotReadyError) sentence() string {
	switch e.Reason {
	case Exited:
		return fmt.Sprintf("the container exited with status %d while %s", e.ExitCode, e.Phase)
	case OutOfMemory:
		return fmt.Sprintf("the container ran out of memory while %s", e.Phase)
	case Killed:
		return fmt.Sprintf("the container was killed (status %d) while %s, not through the engine: most likely memory ran out", e.ExitCode, e.Phase)
	case Removed:
		return fmt.Sprintf("somebody removed the container while %s", e.Phase)
	case Lost:
		return fmt.Sprintf("the engine does not answer any more; the database was %s", e.Phase)
	case StartupFailed:
		return fmt.Sprintf("its log reports a failed start while %s", e.Phase)
	case Hanging:
		return fmt.Sprintf("it hangs while %s; its log has ended there", e.Phase)
	case WrongService:
		return e.wrongService()
	case WrongPassword:
		return "it refuses the password"
	case Refused:
		return "it refuses the login"
	default:
		return e.timeout()
	}
}

func (e *NotReadyError) timeout() string {
	up := "the time was up"
	if e.Waited > 0 {
		up = fmt.Sprintf("the %s of this wait were up", e.Waited)
	}
	switch e.Phase {
	case LoggingIn:
		return "ready by its log, but no login succeeded before " + up
	case Initialising:
		return up
	default:
		return fmt.Sprintf("still %s when %s", e.Phase, up)
	}
}

func (e *NotReadyError) wrongService() string {
	text := fmt.Sprintf("the listener does not know the service %s", e.Service)
	if len(e.Services) > 0 {
		text += ", it offers " + strings.Join(e.Services, ", ")
	}
	if e.Nearest != "" {
		text += "; did you mean " + e.Nearest + "?"
	}
	return text
}

func (e *NotReadyError) lastLine() string {
	for _, line := range slices.Backward(e.Lines) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// An InitError says which init script failed, and where.
type InitError struct {
	File      string // as configured, or the path in the container when the image ran it
	Line      int    // of the failing statement; 0 when unknown
	Statement string // its text as far as sqlplus tells it
	Message   string // ORA-00942: table or view does not exist
	InImage   bool   // the image ran it by itself and went on in silence
}

// Error is one sentence.
func (e *InitError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	text := fmt.Sprintf("init script %s: %s", where, e.Message)
	if e.Statement != "" {
		text += fmt.Sprintf(" (in %q)", e.Statement)
	}
	if e.InImage {
		text += " (the image went on in spite of it)"
	}
	return text
}
