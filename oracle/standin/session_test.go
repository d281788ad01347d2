package standin

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/wire"
)

// FuzzHandshake talks to a listener without a database until its end.
func FuzzHandshake(f *testing.F) {
	connect := make([]byte, 62)
	connect[0], connect[1] = 1, 63
	connect[17], connect[19] = 16, 70
	connect = append(connect, "(SERVICE_NAME=X)"...)
	packets := wire.AppendPacket(nil, wire.Narrow, wire.Connect, connect)
	f.Add(packets, []byte("\x01\x06\x00OracleClientGo\x00"), []byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 27, 0, 1, 0, 0, 0, 0})
	f.Add(packets, []byte{0xDE, 0xAD, 0xBE, 0xEF, 0, 13, 0, 0, 0, 0, 0, 0, 0}, []byte{3, 0x76, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 'x'})
	srv := NewServer(Config{Services: []string{"X"}, Limits: Limits{Handshake: time.Minute}})
	f.Fuzz(func(t *testing.T, first, second, third []byte) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			srv.serve(t.Context(), server)
		}()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		_, _ = client.Write(first)
		_, _ = client.Write(wire.AppendData(nil, wire.Narrow, 512, second))
		_, _ = client.Write(wire.AppendData(nil, wire.Wide, 512, third))
		_ = client.Close()
		<-done
	})
}
