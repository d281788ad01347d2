package locator

import (
	"errors"
	"fmt"
)

var (
	// ErrDown says that no complete answer came: nobody listens, the connection
	// broke, or HAProxy took too long. It may be restarting; trying again is fine.
	ErrDown = errors.New("haproxy does not answer")

	// ErrReply says that an answer came that is not what HAProxy 2.6 or later
	// gives: another program, or a version that this one does not know.
	ErrReply = errors.New("haproxy's answer is malformed")
)

// A CommandError is a command that HAProxy understood and refused, or did not
// know.
type CommandError struct {
	Command string // without the names of other commands of the same line
	Level   int    // of syslog: 0 to 4 are errors; 6 for an unknown command; -1 when it gave none
	Text    string // what HAProxy said, in one line
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("haproxy refuses %q: %s", e.Command, e.Text)
}

// malformed is an ErrReply that says what was wrong with what.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrReply, fmt.Sprintf(format, args...))
}

// excerpt keeps an error readable whatever the reply was.
func excerpt[T string | []byte](text T) string {
	const enough = 120
	if len(text) > enough {
		return fmt.Sprintf("%q and more", string(text[:enough]))
	}
	return fmt.Sprintf("%q", string(text))
}
