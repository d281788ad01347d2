package command

import (
	"testing"
	"time"
)

// WaitLongAfterTerm gives commands a minute from TERM to KILL until the test
// ends, so that a busy machine kills no command that would have ended.
func WaitLongAfterTerm(tb testing.TB) {
	tb.Helper()
	was := termGrace
	termGrace = time.Minute
	tb.Cleanup(func() { termGrace = was })
}
