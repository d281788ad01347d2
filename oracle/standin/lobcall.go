package standin

import (
	"fmt"
	"slices"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// Operations on LOBs.
const (
	lobLength    = 0x1
	lobRead      = 0x2
	lobTrim      = 0x20
	lobWrite     = 0x40
	lobWriteEnd  = 0x80
	lobCreate    = 0x110
	lobFree      = 0x111
	lobChunkSize = 0x4000
	lobOpen      = 0x8000
	lobClose     = 0x10000
	lobIsOpen    = 0x11000
	lobFreeMany  = 0x80111
)

const (
	maxLocators = 1 << 24
	maxSCNs     = 16
)

// A lobRequest is a call on a LOB.
type lobRequest struct {
	op         uint64
	source     []byte
	dest       []byte
	offset     uint64
	destOffset uint64
	hasCharset bool
	charset    uint64
	wantNull   bool
	flag       byte // the answer to wantNull
	hasAmount  bool
	amount     uint64
	data       []byte
}

func parseLob(d *wire.Decoder) lobRequest {
	var req lobRequest
	hasSource := d.U8() != 0
	source := d.Count(maxLocators)
	hasDest := d.U8() != 0
	dest := d.Count(maxLocators)
	d.SkipUB(2)
	req.hasCharset = d.U8() != 0
	d.U8()
	req.wantNull = d.U8() != 0
	req.op = d.UB()
	d.U8()
	scns := d.Count(maxSCNs)
	req.offset = d.UB()
	req.destOffset = d.UB()
	req.hasAmount = d.U8() != 0
	d.Skip(6)
	if hasSource {
		req.source = d.Bytes(source)
	}
	if hasDest {
		req.dest = d.Bytes(dest)
	}
	if req.hasCharset {
		req.charset = d.UB()
	}
	d.SkipUB(scns)
	if req.hasAmount {
		req.amount = d.UB()
	}
	if req.op == lobWrite || req.op == lobWriteEnd {
		if kind := d.U8(); kind != msgLobData && d.Err() == nil {
			d.Fail(fmt.Errorf("%w: kind %d instead of LOB data", wire.ErrMessage, kind))
		}
		req.data = d.CLR()
	}
	return req
}

// freeLobs takes the piggyback that frees temporary LOBs.
func (s *session) freeLobs() {
	req := parseLob(s.dec)
	if s.dec.Err() != nil || req.op != lobFreeMany {
		return
	}
	for part := range slices.Chunk(req.source, locatorSize) {
		s.lobs.free(locatorID(part))
	}
}

// lobCall answers a call on a LOB.
func (s *session) lobCall() {
	req := parseLob(s.dec)
	if s.broken() {
		return
	}
	if err := s.lob(&req); err != nil {
		s.out.Reset()
		s.putStatus(status{err: err})
		return
	}
	o := &s.out
	o.Raw(msgParameters)
	o.Raw(req.source...)
	o.Raw(req.dest...)
	if req.hasCharset {
		o.UB(req.charset)
	}
	if req.hasAmount {
		o.UB(req.amount)
	}
	if req.wantNull {
		o.Raw(req.flag)
	}
	s.putStatus(status{})
}

// lob carries a call out. What it answers replaces what was asked: the
// locator, the amount; what is read is written at once.
func (s *session) lob(req *lobRequest) *sqldb.Error {
	if req.op == lobCreate {
		return s.createLob(req)
	}
	l, err := s.lobs.find(req.source)
	if err != nil {
		return err
	}
	switch req.op {
	case lobLength:
		req.amount = uint64(l.length())
	case lobChunkSize:
		req.amount = lobChunk
	case lobRead:
		s.readLob(l, req)
	case lobOpen, lobClose:
		l.open = req.op == lobOpen
	case lobIsOpen:
		if l.open {
			req.flag = 1
		}
	case lobFree:
		s.lobs.free(locatorID(req.source))
	case lobWrite, lobTrim:
		if !l.temp {
			return oraError(codeNotInStandIn, "not in the stand-in: writing through the locator of a column's LOB")
		}
		if req.op == lobTrim {
			return s.lobs.set(l, l.data[:l.place(int64(req.amount&0x7FFFFFFFFFFFFFFF))])
		}
		return s.writeLob(l, req)
	default:
		return oraError(codeNotInStandIn, "not in the stand-in: LOB operation %#x", req.op)
	}
	return nil
}

func (s *session) createLob(req *lobRequest) *sqldb.Error {
	l := lob{typ: sqldb.Type(req.destOffset), data: []byte{}, temp: true}
	if !isLob(l.typ) || len(req.source) != locatorSize {
		return oraError(codeNotInStandIn, "not in the stand-in: temporary LOB of type %d", req.destOffset)
	}
	if len(s.lobs.byID) >= maxLocators/locatorSize {
		return oraError(codeNoMemory, "out of process memory: too many temporary LOBs")
	}
	req.source = s.lobs.add(l)
	return nil
}

// place returns where in its data the LOB's n-th unit ends.
func (l *lob) place(n int64) int {
	if l.typ == sqldb.Clob {
		return unitOffset(l.data, n)
	}
	return int(min(n, int64(len(l.data))))
}

// readLob writes a part of a LOB into the answer. No amount means all.
func (s *session) readLob(l *lob, req *lobRequest) {
	skipped := int64(max(req.offset, 1)-1) & 0x7FFFFFFFFFFFFFFF
	from := l.place(skipped)
	to := len(l.data)
	if req.amount > 0 && req.amount < uint64(len(l.data)) {
		rest := lob{typ: l.typ, data: l.data[from:]}
		to = from + rest.place(int64(req.amount))
	}
	part := lob{typ: l.typ, data: l.data[from:to]}
	req.amount = uint64(part.length())
	s.out.Raw(msgLobData)
	s.out.CLR(part.data)
}

// writeLob overwrites a part of a temporary LOB; what lies between its end and
// the place written to is filled as Oracle fills it.
func (s *session) writeLob(l *lob, req *lobRequest) *sqldb.Error {
	data := req.data
	if l.typ == sqldb.Clob && req.charset == charsetUTF16 {
		data = fromUTF16(data)
	}
	skipped := int64(max(req.offset, 1)-1) & 0x7FFFFFFFFFFFFFFF
	if gap := skipped - l.length(); gap > int64(s.lobs.limit) {
		return oraError(codeNoMemory, "out of process memory when trying to allocate %d bytes (stand-in's limit for LOBs)", gap)
	}
	filler := byte(0)
	if l.typ == sqldb.Clob {
		filler = ' '
	}
	from := l.place(skipped)
	joined := slices.Clone(l.data[:from])
	for gap := skipped - l.length(); gap > 0; gap-- {
		joined = append(joined, filler)
	}
	joined = append(joined, data...)
	written := lob{typ: l.typ, data: data}
	if end := l.place(skipped + written.length()); end > from {
		joined = append(joined, l.data[end:]...)
	} else {
		joined = append(joined, l.data[from:]...)
	}
	req.amount = uint64(written.length())
	return s.lobs.set(l, joined)
}
