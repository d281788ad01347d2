package standin_test

import (
	"strings"
	"testing"
)

// An ojdbcClient sends what ojdbc11 23.26 was seen to send: after the login,
// which python's client performs for it, texts without a length of their own.
type ojdbcClient struct{ *thinClient }

// dialOjdbc returns a client that names itself as ojdbc does. The user's name
// in its login is raw too.
func dialOjdbc(t *testing.T, port int) ojdbcClient {
	t.Helper()
	c := dialListener(t, port)
	c.driver, c.rawText = "Java_TTC-8.2.0", true
	c.negotiate()
	c.login()
	return ojdbcClient{c}
}

// executeRaw writes an execute call; binds are descriptions and values as bytes.
func (c ojdbcClient) executeRaw(options uint64, sql string, rows, binds int, tail ...byte) {
	e := &c.enc
	c.call(0x5E)
	e.UB(options)
	e.Raw(0, 1)
	e.Int(len(sql))
	e.Raw(1, 1, 13, 0, 0)
	e.UB(0xFFFFFFFF)
	e.Int(rows)
	e.UB(0x7FFFFFFF)
	if binds > 0 {
		e.Raw(1)
	} else {
		e.Raw(0)
	}
	e.Int(binds)
	e.Zeros(9)
	e.Raw(1)
	e.Zeros(8)
	e.Raw([]byte(sql)...)
	e.Raw(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x80, 0, 0, 0, 0)
	e.Raw(tail...)
	c.send()
}

// number describes a NUMBER bind.
func (c ojdbcClient) number() []byte { return []byte{2, 3, 0, 0, 1, 22, 0, 0, 0, 0, 2, 3, 0x69, 1, 0} }

// text describes a VARCHAR2 bind.
func (c ojdbcClient) text(size byte) []byte {
	return []byte{1, 3, 0, 0, 1, size, 0, 1, 0x10, 0, 0, 2, 3, 0x69, 1, 0}
}

// answerHolds takes an answer of one packet and looks for bytes in it.
func (c ojdbcClient) answerHolds(want ...string) {
	c.t.Helper()
	c.dec.U8()
	rest := string(c.dec.Bytes(c.dec.Buffered()))
	c.must(c.dec.Err())
	for _, w := range want {
		if !strings.Contains(rest, w) {
			c.t.Fatalf("got answer %q, want %q in it", rest, w)
		}
	}
}

func TestOjdbcIsSpokenToInItsOwnLayouts(t *testing.T) {
	port := start(t)
	c := dialOjdbc(t, port)
	ddl := func(sql string) {
		c.executeRaw(0x8121, sql, 0, 0)
		c.answerHolds("\x06\x00\x00")
	}
	ddl("create table j (id number(10) generated always as identity, name varchar2(40) not null, at timestamp(6))")

	c.call(0x3B)
	c.enc.Raw(1, 2, 1, 0, 1, 1)
	c.send()
	c.answerHolds("FAKE")

	// The description of a table, before RETURNING is added to an INSERT.
	c.call(0x77)
	c.enc.Raw(1, 1, 1, 0, 0, 0, 1, 14, 'j')
	c.send()
	c.answerHolds("\x01\x04\x04NAME", "\x01\x02\x02AT")

	// OUT binds carry an empty value each time.
	binds := append(append(c.text(16), c.number()...), 7, 3, 'a', 'n', 'n', 0)
	c.executeRaw(0x8129, "insert into j(name) values(:1 ) returning id into :2 ", 0, 2, binds...)
	c.answerHolds("\x20\x10\x07\x01\x01\x02\xc1\x02")

	// A timestamp's description has a scale with a count.
	binds = []byte{180, 3, 0, 1, 9, 1, 11, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 11, 120, 126, 11, 22, 11, 12, 13, 7, 91, 202, 0}
	c.executeRaw(0x8129, "update j set at=:1 ", 0, 1, binds...)
	c.answerHolds()

	// Module, action and client, and the schema, in raw piggybacks.
	c.enc.Raw(0x11, 0x87, 9, 0, 0, 1, 0x59, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	c.enc.Zeros(12)
	c.enc.Raw('u', 'm', 'a')
	c.enc.Raw(0x11, 0x98, 10, 1, 1, byte(len(testUser)))
	c.enc.Raw([]byte(testUser)...)
	c.executeRaw(0x8021, "select name, at from j", 10, 0)
	c.answerHolds("\x07\x03ann\x0bx~\x0b\x16", "ORA-01403")

	// The columns of a query that was not executed.
	const query = "select id, name from j where id=:1 "
	c.call(0x62)
	c.enc.Raw(7, 0, 1)
	c.enc.Int(len(query))
	c.enc.Raw(1, 2, 1, 1)
	c.enc.Raw([]byte(query)...)
	c.send()
	c.answerHolds("\x01\x02\x02ID", "\x01\x04\x04NAME")
}

func TestOjdbcGetsACursorFromItsMetadataBlock(t *testing.T) {
	c := dialOjdbc(t, start(t))
	const block = "declare\n in_name varchar2(256) := null;\n xyzzy SYS_REFCURSOR;\nbegin\n in_name := :1 ;\n" +
		"open xyzzy for\nselect in_name as n from dual where 'a' LIKE in_name ESCAPE '/'\n; \n :2 := xyzzy;\n end;"
	cursor := []byte{102, 3, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0}
	c.executeRaw(0x0429, block, 10, 2, append(append(c.text(16), cursor...), 7, 1, '%', 0)...)
	c.answerHolds("\x20\x10\x07\x01", "\x01\x01\x01N")

	// It fetches with an execute call that has neither SQL nor binds.
	e := &c.enc
	c.call(0x5E)
	e.UB(0x8040)
	e.Raw(1, 1, 0, 0, 1, 1, 13, 0, 0, 0, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF)
	e.Zeros(11)
	e.Raw(1)
	e.Zeros(9)
	e.Raw(2, 0x10, 0xBC, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
	c.send()
	c.answerHolds("\x07\x01%", "ORA-01403")
}
