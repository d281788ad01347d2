package standin

import (
	"context"
	"fmt"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// maxPairs bounds what one piggyback may list.
const maxPairs = 100_000

// piggyback takes a message that rides in front of a call. It has no answer
// and no length, so one that is not known ends the session.
func (s *session) piggyback(ctx context.Context, function byte) {
	switch function {
	case fnCloseCursors, fnCancelCursors:
		s.dec.U8()
		for range s.dec.Count(maxPairs) {
			id := int(s.dec.UB())
			if function == fnCloseCursors {
				s.cursors.close(id)
			} else if c := s.cursors.open[id]; c != nil {
				c.stop()
			}
		}
	case fnLob:
		s.freeLobs()
	case fnEndToEnd:
		skipEndToEnd(s.dec, s.client.rawText)
	case fnKeyValues:
		skipKeyValues(s.dec)
	case fnSessionState:
		s.dec.UB()
	case fnSetSchema:
		s.dec.U8()
		if n := s.dec.Count(maxName); n > 0 {
			s.setSchema(ctx, string(text(s.dec, n, s.client.rawText)))
		}
	default:
		s.dec.Fail(fmt.Errorf("%w: piggyback %#x", wire.ErrMessage, function))
	}
}

func (s *session) setSchema(ctx context.Context, schema string) {
	if s.broken() {
		return
	}
	st, err := s.db.Prepare(`ALTER SESSION SET CURRENT_SCHEMA = "` + canonical(schema) + `"`)
	if err == nil {
		_, err = st.Exec(ctx, [][]sqldb.Value{nil})
	}
	if err != nil {
		s.log.Warn("set current schema", "schema", schema, "error", err)
	}
}

// skipEndToEnd reads module, action and their like away.
func skipEndToEnd(d *wire.Decoder, rawText bool) {
	d.Skip(2)
	d.UB()
	name := func() int {
		d.U8()
		return d.Count(maxPairs)
	}
	lengths := []int{name(), name(), name()} // client, module, action
	name()
	d.U8()
	d.UB()
	lengths = append(lengths, name()) // client info
	name()
	name()
	lengths = append(lengths, name()) // database operation
	for _, n := range lengths {
		if n > 0 {
			text(d, n, rawText)
		}
	}
}

// skipKeyValues reads an application context away.
func skipKeyValues(d *wire.Decoder) {
	d.U8()
	length := d.UB()
	d.U8()
	pairs := d.Count(maxPairs)
	d.UB()
	d.U8()
	if length > 0 {
		d.CLR()
	}
	for range pairs {
		d.KV()
	}
}
