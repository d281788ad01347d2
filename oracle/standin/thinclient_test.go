package standin_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// A thinClient speaks as python-oracledb's thin mode does where that differs
// from go-ora: one byte for every column's scale, no values for RETURNING
// binds, LOBs defined as locators, numbered calls, markers of its own.
type thinClient struct {
	t    *testing.T
	conn net.Conn
	dec  *wire.Decoder
	enc  wire.Encoder
	seq  byte

	resets int // reset markers received

	driver  string // what it calls itself
	rawText bool   // texts have no length of their own
	zone    bool   // it tells its time zone
}

func dialThin(t *testing.T, port int) *thinClient {
	t.Helper()
	c := dialListener(t, port)
	c.negotiate()
	c.login()
	return c
}

// dialListener returns a client whose CONNECT was accepted.
func dialListener(t *testing.T, port int) *thinClient {
	t.Helper()
	conn, err := net.Dial("tcp", address(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	c := &thinClient{t: t, conn: conn, driver: "python-oracledb"}
	c.dec = wire.NewDecoder(c.packet, 1<<24)
	c.connect()
	return c
}

func (c *thinClient) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// packet reads packets up to the next one with data. It answers the server's
// markers with a reset, once.
func (c *thinClient) packet() ([]byte, error) {
	for {
		p, err := wire.ReadPacket(c.conn, wire.Wide, 1<<17)
		if err != nil {
			return nil, err
		}
		if p.Kind == wire.Marker {
			if p.MarkerKind() == wire.MarkerReset {
				c.resets++
				continue
			}
			c.mark(wire.MarkerReset)
			continue
		}
		_, data, err := p.Payload()
		return data, err
	}
}

func (c *thinClient) mark(kind byte) {
	_, err := c.conn.Write(wire.AppendMarker(nil, wire.Wide, kind))
	c.must(err)
}

func (c *thinClient) send() {
	_, err := c.conn.Write(wire.AppendData(nil, wire.Wide, 8192, c.enc.Bytes()))
	c.must(err)
	c.enc.Reset()
}

func (c *thinClient) connect() {
	descriptor := "(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=" + testService + ")))"
	body := make([]byte, 74-8)
	put := func(at, v int) { binary.BigEndian.PutUint16(body[at-8:], uint16(v)) }
	put(8, 319)
	put(14, 8192)
	put(24, len(descriptor))
	put(26, 74)
	binary.BigEndian.PutUint32(body[58-8:], 8192)
	binary.BigEndian.PutUint32(body[62-8:], 8192)
	_, err := c.conn.Write(wire.AppendPacket(nil, wire.Narrow, wire.Connect, body))
	c.must(err)
	_, err = c.conn.Write(wire.AppendData(nil, wire.Narrow, 8192, []byte(descriptor)))
	c.must(err)
	p, err := wire.ReadPacket(c.conn, wire.Narrow, 8192)
	c.must(err)
	if p.Kind != wire.Accept || binary.BigEndian.Uint16(p.Body) != wire.Version {
		c.t.Fatalf("got packet %d %x", p.Kind, p.Body)
	}
}

func (c *thinClient) negotiate() {
	c.enc.Raw(1, 6, 0)
	c.enc.Raw(append([]byte(c.driver), 0)...)
	c.send()
	c.expect(1)
	c.dec.Skip(2)
	for c.dec.U8() != 0 && c.dec.Err() == nil {
	}
	c.dec.Skip(3)
	c.dec.Skip(5 * int(c.dec.U16LE()))
	c.dec.Skip(int(c.dec.U16()))
	compile := c.dec.Bytes(int(c.dec.U8()))
	c.dec.Skip(int(c.dec.U8()))
	c.must(c.dec.Err())
	if len(compile) <= 40 || compile[7] != 7 || compile[40] != 0 {
		c.t.Fatalf("got capabilities %x", compile)
	}

	types := []uint16{1, 1, 1, 0, 2, 2, 10, 0, 27, 27, 10, 0, 0}
	c.enc.Raw(2)
	c.enc.U16LE(873)
	c.enc.U16LE(873)
	if c.zone {
		c.enc.Raw(3, 2, 0, 0, 2, 0, 1)
		c.enc.Raw(0x80, 0, 0, 0, 62, 60, 60, 0x80, 0, 0, 0)
	} else {
		c.enc.Raw(3, 2, 0, 0, 2, 0, 0)
	}
	for _, v := range types {
		c.enc.U16(v)
	}
	c.send()
	c.expect(2)
	if c.zone {
		c.dec.Skip(11)
	}
	for i, want := range types {
		if got := c.dec.U16(); got != want {
			c.t.Fatalf("type list at %d: got %d, want %d", i, got, want)
		}
	}
}

func (c *thinClient) expect(kind byte) {
	c.t.Helper()
	if got := c.dec.U8(); got != kind || c.dec.Err() != nil {
		c.t.Fatalf("got message %d, want %d, error %v", got, kind, c.dec.Err())
	}
}

func (c *thinClient) call(function byte) {
	c.seq++
	c.enc.Raw(3, function, c.seq)
}

func (c *thinClient) auth(function byte, pairs ...string) map[string]string {
	c.t.Helper()
	c.call(function)
	c.enc.Raw(1)
	c.enc.Int(len(testUser))
	c.enc.UB(0x101)
	c.enc.Raw(1)
	c.enc.Int(len(pairs) / 2)
	c.enc.Raw(1, 1)
	if c.rawText {
		c.enc.Raw([]byte(testUser)...)
	} else {
		c.enc.CLR([]byte(testUser))
	}
	for i := 0; i < len(pairs); i += 2 {
		c.enc.KV(pairs[i], pairs[i+1], 0)
	}
	c.send()
	answer := make(map[string]string)
	c.expect(8)
	for range c.dec.Count(100) {
		k, v, _ := c.dec.KV()
		answer[k] = v
	}
	c.expect(4)
	if st := c.status(); st.code != 0 {
		c.t.Fatalf("login: %+v", st)
	}
	return answer
}

func (c *thinClient) login() {
	bytesOf := func(text string) []byte {
		b, err := hex.DecodeString(text)
		c.must(err)
		return b
	}
	crypt := func(key, data []byte, mode func(cipher.Block, []byte) cipher.BlockMode) []byte {
		block, err := aes.NewCipher(key)
		c.must(err)
		out := make([]byte, len(data))
		mode(block, make([]byte, 16)).CryptBlocks(out, data)
		return out
	}
	upper := func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

	challenge := c.auth(0x76, "AUTH_TERMINAL", "unknown")
	salt := bytesOf(challenge["AUTH_VFR_DATA"])
	speedy, err := pbkdf2.Key(sha512.New, testPassword, append(bytes.Clone(salt), "AUTH_PBKDF2_SPEEDY_KEY"...), 4096, 64)
	c.must(err)
	hash := sha512.Sum512(append(speedy, salt...))
	key := hash[:32]
	server := crypt(key, bytesOf(challenge["AUTH_SESSKEY"]), cipher.NewCBCDecrypter)
	client := bytes.Repeat([]byte{0x77}, 32)
	combo, err := pbkdf2.Key(sha512.New, upper(append(bytes.Clone(client), server...)), bytesOf(challenge["AUTH_PBKDF2_CSK_SALT"]), 3, 32)
	c.must(err)
	plain := append(make([]byte, 16), testPassword...)
	pad := 16 - len(plain)%16
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	properties := c.auth(0x73, "AUTH_SESSKEY", upper(crypt(key, client, cipher.NewCBCEncrypter)),
		"AUTH_PASSWORD", upper(crypt(combo, plain, cipher.NewCBCEncrypter)),
		"AUTH_ALTER_SESSION", "ALTER SESSION SET TIME_ZONE='+00:00'\x00")
	proof := crypt(combo, bytesOf(properties["AUTH_SVR_RESPONSE"]), cipher.NewCBCDecrypter)
	if !bytes.Contains(proof, []byte("SERVER_TO_CLIENT")) || properties["AUTH_VERSION_NO"] != "202375680" {
		c.t.Fatalf("got proof %q, properties %v", proof, properties)
	}
}

func (c *thinClient) putDescs(descs []thinColumn) {
	for _, col := range descs {
		c.enc.Raw(col.typ, 1, 0, 0)
		c.enc.Int(col.size)
		c.enc.Zeros(4)
		charset, form := 0, byte(0)
		if col.typ == 1 || col.typ == 8 || col.typ == 112 {
			charset, form = 873, 1
		}
		c.enc.Int(charset)
		c.enc.Raw(form)
		c.enc.UB(0)
	}
}

// A thinCall is an execute call.
type thinCall struct {
	options        uint64
	cursor, rows   int
	sql            string
	binds, defines []thinColumn
	values         [][]byte
	lobs           int    // binds that are BLOBs
	more           uint64 // their further flags
}

// execute writes an execute call.
func (c *thinClient) execute(call thinCall) {
	e := &c.enc
	c.call(0x5E)
	e.UB(call.options)
	e.Int(call.cursor)
	e.Raw(1)
	e.Int(len(call.sql))
	e.Raw(1)
	e.UB(13)
	e.Zeros(3)
	e.Int(call.rows)
	e.UB(0x7FFFFFFF)
	e.Raw(1)
	e.Int(len(call.binds) + call.lobs)
	e.Zeros(5)
	e.Raw(1)
	e.Int(len(call.defines))
	e.Raw(0, 0, 1)
	e.Zeros(5)
	e.Zeros(3)
	if call.sql != "" {
		e.CLR([]byte(call.sql))
	}
	for i := range 13 {
		e.Int([13]int{1: call.rows}[i])
	}
	c.putDescs(call.binds)
	for range call.lobs {
		e.Raw(113, 1, 0, 0, 2, 0x0F, 0xA0, 0)
		e.UB(call.more)
		e.Zeros(5)
	}
	c.putDescs(call.defines)
	if len(call.values) > 0 {
		e.Raw(7)
		for _, v := range call.values {
			e.Raw(v...)
		}
	}
	c.send()
}

// fetch writes a fetch call.
func (c *thinClient) fetch(cursor, rows int) {
	c.call(5)
	c.enc.Int(cursor)
	c.enc.Int(rows)
	c.send()
}

// clr is a value as it is sent.
func clr(text string) []byte {
	var e wire.Encoder
	e.CLR([]byte(text))
	return e.Bytes()
}
