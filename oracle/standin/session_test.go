package standin

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
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

// FuzzSession sends a logged-in session whatever comes.
func FuzzSession(f *testing.F) {
	db, err := sqldb.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	if err := db.CreateUser("SCOTT", "tiger"); err != nil {
		f.Fatal(err)
	}
	call := func(function byte, body ...byte) []byte { return append([]byte{msgCall, function, 1}, body...) }
	query := call(fnExecute, executeBytes("select 1 from dual", nil, nil)...)
	f.Add(query, call(fnFetch, 1, 1, 1, 5), call(fnReexecuteQuery, 1, 1, 1, 1, 0, 0))
	f.Add(call(fnExecute, executeBytes("select :1 from dual", []bindDesc{varchar(0)}, [][]string{{"x"}})...), query, call(fnCommit))
	f.Add(call(fnExecute, executeBytes("declare c SYS_REFCURSOR; begin open c for select 1 from dual; :1 := c; end;", []bindDesc{{typ: typeRefCursor}}, [][]string{{""}})...), call(fnFetch, 1, 2, 1, 5), call(fnLogoff))
	f.Add(call(fnExecute, executeBytes("select to_clob('x') from dual", nil, nil)...), call(fnFetch, 1, 1, 1, 5), call(fnLob, append([]byte{1, 1, 40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0},
		append(locator(1, lob{typ: sqldb.Clob}), 1, 1)...)...))
	f.Add(call(fnPing), append([]byte{msgPiggyback, fnCloseCursors, 0, 1, 1, 1, 1, 1}, call(fnPing)...), call(fnLogoff))
	srv := NewServer(Config{DB: db, Limits: Limits{Message: 1 << 20, Lobs: 1 << 20}})
	f.Fuzz(func(t *testing.T, first, second, third []byte) {
		client, server := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		s := newSession(srv, server)
		s.framing, s.sdu = wire.Wide, 512
		var err error
		if s.db, err = db.Login("SCOTT"); err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{first, second, third} {
			_ = s.in.push(data)
		}
		go s.in.close(io.EOF)
		for err == nil {
			err = s.message(t.Context())
		}
		s.close()
		_ = client.Close()
	})
}
