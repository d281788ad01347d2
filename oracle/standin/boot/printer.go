package boot

import (
	"fmt"
	"io"
	"sync"
)

// printer writes the container's log; init scripts write to it as well.
type printer struct {
	mu sync.Mutex
	to io.Writer
}

// Write lets programs that the boot runs print to the log.
func (p *printer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.to.Write(b)
}

// line prints one or more whole lines. A log that cannot be written is no
// reason to end a database.
func (p *printer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p, format+"\n", args...)
}
