package boot

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
	"github.com/haddock-ci/pipeline/oracle/standin/sqldb"
)

// fakeDatabase knows users and fails on statements that say so.
type fakeDatabase struct {
	mu       sync.Mutex
	run      []string
	closed   bool
	register func()
}

func (d *fakeDatabase) Connect(context.Context, string) (sqlplus.Session, error) { //nolint:ireturn // Database
	return fakeSession{d}, nil
}
func (d *fakeDatabase) Check(string, string) error { return nil }
func (d *fakeDatabase) Close() error               { d.closed = true; return nil }

func (d *fakeDatabase) ran(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.run, func(have string) bool { return strings.Contains(have, text) })
}

type fakeSession struct{ d *fakeDatabase }

func (s fakeSession) Run(_ context.Context, text string) (sqlplus.Result, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.run = append(s.d.run, text)
	if strings.Contains(text, "nowhere") {
		return sqlplus.Result{}, &sqldb.Error{Code: 942, Message: "table or view does not exist", Offset: strings.Index(text, "nowhere")}
	}
	if text == "ALTER SYSTEM REGISTER" {
		s.d.register()
	}
	return sqlplus.Result{}, nil
}
func (fakeSession) Close() error { return nil }

// fakeEndpoint knows whether it is open.
type fakeEndpoint struct {
	mu           sync.Mutex
	open         bool
	disconnected int
}

func (e *fakeEndpoint) Open(context.Context) (int, error) { e.set(true); return 1521, nil }
func (e *fakeEndpoint) Close() error                      { e.set(false); return nil }
func (e *fakeEndpoint) Disconnect()                       { e.disconnected++ }

func (e *fakeEndpoint) set(open bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = open
}

func (e *fakeEndpoint) up() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open
}

// container is a life in a test, with the clock of a synctest bubble.
type container struct {
	*Life
	t        *testing.T
	db       *fakeDatabase
	endpoint *fakeEndpoint
	root     string
	env      map[string]string
	stop     chan struct{}
	status   chan int
	log      bytes.Buffer
	kill     context.CancelFunc
}

func newContainer(t *testing.T, script string) *container {
	t.Helper()
	s, err := ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	c := &container{
		t: t, db: &fakeDatabase{}, endpoint: &fakeEndpoint{}, root: t.TempDir(), stop: make(chan struct{}, 4),
		env: map[string]string{"ORACLE_PASSWORD": "secret"}, status: make(chan int, 1),
	}
	c.Life = New(Config{
		Script: s, Version: "test", Stdout: &c.log, Getenv: func(name string) string { return c.env[name] },
		Root: c.root, State: filepath.Join(c.root, "oradata"), Endpoint: c.endpoint,
		Open: func(context.Context, string) (Database, error) { return c.db, nil },
		Start: func(_ context.Context, argv []string, w io.Writer) (int, error) {
			_, err := io.WriteString(w, "ran "+filepath.Base(argv[0])+"\n")
			return map[string]int{"bad.sh": 3}[filepath.Base(argv[0])], err
		},
	})
	c.db.register = c.Register
	return c
}

func (c *container) file(name, text string, mode os.FileMode) {
	c.t.Helper()
	path := filepath.Join(c.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		c.t.Fatal(err)
	}
}

// start lets the container live in the background.
func (c *container) start() {
	ctx, cancel := context.WithCancel(c.t.Context())
	c.kill = cancel
	go func() { c.status <- c.Run(ctx, c.stop) }()
	synctest.Wait()
}

// after lets time pass.
func (c *container) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// end stops the container and returns its status and log.
func (c *container) end() (int, string) {
	c.stop <- struct{}{}
	return c.wait()
}

func (c *container) wait() (int, string) {
	status := <-c.status
	return status, c.log.String()
}

// wantInOrder checks that the log has these lines in this order.
func wantInOrder(t *testing.T, log string, lines ...string) {
	t.Helper()
	rest := log
	for _, line := range lines {
		i := strings.Index("\n"+rest, "\n"+line)
		if i < 0 {
			t.Fatalf("log lacks %q where it should be:\n%s", line, log)
		}
		rest = rest[i:]
	}
}

func TestFirstBootHasTheImagesLinesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "uncompress 4s\n")
		c.env["APP_USER"], c.env["APP_USER_PASSWORD"], c.env["ORACLE_DATABASE"] = "app", "pw", "SHOP,LAB"
		c.file("container-entrypoint-initdb.d/02_x.sql", "insert into nowhere values (1);\ncreate table t (n number);\n", 0o644)
		c.file("container-entrypoint-initdb.d/readme.txt", "", 0o644)
		c.file("container-entrypoint-initdb.d/10/a.sql", "prompt from below", 0o644)
		c.file("container-entrypoint-startdb.d/s.sql", "prompt at start", 0o644)
		c.start()
		c.after(5 * time.Second)
		status, log := c.end()
		if status != 143 {
			t.Errorf("exit status %d", status)
		}
		first, _, _ := strings.Cut(log, "\n")
		if !strings.Contains(first, "FAKE") {
			t.Errorf("the first line does not say FAKE: %s", first)
		}
		dir := c.root + "/container-entrypoint-initdb.d"
		wantInOrder(
			t, log, "CONTAINER: starting up...", "CONTAINER: first database startup, initializing...",
			"CONTAINER: uncompressing database data files, please wait...",
			"CONTAINER: done uncompressing database data files, duration: 4 seconds.",
			"CONTAINER: starting up Oracle Database...", "LSNRCTL for Linux: Version", "Listening on: (DESCRIPTION",
			"The command completed successfully", "ORACLE instance started.", "Database mounted.", "Database opened.",
			"CONTAINER: Resetting SYS and SYSTEM passwords.", "User altered.", "User altered.",
			"CONTAINER: Creating new pluggable database 'SHOP'.",
			"CONTAINER: DONE: Pluggable database 'SHOP' available, duration: 0 seconds.",
			"CONTAINER: Creating app user for default pluggable database.", "Session altered.", "User created.", "Grant succeeded.",
			"CONTAINER: DONE: Creating app user for default pluggable database.",
			"CONTAINER: Creating app user for pluggable database 'LAB'.",
			"CONTAINER: Executing user-defined scripts...", "CONTAINER: running "+dir+"/02_x.sql ...",
			"insert into nowhere values (1)", "            *", "ERROR at line 1:", "ORA-00942: table or view does not exist",
			"Table created.", "CONTAINER: DONE: running "+dir+"/02_x.sql", "CONTAINER: descending into "+dir+"/10 ...",
			"CONTAINER: running "+dir+"/10/a.sql ...", "from below", "CONTAINER: DONE: descending into "+dir+"/10",
			"CONTAINER: ignoring "+dir+"/readme.txt", "CONTAINER: DONE: Executing user-defined scripts.",
			"CONTAINER: Executing user-defined scripts...", "at start",
			"#########################", "DATABASE IS READY TO USE!", "#########################",
			"CONTAINER: The following output is now from the alert_FREE.log file:",
			"CONTAINER: shutdown request received.", "CONTAINER: shutting down database!", "The command completed successfully",
			"Database closed.", "Database dismounted.", "ORACLE instance shut down.", "CONTAINER: stopping container.",
		)
		if !c.db.closed || c.endpoint.up() {
			t.Error("the database or the listener was left open")
		}
	})
}

func TestSecondBootSkipsWhatTheFirstDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "")
		c.env["ORACLE_DATABASE"] = "SHOP"
		c.start()
		c.after(time.Second)
		c.end()

		again := newContainer(t, "mount 2s\nmount again 1s\n")
		again.cfg.State = c.cfg.State
		again.file("container-entrypoint-initdb.d/x.sql", "prompt first boot only", 0o644)
		again.start()
		again.after(999 * time.Millisecond)
		if answer := again.Connect(Target{Service: "SHOP"}); answer.Code != 12528 {
			t.Errorf("mounting: %+v", answer)
		}
		again.after(time.Second)
		if answer := again.Connect(Target{Service: "SHOP"}); answer.Act != Accept {
			t.Errorf("the pluggable database of the first boot answers %+v", answer)
		}
		_, log := again.end()
		wantInOrder(t, log, "CONTAINER: starting up...", "CONTAINER: database already initialized.", "Database opened.",
			"CONTAINER: WARNING: $ORACLE_PASSWORD has been specified", "DATABASE IS READY TO USE!")
		for _, not := range []string{"uncompressing", "Resetting", "first boot only"} {
			if strings.Contains(log, not) {
				t.Errorf("log has %q:\n%s", not, log)
			}
		}
	})
}

func TestConnectionsAreAnsweredByPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newContainer(t, "init 1s\nuncompress 1s\nlistener 1s\nmount 1s\nopen 1s\nreset 1s\n")
		c.start()
		pdb := Target{Service: "freepdb1"}
		for i, want := range []Answer{
			{Act: NoListener},
			{Act: NoListener},
			{Act: Refuse, Code: 12514},
			{Act: Refuse, Code: 12528},
			{Act: Refuse, Code: 1033},
			{},
			{},
		} {
			c.after(500 * time.Millisecond)
			if got := c.Connect(pdb); got != want {
				t.Errorf("second %d: %+v, want %+v", i, got, want)
			}
			if i == 2 && c.Connect(Target{SID: "FREE"}).Code != 12505 {
				t.Errorf("an unknown SID is not 12505")
			}
			if up := i >= 2; c.endpoint.up() != up {
				t.Errorf("second %d: listener up is %v", i, !up)
			}
			if reset := i >= 6; c.db.ran("ALTER USER SYSTEM") != reset {
				t.Errorf("second %d: password was reset is %v", i, !reset)
			}
			c.after(500 * time.Millisecond)
		}
		for target, want := range map[Target]Answer{
			{}:                   {},
			{SID: "FREE"}:        {},
			{SID: "XE"}:          {Act: Refuse, Code: 12505},
			{Service: "FREE"}:    {},
			{Service: "OTHER"}:   {Act: Refuse, Code: 12514},
			{Service: "freepdb"}: {Act: Refuse, Code: 12514},
		} {
			if got := c.Connect(target); got != want {
				t.Errorf("%+v: %+v, want %+v", target, got, want)
			}
		}
		c.end()
	})
}
