package standin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Messages of the client.
const (
	msgCall      = 0x03
	msgPiggyback = 0x11
)

// Functions of a session.
const (
	fnReexecute      = 0x04
	fnFetch          = 0x05
	fnLogoff         = 0x09
	fnCommit         = 0x0E
	fnRollback       = 0x0F
	fnVersion        = 0x3B
	fnReexecuteQuery = 0x4E
	fnExecute        = 0x5E
	fnLob            = 0x60
	fnCloseCursors   = 0x69
	fnCancelCursors  = 0x78
	fnEndToEnd       = 0x87
	fnDescribeSQL    = 0x62
	fnDescribeTable  = 0x77
	fnPing           = 0x93
	fnSetSchema      = 0x98
	fnKeyValues      = 0x9A
	fnSessionState   = 0xB0
)

// message reads and answers the next message, or takes note of a piggyback.
func (s *session) message(ctx context.Context) error {
	s.dec.Begin()
	kind, function, seq := s.dec.U8(), s.dec.U8(), s.dec.U8()
	switch err := s.dec.Err(); {
	case errors.Is(err, errBreak):
		return s.acknowledgeBreak()
	case err != nil:
		return err
	}
	s.seq = seq
	switch kind {
	case msgPiggyback:
		s.piggyback(ctx, function)
		return nil // what it could not read shows at the next message
	case msgCall:
		return s.call(ctx, function)
	}
	return fmt.Errorf("%w: kind %d", wire.ErrMessage, kind)
}

// call answers one call. Its context ends with the client's break; then the
// answer is ORA-01013, unless it changed something all the same: to that, as to
// one of a call that was answered, the acknowledgement is a second answer.
func (s *session) call(ctx context.Context, function byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.settled, s.running, s.opened = false, nil, nil
	s.in.begin(cancel)
	s.dispatch(ctx, function)
	interrupted := s.in.finish()
	err := s.dec.Err()
	switch {
	case errors.Is(err, errBreak) || err == nil && interrupted && !s.settled:
		s.abandon()
		return s.acknowledgeBreak()
	case err != nil:
		return err
	}
	if err := s.send(); err != nil || function != fnLogoff {
		return err
	}
	return errClosed
}

// abandon forgets what the running call did to cursors, of which the client
// never hears: it opened one, or read rows of one.
func (s *session) abandon() {
	switch {
	case s.opened != nil:
		s.cursors.close(s.opened.id)
	case s.running != nil:
		s.running.stop()
	}
}

// In ojdbc one thread sends a break and takes note of it only then; another one
// waits for the answer, and misses an acknowledgement that comes sooner. A real
// server is never that quick.
const (
	breakPause    = 20 * time.Millisecond  // how old a break is when it is acknowledged
	breakPatience = 500 * time.Millisecond // when the client is told once more
)

// acknowledgeBreak tells the client that its break came through.
func (s *session) acknowledgeBreak() error {
	s.out.Reset()
	s.in.pause(breakPause)
	markers := wire.AppendMarker(nil, s.framing, wire.MarkerBreak)
	markers = wire.AppendMarker(markers, s.framing, wire.MarkerReset)
	for reset := false; !reset; {
		if err := s.write(markers); err != nil {
			return err
		}
		var err error
		if reset, err = s.in.awaitReset(breakPatience); err != nil {
			return err
		}
	}
	s.dec = wire.NewDecoder(s.in.next, s.srv.cfg.Limits.Message)
	s.putStatus(status{err: oraError(codeCancelled, "user requested cancel of current operation")})
	return s.send()
}

func (s *session) dispatch(ctx context.Context, function byte) {
	switch function {
	case fnExecute:
		s.execute(ctx)
	case fnReexecute, fnReexecuteQuery:
		s.reexecute(ctx, function == fnReexecuteQuery)
	case fnFetch:
		s.fetch(ctx)
	case fnLob:
		s.lobCall()
	case fnDescribeSQL:
		s.describeSQL(ctx)
	case fnDescribeTable:
		s.describeTable(ctx)
	case fnCommit, fnLogoff: // who takes leave has not vanished: Oracle commits
		s.finish(s.db.Commit(ctx))
	case fnRollback:
		s.finish(s.db.Rollback(ctx))
	case fnPing:
		s.putFinished()
	case fnVersion:
		s.version()
	default:
		// The length of a call that is not known is not known either. Clients
		// start each call in a packet of its own, so what is left of this one
		// belongs to it.
		s.dec.Drop()
		s.putStatus(status{err: oraError(codeNotInStandIn, "not in the stand-in: call %#x", function)})
	}
}

// finish ends a call that answers nothing but whether it went well.
func (s *session) finish(err error) {
	if err != nil {
		s.putStatus(status{err: s.asOra(err)})
		return
	}
	s.settled = true
	s.putFinished()
}

// version answers the question for the server's version. go-ora reads no
// further than the number, so all must be in one packet.
func (s *session) version() {
	s.dec.U8()
	s.dec.UB()
	s.dec.Skip(2)
	s.out.Raw(msgParameters)
	s.out.Int(len(Banner))
	if s.client.rawText {
		s.out.Raw([]byte(Banner)...)
	} else {
		s.out.CLR([]byte(Banner))
	}
	s.out.UB(wire.ServerVersion)
	s.putFinished()
}
