package standin

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Character sets by Oracle's numbers.
const (
	charsetUTF8  = 873  // AL32UTF8
	charsetUTF16 = 2000 // AL16UTF16, the national one
)

// Messages of the session's start.
const (
	msgProtocol  = 1
	msgDataTypes = 2
	anoMagic     = 0xDE // first byte of a native encryption request, DEADBEEF
)

// Limits of what a client may say in its handshake.
const (
	maxName     = 256
	maxTypes    = 4096
	maxStranger = 1 << 20 // bytes of one message before the login
)

// compileCaps and runtimeCaps are what the server says it can do. Each byte
// that is set has a client that depends on it.
func compileCaps() []byte {
	caps := make([]byte, 42)
	caps[0] = 6
	caps[4] = 0x2A // the 12c verifier and its combined key
	caps[7] = 7    // TTC field version
	caps[15] = 1   // a status has the end-of-call status
	caps[16] = 1   // and the end-to-end sequence
	caps[27] = 1   // the list of types has 16-bit numbers
	caps[37] = 0x22
	return caps
}

func runtimeCaps() []byte {
	caps := make([]byte, 7)
	caps[0] = 2
	caps[1] = 1    // the time zone is part of the type negotiation
	caps[6] = 0x05 // strings of 32767 bytes
	return caps
}

// handshake brings the session from ACCEPT to a logged-in user.
func (s *session) handshake(ctx context.Context) error {
	for s.db == nil {
		s.dec.Begin()
		kind := s.dec.U8()
		if err := s.dec.Err(); err != nil {
			return err
		}
		err := s.handshakeMessage(ctx, kind)
		if err == nil {
			err = s.dec.Err()
		}
		if err != nil {
			return err
		}
	}
	s.dec.Limit(s.srv.cfg.Limits.Message)
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	return nil
}

func (s *session) handshakeMessage(ctx context.Context, kind byte) error {
	switch kind {
	case anoMagic:
		return s.declineEncryption()
	case msgProtocol:
		return s.protocol()
	case msgDataTypes:
		return s.dataTypes()
	case msgCall:
		return s.login(ctx)
	}
	return fmt.Errorf("%w: kind %d before the login", wire.ErrMessage, kind)
}

// protocol tells client and server apart: the client's name decides on the
// dialect spoken with it.
func (s *session) protocol() error {
	s.terminated()
	s.client.name = string(s.terminated())
	if err := s.dec.Err(); err != nil {
		return err
	}
	s.client.goOra = s.client.name == "OracleClientGo"
	s.client.rawText = s.client.name == "Java_TTC-8.2.0"
	s.log.Debug("protocol", "driver", s.client.name)

	s.out.Raw(msgProtocol, 6, 0)
	s.out.Raw([]byte(Banner)...)
	s.out.Raw(0)
	s.out.U16LE(charsetUTF8)
	s.out.Raw(1)
	s.out.U16LE(0)
	fdo := make([]byte, 11)
	fdo[9], fdo[10] = charsetUTF16>>8, charsetUTF16&0xFF
	s.out.U16(uint16(len(fdo)))
	s.out.Raw(fdo...)
	for _, caps := range [][]byte{compileCaps(), runtimeCaps()} {
		s.out.Raw(byte(len(caps)))
		s.out.Raw(caps...)
	}
	return s.send()
}

// terminated reads bytes up to a zero.
func (s *session) terminated() []byte {
	var text []byte
	for s.dec.Err() == nil {
		b := s.dec.U8()
		if b == 0 {
			break
		}
		if text = append(text, b); len(text) > maxName {
			s.dec.Fail(fmt.Errorf("%w: name of more than %d bytes", wire.ErrMessage, maxName))
		}
	}
	return text
}

// dataTypes answers the client's list of types with the same list, in other
// words: every type is represented as the client likes best.
func (s *session) dataTypes() error {
	s.dec.Skip(5) // character sets and flags
	ccaps := s.dec.Bytes(int(s.dec.U8()))
	rcaps := s.dec.Bytes(int(s.dec.U8()))
	if err := s.dec.Err(); err != nil {
		return err
	}
	s.out.Raw(msgDataTypes)
	if len(rcaps) > 1 && rcaps[1]&1 != 0 {
		s.dec.Skip(11)
		s.out.Raw(0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0) // +00:00
		if len(ccaps) > 37 && ccaps[37]&2 != 0 {
			// The client's own version of the time zone file comes back, for
			// with any other it would send times in a form that needs the file.
			s.out.U32(s.dec.U32())
		}
	}
	if s.client.goOra {
		s.dec.Skip(2) // national character set
	}
	if s.dec.Buffered() > 0 {
		s.typeList()
	}
	if err := s.dec.Err(); err != nil {
		return err
	}
	return s.send()
}

func (s *session) typeList() {
	const sb1, oracleRep = 27, 10
	for n := 0; ; n++ {
		if n > maxTypes {
			s.dec.Fail(fmt.Errorf("%w: more than %d types", wire.ErrMessage, maxTypes))
		}
		typ := s.dec.U16()
		s.out.U16(typ)
		if typ == 0 || s.dec.Err() != nil {
			return
		}
		conv := s.dec.U16()
		s.out.U16(conv)
		if conv == 0 {
			continue
		}
		rep := s.dec.U16()
		s.out.U16(rep)
		s.out.U16(s.dec.U16())
		if typ == sb1 {
			s.client.scaleByte = rep == oracleRep
		}
	}
}

// declineEncryption answers a native encryption request: no authentication
// adapter, no encryption, no checksums.
func (s *session) declineEncryption() error {
	const version = 0x0C100200
	if !bytes.Equal(s.dec.Bytes(3), []byte{0xAD, 0xBE, 0xEF}) {
		return fmt.Errorf("%w: no encryption request", wire.ErrMessage)
	}
	length := int(s.dec.U16())
	s.dec.Skip(max(length-6, 0))
	if err := s.dec.Err(); err != nil {
		return err
	}
	var body wire.Encoder
	field := func(kind uint16, data ...byte) {
		body.U16(uint16(len(data)))
		body.U16(kind)
		body.Raw(data...)
	}
	service := func(id, fields uint16) {
		body.U16(id)
		body.U16(fields)
		body.U32(0)
		field(5, version>>24, version>>16&0xFF, version>>8&0xFF, version&0xFF)
	}
	service(4, 3)
	field(6, 0, 31)
	field(1, 0xDE, 0xAD, 0xBE, 0xEF, 0, 3, 0, 0, 0, 2, 0, 4, 0, 1)
	service(1, 2)
	field(6, 0xFB, 0xFF)
	service(2, 2)
	field(2, 0)
	service(3, 2)
	field(2, 0)

	const header = 13
	s.out.U32(0xDEADBEEF)
	s.out.U16(uint16(header + body.Len()))
	s.out.U32(version)
	s.out.U16(4)
	s.out.Raw(0)
	s.out.Raw(body.Bytes()...)
	return s.send()
}
