package wire

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Limits of what a client may ask for in CONNECT.
const (
	Version        = 317 // the newest this server speaks: no fast login, no end-of-response
	minWideVersion = 315
	minSDU         = 512
	maxSDU         = 65535
	maxDescriptor  = 32 * 1024
)

// A ConnectRequest is what a client says in its CONNECT packet.
type ConnectRequest struct {
	Version    uint16
	SDU, TDU   uint32
	Descriptor string
	// Rest counts the descriptor's bytes that follow in a DATA packet; it is
	// zero when the descriptor is here.
	Rest int
}

// ParseConnect reads the body of a CONNECT packet.
func ParseConnect(body []byte) (ConnectRequest, error) {
	at := func(offset int) uint16 { return binary.BigEndian.Uint16(body[offset-headerSize:]) }
	if len(body) < 28-headerSize {
		return ConnectRequest{}, fmt.Errorf("%w: connect of %d bytes", ErrPacket, len(body))
	}
	req := ConnectRequest{Version: at(8), SDU: uint32(at(14)), TDU: uint32(at(16))}
	if req.Version >= minWideVersion && len(body) >= 66-headerSize {
		req.SDU = binary.BigEndian.Uint32(body[58-headerSize:])
		req.TDU = binary.BigEndian.Uint32(body[62-headerSize:])
	}
	length, offset := int(at(24)), int(at(26))-headerSize
	if length > maxDescriptor || offset < 0 {
		return ConnectRequest{}, fmt.Errorf("%w: connect data of %d bytes at %d", ErrPacket, length, offset)
	}
	if offset+length > len(body) {
		req.Rest = length
		return req, nil
	}
	req.Descriptor = string(body[offset : offset+length])
	return req, nil
}

// Negotiated returns the version and the packet size both sides can work with.
func (r ConnectRequest) Negotiated() (version uint16, sdu int) {
	version = min(r.Version, Version)
	size := r.SDU
	if r.TDU > 0 {
		size = min(size, r.TDU)
	}
	return version, int(min(max(size, minSDU), maxSDU))
}

// IsWide reports whether lengths are 32 bits wide once this version is accepted.
func IsWide(version uint16) Framing { return Framing(version >= minWideVersion) }

// DescriptorValue finds (key=value) in a connect descriptor, whatever the
// letters' case and the spaces around; it is empty when the key is not there.
func DescriptorValue(descriptor, key string) string {
	for {
		_, rest, found := strings.Cut(descriptor, "(")
		if !found {
			return ""
		}
		descriptor = rest
		name, value, found := strings.Cut(descriptor, "=")
		if !found || !strings.EqualFold(strings.TrimSpace(name), key) {
			continue
		}
		if end := strings.IndexAny(value, "()"); end >= 0 {
			value = value[:end]
		}
		return strings.Trim(strings.TrimSpace(value), `"`)
	}
}

// AcceptBody makes the body of an ACCEPT packet. Its flags decline native
// encryption, its options out-of-band breaks.
func AcceptBody(version uint16, sdu int) []byte {
	const size = 41
	body := make([]byte, size-headerSize)
	put16 := func(offset int, v uint16) { binary.BigEndian.PutUint16(body[offset-headerSize:], v) }
	put16(8, version)
	put16(10, 0x0801)
	put16(12, uint16(sdu))
	put16(14, uint16(sdu))
	put16(16, 0x0100)
	put16(20, size)
	put16(22, 0x0404)
	binary.BigEndian.PutUint32(body[32-headerSize:], uint32(sdu))
	binary.BigEndian.PutUint32(body[36-headerSize:], uint32(sdu))
	return body
}

// RefuseBody makes the body of a REFUSE packet that carries an ORA code.
func RefuseBody(code int) []byte {
	return refuse(fmt.Sprintf("(DESCRIPTION=(TMP=)(VSNNUM=%d)(ERR=%d)(ERROR_STACK=(ERROR=(CODE=%d)(EMFI=4))))",
		ServerVersion, code, code))
}

// BareRefuseBody makes the body of a REFUSE packet that names no code.
func BareRefuseBody() []byte { return refuse("(DESCRIPTION=(TMP=))") }

func refuse(text string) []byte {
	body := []byte{0x22, 0, byte(len(text) >> 8), byte(len(text))}
	return append(body, text...)
}

// ServerVersion is the release reported to clients, 12.1.0.2.0, whose message
// layouts the stand-in speaks.
const ServerVersion = 0x0C100200
