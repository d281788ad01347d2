package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// writeTimeout ends a session whose client takes nothing any more.
const writeTimeout = 5 * time.Minute

// errClosed ends a session whose end was agreed on.
var errClosed = errors.New("session closed")

// A session is one client's connection, from CONNECT to its end. Only the
// goroutine that runs it touches its fields.
type session struct {
	srv    *Server
	conn   net.Conn
	log    *slog.Logger
	serial uint32
	full   bool // there is no room for it: it will be refused

	framing wire.Framing
	sdu     int
	in      *inbox
	dec     *wire.Decoder
	out     wire.Encoder
	client  dialect
	seq     byte    // the running call's number
	settled bool    // the running call did what cannot be called cancelled any more
	running *cursor // whose query the running call reads
	opened  *cursor // by the running call, for its client to learn of

	db      *sqldb.Session
	cursors cursors
	lobs    lobs
}

// dialect is what differs between drivers.
type dialect struct {
	name      string
	goOra     bool
	rawText   bool // ojdbc: user names and SQL come without a length of their own
	scaleByte bool // a column's scale is one byte for every type
}

// longBySize reports whether large room makes a text come after other values.
func (d dialect) longBySize() bool { return !d.goOra && !d.rawText }

func newSession(srv *Server, conn net.Conn) *session {
	s := &session{
		srv:    srv,
		conn:   conn,
		serial: srv.serial.Add(1),
		in:     newInbox(),
	}
	s.log = srv.cfg.Log.With("session", s.serial, "client", conn.RemoteAddr().String())
	s.dec = wire.NewDecoder(s.in.next, maxStranger)
	s.cursors.limit = srv.cfg.Limits.Cursors
	s.lobs.limit = srv.cfg.Limits.Lobs
	return s
}

// run serves the client until it leaves or ctx ends.
func (s *session) run(ctx context.Context) {
	defer s.close()
	defer func() {
		if fault := recover(); fault != nil {
			s.log.Error("session failed", "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	err := s.open()
	if err == nil {
		err = s.handshake(ctx)
	}
	for err == nil {
		err = s.message(ctx)
	}
	if ctx.Err() == nil && !errors.Is(err, errClosed) && !errors.Is(err, io.EOF) {
		s.log.Warn("session ended", "error", err)
	}
}

func (s *session) close() {
	s.in.close(errClosed)
	s.cursors.closeAll()
	if s.db == nil {
		return
	}
	if err := s.db.Close(); err != nil {
		s.log.Warn("close database session", "error", err)
	}
}

// open meets the CONNECT packet. A nil error means that the session was
// accepted and its packets are being received.
func (s *session) open() error {
	if err := s.conn.SetDeadline(time.Now().Add(s.srv.cfg.Limits.Handshake)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	req, err := s.readConnect()
	if err != nil {
		return err
	}
	answer := s.answerTo(target(req.Descriptor))
	switch answer.Act {
	case Accept:
	case Close:
		return errClosed
	case Silent:
		return s.ignore()
	case ShortRefuse:
		return s.refuse(nil)
	case BareRefuse:
		return s.refuse(wire.BareRefuseBody())
	default:
		return s.refuse(wire.RefuseBody(answer.Code))
	}
	version, sdu := req.Negotiated()
	packet := wire.AppendPacket(nil, wire.Narrow, wire.Accept, wire.AcceptBody(version, sdu))
	if err := s.write(packet); err != nil {
		return err
	}
	s.framing, s.sdu = wire.IsWide(version), sdu
	go s.in.receive(s.conn, s.framing, maxPacket)
	return nil
}

// maxPacket is the largest packet taken. Clients keep to the agreed size; this
// one leaves room for those that count the header apart.
const maxPacket = 1 << 17

func (s *session) readConnect() (wire.ConnectRequest, error) {
	packet, err := wire.ReadPacket(s.conn, wire.Narrow, maxPacket)
	if err != nil {
		return wire.ConnectRequest{}, err
	}
	if packet.Kind != wire.Connect {
		return wire.ConnectRequest{}, fmt.Errorf("%w: kind %d instead of connect", wire.ErrPacket, packet.Kind)
	}
	req, err := wire.ParseConnect(packet.Body)
	for err == nil && len(req.Descriptor) < req.Rest {
		var data []byte
		if packet, err = wire.ReadPacket(s.conn, wire.Narrow, maxPacket); err != nil {
			break
		}
		if _, data, err = packet.Payload(); err == nil && (packet.Kind != wire.Data || len(data) == 0) {
			err = fmt.Errorf("%w: kind %d instead of connect data", wire.ErrPacket, packet.Kind)
		}
		req.Descriptor += string(data)
	}
	return req, err
}

func (s *session) answerTo(t Target) Answer {
	lookup := s.srv.cfg.Service
	if lookup == nil {
		lookup = s.srv.Lookup
	}
	answer := lookup(t)
	if answer.Act == Accept && s.full {
		return Answer{Act: Refuse, Code: codeNoHandler}
	}
	return answer
}

func (s *session) refuse(body []byte) error {
	if err := s.write(wire.AppendPacket(nil, wire.Narrow, wire.Refuse, body)); err != nil {
		return err
	}
	return errClosed
}

// ignore says nothing until the client gives up.
func (s *session) ignore() error {
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if _, err := io.Copy(io.Discard, s.conn); err != nil {
		return fmt.Errorf("wait for the client to give up: %w", err)
	}
	return errClosed
}

func (s *session) write(b []byte) error {
	if s.db != nil {
		if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return fmt.Errorf("set deadline: %w", err)
		}
	}
	if _, err := s.conn.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// broken reports whether what the client sent could not be read.
func (s *session) broken() bool { return s.dec.Err() != nil }

// send writes the collected answer.
func (s *session) send() error {
	packets := wire.AppendData(nil, s.framing, s.sdu, s.out.Bytes())
	s.out.Reset()
	return s.write(packets)
}
