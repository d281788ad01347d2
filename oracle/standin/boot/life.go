// Package boot plays the life of an Oracle database container, with the log
// lines, phases and answers of gvenzl/oracle-free or of Oracle's own image, and
// with the faults that a script asks for. It keeps one rule: the first line of
// every log says that this is a FAKE.
package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/haddock-ci/pipeline/oracle/standin/boot/sqlplus"
)

// An Endpoint is where clients connect; it is opened and closed as the phases
// and the script say.
type Endpoint interface {
	// Open starts to listen and returns the port.
	Open(ctx context.Context) (port int, err error)
	Close() error
	Disconnect() // ends all sessions
}

// A Database is the SQL side.
type Database interface {
	// Connect opens a session of a user who has proven to be it.
	Connect(ctx context.Context, user string) (sqlplus.Session, error)
	// Check reports whether the password is the user's: nil or a [*sqldb.Error].
	Check(user, password string) error
	Close() error
}

// Config is what a container's life needs.
type Config struct {
	Script   Script
	Version  string // of the stand-in
	Stdout   io.Writer
	Getenv   func(string) string
	Root     string // where /opt/oracle/oradata and the script folders are looked up; "" in a container
	State    string // /opt/oracle/oradata
	Endpoint Endpoint
	// Open opens the database in a folder, which it may have to make.
	Open func(ctx context.Context, dir string) (Database, error)
	// Start runs a program with its output to w and returns its exit status.
	Start func(ctx context.Context, argv []string, w io.Writer) (int, error)
}

// A Life is one container from start to stop.
type Life struct {
	cfg      Config
	answers  *answers
	out      *printer
	db       Database
	health   health
	settings settings
	hoard    [][]byte
	again    bool // the database was there already
	net      network
	stop     <-chan struct{} // one value per signal
	trapped  bool            // the stop signal was handled in the middle of the boot
}

// New prepares a life; [Life.Run] lives it.
func New(cfg Config) *Life {
	l := &Life{cfg: cfg, out: &printer{to: cfg.Stdout}}
	l.answers = newAnswers(&l.cfg.Script)
	return l
}

// Connect is what the listener does with a connection now.
func (l *Life) Connect(t Target) Answer { return l.answers.connect(t) }

// Login is the ORA code that a logon with the right password gets now, or 0.
func (l *Life) Login(user string) int { return l.answers.login(user) }

// Register says that ALTER SYSTEM REGISTER was executed.
func (l *Life) Register() { l.answers.register() }

// exitError ends the container.
type exitError struct{ status int }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// Run lives until stop delivers a value (one for each SIGTERM), until the
// container ends by itself, or until ctx ends. It returns the exit status.
// As with the real images, a stop in the middle of a phase waits for the
// phase's end; a phase that hangs does not see it.
func (l *Life) Run(ctx context.Context, stop <-chan struct{}) int {
	l.stop = stop
	l.out.line("oracle-standin %s: this is a FAKE Oracle Database for tests, not Oracle software", l.cfg.Version)
	err := l.live(ctx)
	err = errors.Join(err, l.stopListener())
	if l.db != nil {
		err = errors.Join(err, l.db.Close())
	}
	if exit, ok := errors.AsType[exitError](err); ok {
		return exit.status
	}
	if err != nil {
		l.out.line("%v", err)
		return 1
	}
	return 143
}

func (l *Life) live(ctx context.Context) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	if err := l.startInstance(ctx); err != nil {
		return err
	}
	if l.cfg.Script.Flavour == Oracle {
		return l.finishOracle(ctx)
	}
	return l.finish(ctx)
}

func (l *Life) begin(ctx context.Context) error {
	gvenzl := l.cfg.Script.Flavour == Gvenzl
	if gvenzl {
		l.out.line("CONTAINER: starting up...")
	}
	l.again = l.initialized()
	l.health.start(l.again)
	var set settings
	if !l.again {
		var err error
		if set, err = readSettings(l.cfg.Getenv, l.cfg.Script.Flavour); err != nil {
			return err
		}
	}
	l.settings = set
	if gvenzl {
		l.warnMemory()
		l.out.line("%s", map[bool]string{
			false: "CONTAINER: first database startup, initializing...",
			true:  "CONTAINER: database already initialized.",
		}[l.again])
	}
	err := l.play(ctx, Init)
	if err == nil {
		err = l.trap()
	}
	if err == nil && !l.again {
		err = l.uncompress(ctx)
	}
	if err == nil {
		err = l.openDatabase(ctx)
	}
	return err
}

// initialized looks for the folder that the real image looks for.
func (l *Life) initialized() bool {
	info, err := os.Stat(l.configDir())
	return err == nil && info.IsDir()
}

func (l *Life) configDir() string {
	return filepath.Join(l.cfg.State, "dbconfig", l.cfg.Script.SID)
}

func (l *Life) uncompress(ctx context.Context) error {
	silent := l.cfg.Script.Flavour == Oracle || l.cfg.Script.phases[Uncompress].idle()
	start := time.Now()
	if !silent {
		l.out.line("CONTAINER: uncompressing database data files, please wait...")
	}
	if err := l.play(ctx, Uncompress); err != nil {
		return err
	}
	if !silent {
		l.out.line("CONTAINER: done uncompressing database data files, duration: %d seconds.",
			int(time.Since(start).Seconds()))
	}
	return l.trap()
}

func (l *Life) openDatabase(ctx context.Context) error {
	if err := os.MkdirAll(l.configDir(), 0o750); err != nil {
		return fmt.Errorf("make database folder: %w", err)
	}
	var err error
	if l.db, err = l.cfg.Open(ctx, filepath.Join(l.cfg.State, l.cfg.Script.SID)); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return l.loadPDBs()
}

// startInstance is lsnrctl start and sqlplus startup, for the stop signal one
// command.
func (l *Life) startInstance(ctx context.Context) error {
	l.printStarting()
	l.answers.enter(Listener)
	if err := l.listen(ctx); err != nil {
		return err
	}
	l.printListening()
	if err := l.play(ctx, Listener); err != nil {
		return err
	}
	l.printInstance()
	if err := l.play(ctx, Mount); err != nil {
		return err
	}
	l.printOpening("mounted")
	if err := l.play(ctx, Open); err != nil {
		return err
	}
	l.answers.setOpen(true)
	l.printOpening("opened")
	return l.trap()
}

// finish is the rest of gvenzl's boot.
func (l *Life) finish(ctx context.Context) error {
	l.out.line("")
	if l.trapped {
		return l.fail(ctx, Open)
	}
	if err := l.firstBoot(ctx); err != nil {
		return err
	}
	if err := l.startScripts(ctx, "/container-entrypoint-startdb.d", "/docker-entrypoint-startdb.d"); err != nil {
		return err
	}
	l.health.pass(Startup)
	if !l.cfg.Script.NeverReady {
		l.printReady()
	}
	return l.stayReady(ctx)
}

func (l *Life) firstBoot(ctx context.Context) error {
	if l.again {
		if l.cfg.Getenv("ORACLE_PASSWORD") != "" {
			l.printPasswordIgnored()
		}
		l.health.pass(Reset)
		l.health.pass(Setup)
		return nil
	}
	steps := []struct {
		phase Phase
		work  func(context.Context) error
	}{
		{Reset, l.resetPasswords}, {PDB, l.createPDBs}, {User, l.createUser}, {Setup, l.setup},
	}
	for _, step := range steps {
		if step.phase == Reset {
			l.out.line("CONTAINER: Resetting SYS and SYSTEM passwords.")
		}
		if err := l.play(ctx, step.phase); err != nil {
			return err
		}
		if err := step.work(ctx); err != nil {
			return err
		}
		if err := l.trap(); err != nil {
			return err
		}
		l.health.pass(step.phase)
	}
	return nil
}

// finishOracle is the rest of the boot of Oracle's own image.
func (l *Life) finishOracle(ctx context.Context) error {
	if l.trapped {
		return l.fail(ctx, Open)
	}
	if !l.again {
		if err := l.play(ctx, Reset); err != nil {
			return err
		}
		if err := l.resetPasswords(ctx); err != nil {
			return err
		}
	}
	for p := Reset; p <= Startup; p++ {
		l.health.pass(p)
	}
	if !l.cfg.Script.NeverReady {
		l.printReady()
	}
	if err := l.startScripts(ctx, "/opt/oracle/scripts/startup", "/docker-entrypoint-initdb.d/startup"); err != nil {
		return err
	}
	l.out.line("The following output is now a tail of the alert.log:")
	return l.stayReady(ctx)
}

// startScripts is what each boot runs of the user's.
func (l *Life) startScripts(ctx context.Context, dirs ...string) error {
	if err := l.play(ctx, Startup); err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := l.runScripts(ctx, dir); err != nil {
			return err
		}
	}
	return l.trap()
}

// fail ends the boot as the real image does in this phase.
func (l *Life) fail(ctx context.Context, p Phase) error {
	if l.cfg.Script.Flavour == Oracle {
		l.printSetupFailed()
		l.out.line("The following output is now a tail of the alert.log:")
		l.answers.setOpen(false)
		select {
		case <-l.stop:
			return exitError{143}
		case <-ctx.Done():
			return fmt.Errorf("failed: %w", context.Cause(ctx))
		}
	}
	if p <= Open {
		l.printStartupFailed()
	}
	return exitError{1}
}

// stayReady lives the time after READY.
func (l *Life) stayReady(ctx context.Context) error {
	if err := l.playUntilStop(ctx); err != nil {
		return err
	}
	if l.trapped { // no database to stop any more
		l.printStop(false)
		return exitError{1}
	}
	l.printStop(true)
	return exitError{143}
}
