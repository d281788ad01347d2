package standin_test

import "testing"

func TestEncryptionIsDeclined(t *testing.T) {
	c := dialListener(t, start(t))
	c.enc.U32(0xDEADBEEF)
	c.enc.U16(13 + 4)
	c.enc.U32(0x0B200200)
	c.enc.U16(1)
	c.enc.Raw(0)
	c.enc.Raw(1, 2, 3, 4)
	c.send()
	if magic := c.dec.U32(); magic != 0xDEADBEEF {
		t.Fatalf("got %#x", magic)
	}
	length := int(c.dec.U16())
	c.dec.U32()
	services := c.dec.U16()
	c.dec.U8()
	if c.dec.Buffered() != length-13 || services != 4 {
		t.Errorf("%d services, length %d, %d bytes behind the header", services, length, c.dec.Buffered())
	}
	c.dec.Drop()
	c.negotiate()
	c.login()
}

func TestLoginWithoutAPasswordIsDenied(t *testing.T) {
	c := dialListener(t, start(t))
	c.negotiate()
	c.call(0x73)
	c.enc.Raw(0, 0)
	c.enc.UB(1)
	c.enc.Raw(1, 0, 1, 1)
	c.send()
	c.expect(4)
	if st := c.status(); st.code != 1017 {
		t.Errorf("got %v", st)
	}
}
