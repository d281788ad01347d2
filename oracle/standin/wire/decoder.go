package wire

import (
	"errors"
	"fmt"
)

// ErrMessage reports a message that cannot be what its bytes say.
var ErrMessage = errors.New("malformed message")

// A Decoder reads messages from a stream of packets, which it pulls when it
// needs them. The first error sticks: later reads return zero values, so that
// a message may be read field by field and Err asked once. Whoever loops over
// a count read from the wire must take it from Count.
type Decoder struct {
	buf  []byte
	pos  int
	fill func() ([]byte, error)
	max  int
	used int
	err  error
}

// NewDecoder returns a decoder that gets more bytes from fill and refuses
// messages of more than limit bytes.
func NewDecoder(fill func() ([]byte, error), limit int) *Decoder {
	return &Decoder{fill: fill, max: limit}
}

// Limit changes the size of messages that is refused.
func (d *Decoder) Limit(n int) { d.max = n }

// Err returns the first error met.
func (d *Decoder) Err() error { return d.err }

// Fail makes the decoder return err from now on, unless it failed before.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Begin starts a new message: the limit counts from here.
func (d *Decoder) Begin() { d.used = 0 }

// Buffered returns the number of bytes at hand.
func (d *Decoder) Buffered() int { return len(d.buf) - d.pos }

// Drop forgets the bytes at hand.
func (d *Decoder) Drop() { d.buf, d.pos = nil, 0 }

// U8 reads a byte.
func (d *Decoder) U8() byte {
	if d.err == nil && d.pos < len(d.buf) && d.used < d.max {
		d.used++
		d.pos++
		return d.buf[d.pos-1]
	}
	if b := d.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads two bytes, the high one first.
func (d *Decoder) U16() uint16 {
	if b := d.Bytes(2); b != nil {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return 0
}

// U16LE reads two bytes, the low one first.
func (d *Decoder) U16LE() uint16 {
	v := d.U16()
	return v<<8 | v>>8
}

// U32 reads four bytes, the high one first.
func (d *Decoder) U32() uint32 { return uint32(d.U16())<<16 | uint32(d.U16()) }

// Skip reads n bytes away.
func (d *Decoder) Skip(n int) { d.Bytes(n) }

// Bytes reads n bytes into memory of their own; nil after an error.
func (d *Decoder) Bytes(n int) []byte {
	if n < 0 || n > d.max-d.used {
		d.Fail(fmt.Errorf("%w: more than %d bytes", ErrMessage, d.max))
	}
	if d.err != nil {
		return nil
	}
	d.used += n
	out := make([]byte, 0, min(n, len(d.buf)-d.pos))
	for {
		part := d.buf[d.pos:min(len(d.buf), d.pos+n-len(out))]
		d.pos += len(part)
		out = append(out, part...)
		if len(out) == n {
			return out
		}
		more, err := d.fill()
		if err != nil {
			d.Fail(err)
			return nil
		}
		d.buf, d.pos = more, 0
	}
}

// UB reads a number that has the count of its bytes in front.
func (d *Decoder) UB() uint64 {
	n := d.U8()
	if n > 8 {
		d.Fail(fmt.Errorf("%w: number of %d bytes", ErrMessage, n))
		return 0
	}
	var v uint64
	for range n {
		v = v<<8 | uint64(d.U8())
	}
	return v
}

// SkipUB reads n numbers away.
func (d *Decoder) SkipUB(n int) {
	for range n {
		d.UB()
	}
}

// Count reads a number that says how much follows, at most limit.
func (d *Decoder) Count(limit int) int {
	v := d.UB()
	if d.err != nil {
		return 0
	}
	if v > uint64(limit) {
		d.Fail(fmt.Errorf("%w: count %d, limit %d", ErrMessage, v, limit))
		return 0
	}
	return int(v)
}

// CLR reads bytes that have their length in front; nil is NULL.
func (d *Decoder) CLR() []byte {
	switch n := d.U8(); n {
	case 0, 0xFF:
		return nil
	case 0xFD:
		d.U8()
		return nil
	case longCLR:
		return d.chunks()
	default:
		return d.Bytes(int(n))
	}
}

func (d *Decoder) chunks() []byte {
	var out []byte
	for {
		n := d.Count(d.max)
		if n == 0 || d.err != nil {
			return out
		}
		out = append(out, d.Bytes(n)...)
	}
}

// DLC reads a length and, unless it is zero, a CLR.
func (d *Decoder) DLC() []byte {
	if d.UB() == 0 {
		return nil
	}
	return d.CLR()
}

// KV reads a key, its value and a number.
func (d *Decoder) KV() (key, value string, flags uint64) {
	key = string(d.DLC())
	value = string(d.DLC())
	return key, value, d.UB()
}
