package standin

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// maxQueued is how many packets wait before a client has to.
const maxQueued = 16

// An inbox takes a session's packets off the wire in a goroutine of its own,
// so that a client's break is seen while SQL runs. It keeps the rule that a
// break counts only for a call whose answer has not been decided on yet.
type inbox struct {
	mu          sync.Mutex
	changed     *sync.Cond
	queue       [][]byte
	err         error
	busy        bool // bytes were taken and not answered yet
	interrupted bool
	resets      int
	cancel      context.CancelFunc // of the running call
}

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
		in.changed.Broadcast()
		return
	}
	if !in.busy && len(in.queue) == 0 {
		return
	}
	in.interrupted = true
	if in.cancel != nil {
		in.cancel()
	}
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

// next returns the bytes of the next packet and waits for them.
func (in *inbox) next() ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queue) == 0 && in.err == nil {
		in.changed.Wait()
	}
	if len(in.queue) == 0 {
		return nil, in.err
	}
	data := in.queue[0]
	in.queue = in.queue[1:]
	in.busy = true
	in.changed.Broadcast()
	return data, nil
}

// begin marks the start of a call that cancel ends early.
func (in *inbox) begin(cancel context.CancelFunc) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.busy = true
	in.cancel = cancel
	if in.interrupted || in.err != nil {
		cancel()
	}
}

// finish marks a call as decided and reports whether it was interrupted.
func (in *inbox) finish() (interrupted bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	interrupted = in.interrupted
	in.busy, in.interrupted, in.cancel = false, false, nil
	return interrupted
}

// awaitReset waits for the client's reset marker and drops what came before.
func (in *inbox) awaitReset() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.resets == 0 && in.err == nil {
		in.queue = nil
		in.changed.Broadcast()
		in.changed.Wait()
	}
	in.resets = 0
	in.busy, in.interrupted = false, false
	return in.err
}
