package oracle

import "time"

// settleTime is how long an interrupted Start waits for an engine that is busy
// creating the container. A CI server gives a cancelled build five seconds.
const settleTime = 1500 * time.Millisecond

// An UnsettledError says that Start or Wait was interrupted while the engine was
// still creating a container. It is removed as soon as it exists, provided that
// this process lives; Settled then tells how that went. A program that cannot
// wait leaves it to a watchdog.
type UnsettledError struct {
	Cause   error        // why it was interrupted
	Settled <-chan error // gets the removal's error or nil, once, and is closed
}

// Error is that of the cause.
func (e *UnsettledError) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *UnsettledError) Unwrap() error { return e.Cause }
