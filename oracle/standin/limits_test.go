package standin_test

import (
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/oracle/standin"
	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

func TestAStrangerCannotFillTheMemory(t *testing.T) {
	srv, port := serve(t, standin.Config{DB: newDatabase(t), Services: []string{testService}})
	c := dialListener(t, port)
	c.negotiate()
	c.call(0x76)
	c.enc.Raw(1)
	c.enc.Int(len(testUser))
	c.enc.UB(0x101)
	c.enc.Raw(1)
	c.enc.Int(1)
	c.enc.Raw(1, 1)
	c.enc.CLR([]byte(testUser))
	c.enc.KV("AUTH_TERMINAL", strings.Repeat("x", 2<<20), 0)
	_, _ = c.conn.Write(wire.AppendData(nil, wire.Wide, 8192, c.enc.Bytes())) // the server may hang up meanwhile
	eventually(t, "the session ended", func() bool { return srv.Sessions() == 0 })
}
