package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// maxQueued is how many packets wait before a client has to.
const maxQueued = 16

// An inbox takes a session's packets off the wire in a goroutine of its own,
// so that a client's break is seen while SQL runs. It keeps the rule that
// every break is acknowledged, also one that comes when its call was answered:
// its client waits for that before it goes on.
type inbox struct {
	mu          sync.Mutex
	changed     *sync.Cond
	queue       [][]byte
	err         error
	started     bool // the client logged in; before that it cannot break
	interrupted bool // by a break that was not acknowledged yet
	brokenAt    time.Time
	resets      int                // since then
	cancel      context.CancelFunc // of the running call
}

// errBreak is what waiting for the client's next bytes ends with when it sent
// a break instead.
var errBreak = errors.New("broken off by the client")

func newInbox() *inbox {
	in := &inbox{}
	in.changed = sync.NewCond(&in.mu)
	return in
}

// receive reads packets until the connection ends.
func (in *inbox) receive(conn net.Conn, framing wire.Framing, limit int) {
	for {
		packet, err := wire.ReadPacket(conn, framing, limit)
		if err == nil {
			err = in.accept(packet)
		}
		if err != nil {
			in.close(err)
			return
		}
	}
}

func (in *inbox) accept(p wire.Packet) error {
	switch p.Kind {
	case wire.Data:
		flags, data, err := p.Payload()
		switch {
		case err != nil:
			return err
		case flags&wire.DataEOF != 0:
			return io.EOF
		}
		return in.push(data)
	case wire.Marker:
		in.mark(p.MarkerKind())
		return nil
	case wire.Control:
		return nil
	}
	return fmt.Errorf("%w: kind %d", wire.ErrPacket, p.Kind)
}

func (in *inbox) push(data []byte) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queue) >= maxQueued && in.err == nil {
		in.changed.Wait()
	}
	in.queue = append(in.queue, data)
	in.changed.Broadcast()
	return in.err
}

func (in *inbox) mark(kind byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if kind == wire.MarkerReset {
		in.resets++
		if in.interrupted {
			in.queue = nil // a request that the client gave up
		}
		in.changed.Broadcast()
		return
	}
	if !in.started || in.interrupted {
		return
	}
	in.interrupted, in.brokenAt, in.resets = true, time.Now(), 0
	if in.cancel != nil {
		in.cancel()
	}
	in.changed.Broadcast()
}

// start has breaks count from now on.
func (in *inbox) start() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.started = true
}

// close ends the inbox; a call that is running is cancelled, for nobody waits
// for its answer.
func (in *inbox) close(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
	if in.cancel != nil {
		in.cancel()
	}
	in.changed.Broadcast()
}

// next returns the bytes of the next packet and waits for them. What came
// before a break comes before errBreak.
func (in *inbox) next() ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queue) == 0 && in.err == nil && !in.interrupted {
		in.changed.Wait()
	}
	switch {
	case len(in.queue) > 0:
	case in.err != nil:
		return nil, in.err
	default:
		return nil, errBreak
	}
	data := in.queue[0]
	in.queue = in.queue[1:]
	in.changed.Broadcast()
	return data, nil
}

// begin marks the start of a call that cancel ends early.
func (in *inbox) begin(cancel context.CancelFunc) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel = cancel
	if in.interrupted || in.err != nil {
		cancel()
	}
}

// finish ends a call and reports whether a break came for it.
func (in *inbox) finish() (interrupted bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel = nil
	return in.interrupted
}

// pause waits until the break is as old as that, or the connection ended.
func (in *inbox) pause(age time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	over := in.brokenAt.Add(age)
	timer := time.AfterFunc(time.Until(over), in.changed.Broadcast)
	defer timer.Stop()
	for time.Now().Before(over) && in.err == nil {
		in.changed.Wait()
	}
}

// awaitReset waits for the client's reset marker and drops what came before. It
// reports whether the marker came in time.
func (in *inbox) awaitReset(patience time.Duration) (bool, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	over := time.Now().Add(patience)
	timer := time.AfterFunc(patience, in.changed.Broadcast)
	defer timer.Stop()
	for in.resets == 0 && in.err == nil {
		if time.Now().After(over) {
			return false, nil
		}
		in.queue = nil
		in.changed.Broadcast()
		in.changed.Wait()
	}
	in.interrupted = false
	return true, in.err
}
