package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

// once returns a decoder of the bytes, handed out in packets of size bytes.
func once(b []byte, size int) *Decoder {
	return NewDecoder(func() ([]byte, error) {
		if len(b) == 0 {
			return nil, io.EOF
		}
		part := b[:min(size, len(b))]
		b = b[len(part):]
		return part, nil
	}, 1<<20)
}

func TestNumbersAreWrittenWithTheirCount(t *testing.T) {
	tests := map[string]struct {
		write func(*Encoder)
		want  string
	}{
		"zero":            {func(e *Encoder) { e.UB(0) }, "00"},
		"one byte":        {func(e *Encoder) { e.UB(200) }, "01c8"},
		"two bytes":       {func(e *Encoder) { e.UB(1403) }, "02057b"},
		"eight bytes":     {func(e *Encoder) { e.UB(1<<64 - 1) }, "08ffffffffffffffff"},
		"negative":        {func(e *Encoder) { e.SB(-127) }, "817f"},
		"positive signed": {func(e *Encoder) { e.SB(6) }, "0106"},
		"never negative":  {func(e *Encoder) { e.Int(-1) }, "00"},
		"null":            {func(e *Encoder) { e.CLR(nil) }, "00"},
		"short text":      {func(e *Encoder) { e.CLR([]byte("ab")) }, "026162"},
		"counted text":    {func(e *Encoder) { e.DLC([]byte("ab")) }, "0102026162"},
		"no counted text": {func(e *Encoder) { e.DLC(nil) }, "00"},
		"little end":      {func(e *Encoder) { e.U16LE(873) }, "6903"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var e Encoder
			test.write(&e)
			if got := hex.EncodeToString(e.Bytes()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestBytesComeBackWhateverThePacketsSizes(t *testing.T) {
	for _, length := range []int{1, 252, 253, 32767, 32768, 100_000} {
		want := bytes.Repeat([]byte{7}, length)
		var e Encoder
		e.CLR(want)
		e.KV("KEY", "VALUE", 18453)
		for _, size := range []int{1, 3, 8192, 1 << 20} {
			d := once(e.Bytes(), size)
			if got := d.CLR(); !bytes.Equal(got, want) {
				t.Fatalf("length %d, packets of %d: got %d bytes, error %v", length, size, len(got), d.Err())
			}
			if k, v, n := d.KV(); k != "KEY" || v != "VALUE" || n != 18453 || d.Err() != nil {
				t.Fatalf("length %d, packets of %d: got %q=%q %d, error %v", length, size, k, v, n, d.Err())
			}
		}
	}
}

func TestDecoderRefusesWhatCannotBe(t *testing.T) {
	tests := map[string]struct {
		bytes string
		read  func(*Decoder)
		want  error
	}{
		"number of nine bytes":   {"09", func(d *Decoder) { d.UB() }, ErrMessage},
		"count beyond its limit": {"0105", func(d *Decoder) { d.Count(4) }, ErrMessage},
		"end of packets":         {"05", func(d *Decoder) { d.CLR() }, io.EOF},
		"chunk beyond the limit": {"fe047fffffff", func(d *Decoder) { d.CLR() }, ErrMessage},
		"negative length":        {"", func(d *Decoder) { d.Bytes(-1) }, ErrMessage},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(test.bytes)
			if err != nil {
				t.Fatal(err)
			}
			d := once(b, 100)
			test.read(d)
			if !errors.Is(d.Err(), test.want) {
				t.Errorf("got %v, want %v", d.Err(), test.want)
			}
			if d.UB() != 0 || d.CLR() != nil {
				t.Error("values after an error")
			}
		})
	}
}

func TestDecoderCountsEachMessageAnew(t *testing.T) {
	packet := []byte(strings.Repeat("x", 60))
	d := NewDecoder(func() ([]byte, error) { return packet, nil }, 100)
	for range 5 {
		d.Begin()
		d.Skip(90)
	}
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	d.Skip(11)
	if !errors.Is(d.Err(), ErrMessage) {
		t.Errorf("got %v, want a message that is too long", d.Err())
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0xFE, 1, 2, 65, 66, 0}, 3)
	f.Add([]byte{1, 2, 2, 65, 66, 1, 1, 1, 67, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		d := once(b, max(size, 1))
		for d.Err() == nil {
			d.Begin()
			d.KV()
			d.CLR()
			d.Skip(d.Count(16))
			d.U16LE()
			d.U32()
		}
		if !errors.Is(d.Err(), io.EOF) && !errors.Is(d.Err(), ErrMessage) {
			t.Errorf("unexpected error %v", d.Err())
		}
	})
}
