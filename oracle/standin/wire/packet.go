// Package wire holds the byte layouts of Oracle Net: packets, the handshake's
// CONNECT, ACCEPT and REFUSE, and the number and string encodings of the
// messages inside. It trusts nothing that it reads: every length is checked
// against a limit before memory is taken for it.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The kinds of packet.
const (
	Connect  = 1
	Accept   = 2
	Refuse   = 4
	Redirect = 5
	Data     = 6
	Resend   = 11
	Marker   = 12
	Control  = 14
)

// The kinds of marker.
const (
	MarkerBreak     = 1
	MarkerReset     = 2
	MarkerInterrupt = 3
)

// DataEOF is the data flag of a client that is about to close.
const DataEOF = 0x40

// The room that a packet's header takes, and a DATA packet's flags.
const (
	headerSize    = 8
	dataFlagsSize = 2
)

// ErrPacket reports bytes that are no packet.
var ErrPacket = errors.New("malformed packet")

// A Packet is one unit of Oracle Net without its header.
type Packet struct {
	Kind  byte
	Flags byte
	Body  []byte
}

// Framing is how lengths are written: Narrow until a session is accepted,
// Wide afterwards.
type Framing bool

// The two framings.
const (
	Narrow Framing = false
	Wide   Framing = true
)

// ReadPacket reads one packet of at most limit bytes.
func ReadPacket(r io.Reader, framing Framing, limit int) (Packet, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return Packet{}, fmt.Errorf("read packet header: %w", err)
	}
	length := int(binary.BigEndian.Uint16(header[:]))
	if framing == Wide {
		length = int(binary.BigEndian.Uint32(header[:]))
	}
	if length < headerSize || length > limit {
		return Packet{}, fmt.Errorf("%w: length %d", ErrPacket, length)
	}
	body := make([]byte, length-headerSize)
	if _, err := io.ReadFull(r, body); err != nil {
		return Packet{}, fmt.Errorf("read packet body: %w", err)
	}
	return Packet{Kind: header[4], Flags: header[5], Body: body}, nil
}

// AppendPacket appends a packet of the kind with the body to b.
func AppendPacket(b []byte, framing Framing, kind byte, body []byte) []byte {
	var header [headerSize]byte
	length := headerSize + len(body)
	if framing == Wide {
		binary.BigEndian.PutUint32(header[:], uint32(length))
	} else {
		binary.BigEndian.PutUint16(header[:], uint16(length))
	}
	header[4] = kind
	b = append(b, header[:]...)
	return append(b, body...)
}

// AppendData appends a message to b as DATA packets of at most size bytes each.
func AppendData(b []byte, framing Framing, size int, message []byte) []byte {
	room := size - headerSize - dataFlagsSize
	for first := true; first || len(message) > 0; first = false {
		part := message[:min(room, len(message))]
		message = message[len(part):]
		body := make([]byte, dataFlagsSize, dataFlagsSize+len(part))
		b = AppendPacket(b, framing, Data, append(body, part...))
	}
	return b
}

// AppendMarker appends a marker of the kind to b.
func AppendMarker(b []byte, framing Framing, kind byte) []byte {
	return AppendPacket(b, framing, Marker, []byte{1, 0, kind})
}

// Payload splits the body of a DATA packet into its flags and its bytes.
func (p Packet) Payload() (flags uint16, data []byte, err error) {
	if len(p.Body) < dataFlagsSize {
		return 0, nil, fmt.Errorf("%w: data packet without flags", ErrPacket)
	}
	return binary.BigEndian.Uint16(p.Body), p.Body[dataFlagsSize:], nil
}

// MarkerKind returns what a MARKER packet asks for; zero when it is malformed.
func (p Packet) MarkerKind() byte {
	if len(p.Body) < 3 {
		return 0
	}
	return p.Body[2]
}
