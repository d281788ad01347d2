package host

import "errors"

// Why a host cannot be used over ssh, for errors.Is.
var (
	ErrUnreachable    = errors.New("the host cannot be reached")
	ErrUnknownHost    = errors.New("the host's key is not known")
	ErrHostKeyChanged = errors.New("the host's key has changed")
	ErrLogin          = errors.New("the host does not let us in")
	ErrForwarding     = errors.New("the ssh server forbids forwarding")
	ErrPermission     = errors.New("no permission")
	ErrNobody         = errors.New("nobody listens")
	ErrFiles          = errors.New("the ssh server gives no access to files")
)

// A LinkError says why a host cannot be used over ssh, and what to do.
type LinkError struct {
	Host   string // user@host
	Kind   error  // one of the errors above
	Advice string // what to do, half a sentence; may be empty
	Err    error  // may be nil
}

// Error is one line: who, what is wrong, what to do.
func (e *LinkError) Error() string {
	text := "ssh " + e.Host + ": " + e.Kind.Error()
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// Unwrap gives the kind and the cause.
func (e *LinkError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
