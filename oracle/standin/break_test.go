package standin_test

import (
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// slowAfterOne answers one row at once and looks for the next one forever.
const slowAfterOne = "SELECT 1 FROM DUAL UNION ALL SELECT 2 FROM numbers a, numbers b, numbers c, numbers d WHERE a.n + b.n + c.n + d.n < 0"

func (c *thinClient) wantCancelled(call string, resets int) {
	c.t.Helper()
	if a := c.answer(nil, nil); a.code != 1013 || c.resets != resets {
		c.t.Fatalf("%s: got %v, %d resets", call, a, c.resets)
	}
}

func (c *thinClient) wantOne(call string) {
	c.t.Helper()
	c.execute(thinCall{options: thinQuery, rows: 1, sql: "SELECT 1 FROM DUAL"})
	if a := c.answer(nil, nil); len(a.rows) != 1 {
		c.t.Fatalf("%s: got %v", call, a)
	}
}

func TestBreakCancelsTheCall(t *testing.T) {
	port := start(t)
	numbers(t, connect(t, port, nil), 2000)
	c := dialThin(t, port)
	for i := range 3 {
		c.execute(thinCall{options: thinQuery, rows: 1, sql: "SELECT COUNT(*) FROM numbers a, numbers b, numbers c WHERE a.n + b.n + c.n < 0"})
		time.Sleep(time.Duration(i) * 20 * time.Millisecond) // before, while and after the query begins
		c.mark(wire.MarkerInterrupt)
		c.wantCancelled("count", i+1)
	}
	c.wantOne("after the breaks")
}

// A driver's timeout came at the second row; the query that it left behind was
// then read to its end before the next statement could begin.
func TestABreakBetweenRowsLeavesNothingBehind(t *testing.T) {
	port := start(t)
	numbers(t, connect(t, port, nil), 2000)
	c := dialThin(t, port)
	for i := range 3 {
		c.execute(thinCall{options: thinQuery, rows: 1, sql: slowAfterOne})
		a := c.answer(nil, nil)
		if len(a.rows) != 1 {
			t.Fatalf("got %v", a)
		}
		c.fetch(a.cursor, 1)
		time.Sleep(10 * time.Millisecond)
		c.mark(wire.MarkerInterrupt)
		c.wantCancelled("fetch", i+1)
		c.fetch(a.cursor, 1)
		if a := c.answer(nil, nil); a.code != 1002 {
			t.Errorf("fetch after the break: got %v", a)
		}
		c.execute(thinCall{options: 0x8021, rows: 1, sql: "UPDATE numbers SET n = n WHERE n = 1"})
		if a := c.answer(nil, nil); a.code != 0 {
			t.Fatalf("update: got %v", a)
		}
	}
}

func TestALateBreakIsAcknowledged(t *testing.T) {
	c := dialThin(t, start(t))
	for i := range 3 {
		c.wantOne("before the break")
		c.mark(wire.MarkerInterrupt)
		c.wantCancelled("break", i+1)
	}
	c.mark(wire.MarkerBreak) // a client that lost step: it resets at once
	c.mark(wire.MarkerReset)
	c.wantCancelled("break and reset", 4)
	c.wantOne("after the breaks")
}

func TestABreakBeforeACallCancelsTheCall(t *testing.T) {
	c := dialThin(t, start(t))
	for i := range 20 {
		c.mark(wire.MarkerInterrupt)
		c.execute(thinCall{options: thinQuery, rows: 1, sql: "SELECT 1 FROM DUAL"})
		c.wantCancelled("query", i+1)
	}
	c.wantOne("after the breaks")
}

func TestABreakWithinARequestEndsIt(t *testing.T) {
	c := dialThin(t, start(t))
	for i, part := range [][]byte{{3}, {3, 0x5E}, {3, 0x5E, 7, 1, 0x21}, {0x11, 0x69, 7, 1, 1}} {
		c.enc.Raw(part...)
		c.send()
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		c.mark(wire.MarkerInterrupt)
		for kind := byte(0); kind != 4 && c.dec.Err() == nil; {
			kind = c.dec.U8()
		}
		if len(part) > 2 {
			c.seq = part[2]
		}
		if st := c.status(); st.code != 1013 {
			t.Fatalf("part %d: got %+v", i, st)
		}
		c.wantOne("after the break")
	}
}

func TestABreakOfDMLTellsTheTruth(t *testing.T) {
	port := start(t)
	numbers(t, connect(t, port, nil), 1)
	c := dialThin(t, port)
	done := 1
	for i := range 60 {
		c.execute(thinCall{options: 0x8121, rows: 1, sql: "INSERT INTO numbers VALUES (5, '5')"})
		time.Sleep(time.Duration(i) * 20 * time.Microsecond)
		c.mark(wire.MarkerInterrupt)
		switch a := c.answer(nil, nil); a.code {
		case 0:
			done++
			c.wantCancelled("late break", c.resets+1)
		case 1013:
		default:
			t.Fatalf("got %v", a)
		}
	}
	c.execute(thinCall{options: thinQuery, rows: 100, sql: "SELECT n FROM numbers"})
	if a := c.answer(nil, nil); len(a.rows) != done {
		t.Errorf("%d rows, but %d inserts were answered", len(a.rows), done)
	}
}

func TestAClientThatMissesTheAcknowledgementHearsItAgain(t *testing.T) {
	c := dialThin(t, start(t))
	c.mark(wire.MarkerInterrupt)
	for i, want := range []byte{wire.MarkerBreak, wire.MarkerReset, wire.MarkerBreak, wire.MarkerReset} {
		p, err := wire.ReadPacket(c.conn, wire.Wide, 1<<17)
		if err != nil || p.Kind != wire.Marker || p.MarkerKind() != want {
			t.Fatalf("marker %d: got %+v, error %v", i, p, err)
		}
	}
	c.mark(wire.MarkerReset)
	c.wantCancelled("break", 0)
	c.wantOne("after the break")
}
