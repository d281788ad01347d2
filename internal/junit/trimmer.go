package junit

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// maxRun is how much of one text, CDATA section or attribute reaches the XML
// decoder, which would hold all of it in memory at once.
const maxRun = 64 << 10

// trimmer is a reader that shortens long runs of text in XML and replaces the
// characters that no XML may hold, though test reports do. Line ends stay, so
// that the decoder still tells the right line.
type trimmer struct {
	in     io.Reader
	chunk  []byte
	out    bytes.Buffer
	err    error
	state  state
	run    int    // bytes of this run that were passed on
	quote  byte   // that ends the attribute
	seen   []byte // start of a markup or entity that is not decided yet
	closer int    // bytes of ]]> or --> that were seen
}

type state int

const (
	inText state = iota
	inEntity
	inMarkup // after <, as long as it may be a CDATA section or a comment
	inTag
	inQuotes
	inCDATA
	inComment
)

func newTrimmer(in io.Reader) *trimmer {
	return &trimmer{in: in, chunk: make([]byte, 32<<10)}
}

func (t *trimmer) Read(p []byte) (int, error) {
	for t.out.Len() == 0 {
		if t.err != nil {
			return 0, t.err
		}
		n, err := t.in.Read(t.chunk)
		for rest := t.chunk[:n]; len(rest) > 0; {
			rest = rest[t.dropped(rest):]
			if len(rest) > 0 {
				t.take(rest[0])
				rest = rest[1:]
			}
		}
		if t.err = err; err != nil {
			t.out.Write(t.seen) // a report that ends within a markup is malformed: let the decoder say so
			t.seen = nil
		}
	}
	return t.out.Read(p)
}

// dropped counts the bytes at the start that take would look at one by one, only
// to drop each: in a run that is long enough, all before what may end it.
func (t *trimmer) dropped(rest []byte) int {
	ends := ""
	switch {
	case t.run <= maxRun+3 || t.closer > 0:
		return 0
	case t.state == inText:
		ends = "<&\n"
	case t.state == inQuotes:
		ends = string(t.quote) + "&\n"
	case t.state == inCDATA:
		ends = "]\n"
	case t.state == inComment:
		ends = "-\n"
	default:
		return 0
	}
	if end := bytes.IndexAny(rest, ends); end >= 0 {
		return end
	}
	return len(rest)
}

func (t *trimmer) take(b byte) {
	if b < ' ' && b != '\n' && b != '\r' && b != '\t' {
		b = '?'
	}
	switch t.state {
	case inText:
		switch b {
		case '<':
			t.state, t.seen = inMarkup, append(t.seen[:0], b)
		case '&':
			t.state, t.seen = inEntity, append(t.seen[:0], b)
		default:
			t.limited(b)
		}
	case inQuotes:
		switch b {
		case t.quote:
			t.out.WriteByte(b)
			t.state = inTag
		case '&':
			t.state, t.seen = inEntity, append(t.seen[:0], b)
		default:
			t.limited(b)
		}
	case inEntity:
		t.entity(b)
	case inMarkup:
		t.markup(b)
	case inTag:
		t.tag(b)
	case inCDATA:
		t.section(b, ']')
	case inComment:
		t.section(b, '-')
	}
}

// limited passes a byte of a run on as long as the run is short enough. A
// character of several bytes is never cut.
func (t *trimmer) limited(b byte) {
	if t.run++; t.run <= maxRun || b == '\n' || (b&0xc0 == 0x80 && t.run <= maxRun+3) {
		t.out.WriteByte(b)
	}
}

// entity decides on &...; as a whole.
func (t *trimmer) entity(b byte) {
	const longest = 16
	t.seen = append(t.seen, b)
	if b != ';' && b != '<' && b != '"' && b != '\'' && len(t.seen) < longest {
		return
	}
	t.state = inText
	if t.quote != 0 {
		t.state = inQuotes
	}
	if b != ';' { // malformed: let the decoder say so
		rest := t.seen[len(t.seen)-1]
		t.out.Write(t.seen[:len(t.seen)-1])
		t.seen = t.seen[:0]
		t.take(rest)
		return
	}
	if t.run += len(t.seen); t.run <= maxRun {
		if illegal(string(t.seen)) {
			t.out.WriteByte('?')
		} else {
			t.out.Write(t.seen)
		}
	}
	t.seen = t.seen[:0]
}

// illegal tells whether a character reference names what no XML may hold.
func illegal(entity string) bool {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(entity, ";"), "&#")
	if !ok {
		return false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return false
	}
	return (n < ' ' && n != '\t' && n != '\n' && n != '\r') || (n >= 0xd800 && n < 0xe000) || n == 0xfffe || n == 0xffff || n > 0x10ffff
}

// markup waits until it is known what < starts.
func (t *trimmer) markup(b byte) {
	t.seen = append(t.seen, b)
	text := string(t.seen)
	switch {
	case text == "<![CDATA[":
		t.state = inCDATA
	case text == "<!--":
		t.state = inComment
	case strings.HasPrefix("<![CDATA[", text) || strings.HasPrefix("<!--", text):
		return
	default:
		t.out.Write(t.seen[:len(t.seen)-1])
		t.seen = t.seen[:0]
		t.state = inTag
		t.tag(b)
		return
	}
	t.out.Write(t.seen)
	t.seen, t.run, t.closer = t.seen[:0], 0, 0
}

func (t *trimmer) tag(b byte) {
	t.out.WriteByte(b)
	switch b {
	case '>':
		t.state, t.run, t.quote = inText, 0, 0
	case '"', '\'':
		t.state, t.run, t.quote = inQuotes, 0, b
	}
}

// section passes on the start of a CDATA section or comment, and its end: two
// of the mark and a >.
func (t *trimmer) section(b, mark byte) {
	switch {
	case b == mark && t.closer < 2:
		t.closer++
	case b == mark: // a third one: the first is text
		t.limited(mark)
	case b == '>' && t.closer == 2:
		t.out.Write([]byte{mark, mark, '>'})
		t.state, t.run, t.quote, t.closer = inText, 0, 0, 0
	default:
		for ; t.closer > 0; t.closer-- {
			t.limited(mark)
		}
		t.limited(b)
	}
}
