package pipeline

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

// A bootRelay passes on what the database's container tells: as part of
// oracle-start until oracle-wait has begun, then of that. A phase may be heard
// of before; it waits for the step that it belongs to.
type bootRelay struct {
	to      events.Sink
	mu      sync.Mutex
	waiting bool
	held    []events.Event
}

// take is the database's events.Sink.
func (b *bootRelay) take(e events.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.waiting:
		e.Step = StepOracleWait
	case e.Kind == events.OraclePhase:
		b.held = append(b.held, e)
		return
	default:
		e.Step = StepOracleStart
	}
	b.to.Emit(e)
}

// wait says that oracle-wait has begun. A database that another process has
// started has no relay.
func (b *bootRelay) wait() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = true
	for _, e := range b.held {
		e.Step = StepOracleWait
		b.to.Emit(e)
	}
	b.held = nil
}

// logging returns a writer that passes the database's log on to next and, line
// by line, to the events.
func (b *bootRelay) logging(next io.Writer) io.Writer { return &bootLog{relay: b, next: next} }

type bootLog struct {
	relay *bootRelay
	next  io.Writer
	mu    sync.Mutex
	line  []byte // that has no end yet
}

func (l *bootLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, p...)
	for {
		end := bytes.IndexByte(l.line, '\n')
		if end < 0 {
			break
		}
		l.relay.take(events.Event{Kind: events.LogLine, Text: strings.TrimRight(string(l.line[:end]), "\r"), Time: time.Now()})
		l.line = l.line[end+1:]
	}
	return l.next.Write(p)
}
