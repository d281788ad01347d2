package standin_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"net"
	"strconv"
	"testing"

	goora "github.com/sijms/go-ora/v2"
	"github.com/sijms/go-ora/v2/network"

	"github.com/haddock-ci/pipeline/oracle/standin"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

const (
	testService  = "FREEPDB1"
	testSID      = "FREE"
	testUser     = "SCOTT"
	testPassword = "tiger"
)

// newDatabase returns a database that has the user SCOTT.
func newDatabase(t *testing.T) *sqldb.Database {
	t.Helper()
	db, err := sqldb.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.CreateUser(testUser, testPassword); err != nil {
		t.Fatal(err)
	}
	return db
}

// serve runs a server on a free port until the test ends.
func serve(t *testing.T, cfg standin.Config) (srv *standin.Server, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv = standin.NewServer(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return srv, l.Addr().(*net.TCPAddr).Port
}

// start runs a server with a database and the service and SID of the tests.
func start(t *testing.T) (port int) {
	t.Helper()
	_, port = serve(t, standin.Config{DB: newDatabase(t), Services: []string{testService}, SIDs: []string{testSID}})
	return port
}

func url(port int, service, user, password string, options map[string]string) string {
	all := map[string]string{"TIMEOUT": "120"}
	maps.Copy(all, options)
	return goora.BuildUrl("127.0.0.1", port, service, user, password, all)
}

// open opens a pool with a driver of its own: the registered one shares state
// between pools.
func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool := sql.OpenDB(goora.NewConnector(dsn))
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// connect returns a pool of SCOTT's.
func connect(t *testing.T, port int, options map[string]string) *sql.DB {
	t.Helper()
	return open(t, url(port, testService, testUser, testPassword, options))
}

func exec(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, query string, args ...any,
) int64 {
	t.Helper()
	res, err := db.ExecContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// code returns the ORA code of an error, 0 for none.
func code(err error) int {
	if ora, ok := errors.AsType[*network.OracleError](err); ok {
		return ora.ErrCode
	}
	return 0
}

func wantCode(t *testing.T, err error, want int) {
	t.Helper()
	if code(err) != want {
		t.Errorf("got error %v, want ORA-%05d", err, want)
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
