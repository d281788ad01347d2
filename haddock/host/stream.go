package host

import (
	"net"
	"os"
	"sync"
	"time"
)

// chunk is how much is read from a channel at a time.
const chunk = 32 << 10

// A stream gives a channel of ssh the deadlines that it has not: a read ends in
// time even when the link is dead. A write never waits for more than the
// server's window.
type stream struct {
	net.Conn
	chunks chan []byte // closed when the channel ended, with the reason in failed
	failed error
	rest   []byte // of the last chunk; belongs to the reader
	closed chan struct{}
	close  func() error

	mu      sync.Mutex
	timer   *time.Timer
	setting int           // counts the calls of SetDeadline
	expired chan struct{} // closed when the deadline has passed
}

func newStream(conn net.Conn) *stream {
	s := &stream{Conn: conn, chunks: make(chan []byte), closed: make(chan struct{}), expired: make(chan struct{})}
	s.close = sync.OnceValue(func() error {
		close(s.closed)
		return conn.Close()
	})
	go s.pump()
	return s
}

// pump ends with the channel, which Close or the link ends.
func (s *stream) pump() {
	defer close(s.chunks)
	for {
		buf := make([]byte, chunk)
		n, err := s.Conn.Read(buf)
		if n > 0 {
			select {
			case s.chunks <- buf[:n]:
			case <-s.closed:
				return
			}
		}
		if err != nil {
			s.failed = err
			return
		}
	}
}

// Read is for one reader at a time.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		s.mu.Lock()
		expired := s.expired
		s.mu.Unlock()
		select { // these two come before what has arrived
		case <-s.closed:
			return 0, net.ErrClosed
		default:
		}
		select {
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		select {
		case data, ok := <-s.chunks:
			if !ok {
				return 0, s.failed
			}
			s.rest = data
		case <-s.closed:
			return 0, net.ErrClosed
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Write fails at once when the deadline has passed.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	expired := s.expired
	s.mu.Unlock()
	select {
	case <-expired:
		return 0, os.ErrDeadlineExceeded
	default:
		return s.Conn.Write(p)
	}
}

// Close ends the channel and every read of it.
func (s *stream) Close() error { return s.close() }

// CloseWrite tells the other end that nothing more comes.
func (s *stream) CloseWrite() error {
	half, ok := s.Conn.(interface{ CloseWrite() error })
	if !ok {
		return s.Close()
	}
	return half.CloseWrite()
}

// SetDeadline is for reads and writes, also for a read that waits already; the
// zero time is none.
func (s *stream) SetDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setting++
	if s.timer != nil {
		s.timer.Stop()
	}
	left := time.Until(t)
	select {
	case <-s.expired:
		if !t.IsZero() && left <= 0 {
			return nil
		}
		s.expired = make(chan struct{})
	default:
	}
	switch {
	case t.IsZero():
	case left <= 0:
		close(s.expired)
	default:
		setting := s.setting
		s.timer = time.AfterFunc(left, func() { s.expire(setting) })
	}
	return nil
}

// SetReadDeadline is SetDeadline: there is one for both ways.
func (s *stream) SetReadDeadline(t time.Time) error { return s.SetDeadline(t) }

// SetWriteDeadline is SetDeadline: there is one for both ways.
func (s *stream) SetWriteDeadline(t time.Time) error { return s.SetDeadline(t) }

// expire ends what waits, unless another deadline was set meanwhile.
func (s *stream) expire(setting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.setting == setting {
		close(s.expired)
	}
}
