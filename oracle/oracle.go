// Package oracle owns the database container: how it is started, when it may
// be used, which schemas it holds and how it goes away. It keeps three rules:
// a Database is handed out only after it has answered SQL twice as the user
// who will use it; a failed start leaves nothing behind; and a password is
// never part of a label, a log, an argument or an error.
//
// The runner uses Start, which returns as soon as the container runs, and
// (*Container).Wait, which returns once the database has answered, so that
// other work can overlap the boot. Go tests use Run, which is both, as
// testcontainers modules do.
//
// # In a Go test
//
//	db, err := oracle.Run(ctx, "gvenzl/oracle-free:23.26.0-slim-faststart",
//		oracle.WithSchemas("orders"),
//		oracle.WithInitScripts("/src/shop/db/01-tables.sql"),
//		oracle.WithSnapshot("shop"))
//	if err != nil {
//		return err
//	}
//	defer db.Terminate(ctx)
//	pool, err := sql.Open("oracle", db.ConnectionString())
//
// Options of testcontainers-go and of this package can be mixed; a container
// that is made in another way can wait with [ForReady].
//
// # Readiness
//
// One follow of the container's log tells the boot's phase. Before the line
// "DATABASE IS READY TO USE!" no connection is opened: images open the database
// before the passwords are set and the init scripts have run, so that an answer
// then would prove nothing. After it, SYSTEM logs in and creates the schema
// users, and the first of them must answer twice on one connection. Oracle's
// error codes decide what is worth another try (see codes.go).
//
// # Snapshots
//
// The first boot and the init scripts can be paid once: with WithSnapshot the
// initialised database stays on the engine as an image, without a password that
// opens it, and later runs start from there.
//
// # When it fails
//
// The error is a [*NotReadyError] or an [*InitError], which say in one sentence
// what happened, and hold the last that was known. [Container.History] and
// [Container.Diagnose] tell the rest: phases, refused logins, the log, the
// listener's services, the use of memory and disk.
//
// # Across processes
//
// [Container.Save] writes down where a database is, for [Open] in another
// process; both need testcontainers' reaper to be off, which would remove the
// container with the first of them: TESTCONTAINERS_RYUK_DISABLED=true.
package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/haddock-ci/pipeline/internal/events"
)

// DefaultTimeout is how long a database may take from the container's start
// until it is ready, when Config says nothing else.
const DefaultTimeout = 5 * time.Minute

// kindLabel marks every container of this package.
const (
	kindLabel = "pipeline.kind"
	kind      = "oracle"
)

// Config says which database is wanted. Only Image must be set.
type Config struct {
	Image   string
	Service string        // default: the image's pluggable database, FREEPDB1 or XEPDB1
	Schemas []string      // users to create, the first is the one that tests use by default; default: one, "test"
	Shards  int           // when above 1: that many copies of the one schema, NAME_1 to NAME_n, for tests in parallel
	InitSys []string      // init scripts that are run as SYS, before the others; absolute paths of *.sql, *.sql.gz, *.sh
	Init    []string      // init scripts that are run as the first schema's user, or as each shard's, in this order
	Timeout time.Duration // from the container's start until it is ready; default: DefaultTimeout

	Snapshot string // the project that keeps and uses snapshots, see WithSnapshot; empty: none

	Labels map[string]string // on the container from its creation on
	Env    map[string]string // further environment of the container
	Port   int               // port on this side; 0 lets the engine choose a free one

	Events events.Sink // hears the boot's phases and what is being waited for
	Log    io.Writer   // gets the container's log from its first line on, without our passwords

	settings settings
}

// settings are what tests shorten.
type settings struct {
	grace     time.Duration // how long an unknown service may stay unknown after READY
	interval  time.Duration // between two logins
	heartbeat time.Duration // between two lines that say why we still wait
	silence   time.Duration // after which a boot hangs whose log has ended where it is known to
}

func (c Config) withDefaults() (Config, error) {
	if c.Image == "" {
		return c, errors.New("start database: no image given")
	}
	if c.Service == "" {
		c.Service = defaultService(c.Image)
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if len(c.Schemas) == 0 {
		c.Schemas = []string{"test"}
	}
	if c.Shards > 1 && len(c.Schemas) > 1 {
		return c, fmt.Errorf("start database: %d shards of %d schemas: only one schema can be had in shards", c.Shards, len(c.Schemas))
	}
	if c.settings == (settings{}) {
		c.settings = settings{grace: 75 * time.Second, interval: 500 * time.Millisecond, heartbeat: 10 * time.Second, silence: time.Minute}
	}
	return c, nil
}

// Start pulls the image when the engine does not have it, creates the container
// and starts it, and returns at once: the database is still booting. After an
// error nothing is left behind. The caller must call Stop.
//
// Errors: ErrImageUnknown, ErrImageAccess, ErrImageUnreachable, ErrPortTaken,
// ErrDiskFull, or whatever the engine says.
func Start(ctx context.Context, cfg Config) (*Container, error) { return start(ctx, cfg, nil) }

// start is Start with further options for testcontainers-go. Whatever an
// interrupt has made fail, the error is the interrupt's.
func start(ctx context.Context, cfg Config, opts []testcontainers.ContainerCustomizer) (*Container, error) {
	c, err := begin(ctx, cfg, opts)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return nil, fmt.Errorf("start database %s: %w", cfg.Image, cause)
	}
	return c, err
}

func begin(ctx context.Context, cfg Config, opts []testcontainers.ContainerCustomizer) (*Container, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkInit(slices.Concat(cfg.InitSys, cfg.Init)); err != nil {
		return nil, err
	}
	schemas, err := newSchemas(ShardNames(cfg.Schemas, cfg.Shards))
	if err != nil {
		return nil, err
	}
	docker, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	image, err := docker.ensureImage(ctx, cfg.Image, cfg.Events)
	if err != nil {
		return nil, err
	}
	if image.standIn {
		cfg.Events.Warn(fmt.Sprintf("%s is the FAKE stand-in: it speaks Oracle's protocol but is not Oracle", cfg.Image))
	}
	c := newContainer(cfg, docker)
	c.image, c.schemas, c.theirs, c.own = image, schemas, opts, true
	snapshot, err := c.findSnapshot(ctx)
	if err != nil {
		return nil, err
	}
	c.in, err = c.create(ctx, snapshot, 0)
	if err != nil && snapshot != "" && ctx.Err() == nil { // somebody may have removed it just now
		cfg.Events.Warn(fmt.Sprintf("the snapshot %s cannot be started: %v; the database is made anew", snapshot, err))
		c.in, err = c.create(ctx, "", 0)
	}
	if err != nil {
		return nil, fmt.Errorf("start database %s: %w", cfg.Image, err)
	}
	return c, nil
}
