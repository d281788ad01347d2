package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"testing"
)

func TestMessagesAreSplitIntoPackets(t *testing.T) {
	message := bytes.Repeat([]byte("0123456789"), 1000)
	for _, framing := range []Framing{Narrow, Wide} {
		stream := bytes.NewReader(AppendData(nil, framing, 512, message))
		var got []byte
		for stream.Len() > 0 {
			p, err := ReadPacket(stream, framing, 512)
			if err != nil {
				t.Fatal(err)
			}
			flags, data, err := p.Payload()
			if err != nil || flags != 0 || p.Kind != Data {
				t.Fatalf("kind %d, flags %d, error %v", p.Kind, flags, err)
			}
			got = append(got, data...)
		}
		if !bytes.Equal(got, message) {
			t.Errorf("framing %v: got %d bytes, want %d", framing, len(got), len(message))
		}
	}
}

func TestEmptyMessageIsOnePacket(t *testing.T) {
	if got, want := hex.EncodeToString(AppendData(nil, Wide, 512, nil)), "0000000a060000000000"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMarkerIsElevenBytes(t *testing.T) {
	b := AppendMarker(nil, Wide, MarkerReset)
	if got, want := hex.EncodeToString(b), "0000000b0c000000010002"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p, err := ReadPacket(bytes.NewReader(b), Wide, 64)
	if err != nil || p.MarkerKind() != MarkerReset {
		t.Errorf("got kind %d, error %v", p.MarkerKind(), err)
	}
}

func TestReadPacketRefusesImpossibleLengths(t *testing.T) {
	for name, text := range map[string]string{
		"shorter than its header": "0007000006000000",
		"longer than allowed":     "ffff000006000000",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPacket(bytes.NewReader(b), Narrow, 1000); !errors.Is(err, ErrPacket) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := ReadPacket(bytes.NewReader([]byte{0, 9, 0}), Narrow, 1000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut off: got %v", err)
	}
}

const goOraDescriptor = "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db)(PORT=1521))(CONNECT_DATA=" +
	"(SERVICE_NAME=FREEPDB1)(CID=(PROGRAM=itest)(HOST=agent)(USER=ci))))"

// connectBody makes a CONNECT as go-ora sends it.
func connectBody(inline bool) []byte {
	const offset = 70
	body := make([]byte, offset-headerSize)
	put := func(at, v int) { binary.BigEndian.PutUint16(body[at-headerSize:], uint16(v)) }
	put(8, 319)
	put(14, 0xFFFF)
	put(24, len(goOraDescriptor))
	put(26, offset)
	binary.BigEndian.PutUint32(body[58-headerSize:], 8192)
	binary.BigEndian.PutUint32(body[62-headerSize:], 65535)
	if inline {
		body = append(body, goOraDescriptor...)
	}
	return body
}

func TestParseConnect(t *testing.T) {
	inline, err := ParseConnect(connectBody(true))
	if err != nil || inline.Descriptor != goOraDescriptor || inline.Rest != 0 {
		t.Errorf("inline: got %+v, error %v", inline, err)
	}
	if version, sdu := inline.Negotiated(); version != Version || sdu != 8192 {
		t.Errorf("negotiated version %d, SDU %d", version, sdu)
	}
	apart, err := ParseConnect(connectBody(false))
	if err != nil || apart.Rest != len(goOraDescriptor) {
		t.Errorf("apart: got %+v, error %v", apart, err)
	}
	if _, err := ParseConnect([]byte{1, 2, 3}); !errors.Is(err, ErrPacket) {
		t.Errorf("three bytes: got %v", err)
	}
}

func TestNegotiatedSizesStayInBounds(t *testing.T) {
	for name, test := range map[string]struct {
		req     ConnectRequest
		version uint16
		sdu     int
	}{
		"old and small":    {ConnectRequest{Version: 310, SDU: 1}, 310, minSDU},
		"new and large":    {ConnectRequest{Version: 999, SDU: 1 << 30, TDU: 1 << 30}, Version, maxSDU},
		"smaller TDU wins": {ConnectRequest{Version: 317, SDU: 8192, TDU: 2048}, 317, 2048},
	} {
		if version, sdu := test.req.Negotiated(); version != test.version || sdu != test.sdu {
			t.Errorf("%s: got %d, %d", name, version, sdu)
		}
	}
}

func TestDescriptorValue(t *testing.T) {
	for name, test := range map[string]struct{ descriptor, key, want string }{
		"as go-ora writes it": {goOraDescriptor, "SERVICE_NAME", "FREEPDB1"},
		"nested":              {goOraDescriptor, "HOST", "db"},
		"small letters":       {"(connect_data=(service_name=x))", "SERVICE_NAME", "x"},
		"with spaces":         {"( CONNECT_DATA = ( SID = orcl ) )", "SID", "orcl"},
		"quoted":              {`(SID="orcl")`, "SID", "orcl"},
		"not there":           {goOraDescriptor, "SID", ""},
		"not a suffix":        {"(INSIDE=1)", "SIDE", ""},
		"no end":              {"(SID=x", "SID", "x"},
		"no value":            {"(SID", "SID", ""},
		"nothing":             {"", "SID", ""},
		"letters that grow":   {"(\u0250\u0250\u0250\u0250\u0250\u0250=1)(SID=x)", "SID", "x"},
	} {
		if got := DescriptorValue(test.descriptor, test.key); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAcceptHasTheLengthThatGoOraChecks(t *testing.T) {
	p, err := ReadPacket(bytes.NewReader(AppendPacket(nil, Narrow, Accept, AcceptBody(317, 8192))), Narrow, 100)
	if err != nil || len(p.Body)+headerSize != 41 || int(p.Body[20-headerSize])<<8|int(p.Body[21-headerSize]) != 41 {
		t.Errorf("body of %d bytes, error %v", len(p.Body), err)
	}
}

func TestRefuseNamesItsCode(t *testing.T) {
	if body := RefuseBody(12514); !bytes.Contains(body, []byte("(ERR=12514)")) || int(body[3])+4 != len(body) {
		t.Errorf("got %q", body)
	}
	if bytes.Contains(BareRefuseBody(), []byte("ERR")) {
		t.Errorf("got %q", BareRefuseBody())
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add([]byte("\x00\x0b\x00\x00\x0c\x00\x00\x00\x01\x00\x02"), false)
	f.Add([]byte("\x00\x00\x00\x0a\x06\x00\x00\x00\x00\x40"), true)
	f.Fuzz(func(t *testing.T, b []byte, wide bool) {
		p, err := ReadPacket(bytes.NewReader(b), Framing(wide), 4096)
		if err != nil {
			return
		}
		if len(p.Body)+headerSize > 4096 {
			t.Errorf("body of %d bytes", len(p.Body))
		}
		p.MarkerKind()
		if _, data, err := p.Payload(); err == nil && len(data)+dataFlagsSize != len(p.Body) {
			t.Errorf("payload of %d bytes in a body of %d", len(data), len(p.Body))
		}
	})
}

func FuzzParseConnect(f *testing.F) {
	f.Add(connectBody(true))
	f.Add(connectBody(false))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := ParseConnect(body)
		if err != nil {
			return
		}
		if req.Rest > maxDescriptor {
			t.Errorf("rest of %d bytes", req.Rest)
		}
		if _, sdu := req.Negotiated(); sdu < minSDU || sdu > maxSDU {
			t.Errorf("SDU %d", sdu)
		}
		DescriptorValue(req.Descriptor, "SERVICE_NAME")
		DescriptorValue(req.Descriptor, "SID")
	})
}
