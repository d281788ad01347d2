package wire

import "math/bits"

// Longest bytes that CLR writes with a one-byte length, and its chunks beyond.
const (
	shortCLR  = 252
	longCLR   = 0xFE
	chunkSize = 32767
)

// An Encoder collects a message. The zero value is empty and ready.
type Encoder struct {
	buf []byte
}

// Bytes returns what was written; it is valid until the next write.
func (e *Encoder) Bytes() []byte { return e.buf }

// Len returns the number of bytes written.
func (e *Encoder) Len() int { return len(e.buf) }

// Reset empties the encoder and keeps its memory unless that has grown large.
func (e *Encoder) Reset() {
	if cap(e.buf) > 1<<20 {
		e.buf = nil
	}
	e.buf = e.buf[:0]
}

// Truncate drops all but the first n bytes.
func (e *Encoder) Truncate(n int) { e.buf = e.buf[:n] }

// Raw writes bytes as they are.
func (e *Encoder) Raw(b ...byte) { e.buf = append(e.buf, b...) }

// U16 writes two bytes, the high one first.
func (e *Encoder) U16(v uint16) { e.Raw(byte(v>>8), byte(v)) }

// U16LE writes two bytes, the low one first.
func (e *Encoder) U16LE(v uint16) { e.Raw(byte(v), byte(v>>8)) }

// U32 writes four bytes, the high one first.
func (e *Encoder) U32(v uint32) { e.Raw(byte(v>>24), byte(v>>16), byte(v>>8), byte(v)) }

// Zeros writes n zero bytes, each of which is also a zero UB.
func (e *Encoder) Zeros(n int) { e.buf = append(e.buf, make([]byte, n)...) }

// UB writes a number with the count of its bytes in front.
func (e *Encoder) UB(v uint64) { e.counted(v, 0) }

// Int writes a number that is never negative as UB does.
func (e *Encoder) Int(v int) { e.UB(uint64(max(v, 0))) }

// SB writes a signed number: the count's high bit says that it is negative.
func (e *Encoder) SB(v int64) {
	if v < 0 {
		e.counted(uint64(-v), 0x80)
		return
	}
	e.counted(uint64(v), 0)
}

func (e *Encoder) counted(v uint64, sign byte) {
	n := (bits.Len64(v) + 7) / 8
	e.Raw(byte(n) | sign)
	for i := n - 1; i >= 0; i-- {
		e.Raw(byte(v >> (8 * i)))
	}
}

// CLR writes bytes with their length; none at all means NULL.
func (e *Encoder) CLR(b []byte) {
	if len(b) <= shortCLR {
		e.Raw(byte(len(b)))
		e.Raw(b...)
		return
	}
	e.Raw(longCLR)
	for len(b) > 0 {
		part := b[:min(chunkSize, len(b))]
		b = b[len(part):]
		e.Int(len(part))
		e.Raw(part...)
	}
	e.Raw(0)
}

// DLC writes a length and, unless it is zero, a CLR.
func (e *Encoder) DLC(b []byte) {
	e.Int(len(b))
	if len(b) > 0 {
		e.CLR(b)
	}
}

// KV writes a key, its value and a number.
func (e *Encoder) KV(key, value string, flags uint64) {
	e.DLC([]byte(key))
	e.DLC([]byte(value))
	e.UB(flags)
}
