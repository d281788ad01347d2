package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/haddock-ci/pipeline/internal/events"
)

// An Option changes how Run starts a database. It can be mixed with the options
// of testcontainers-go.
type Option func(*Config)

var _ testcontainers.ContainerCustomizer = Option(nil)

// Customize does nothing to the request: Run applies the option itself. It
// makes an Option one of testcontainers' customizers.
func (Option) Customize(*testcontainers.GenericContainerRequest) error { return nil }

// WithSchemas names the schemas to create; the first is the default one.
func WithSchemas(names ...string) Option { return func(c *Config) { c.Schemas = names } }

// WithInitScripts names the *.sql, *.sql.gz and *.sh files, by absolute paths,
// that are run in this order once the database answers: in its container, by
// sqlplus as the first schema's user, or by bash. The first that fails, by an error
// of any statement or by ending inside one, is an [*InitError].
func WithInitScripts(files ...string) Option { return func(c *Config) { c.Init = files } }

// WithInitSys names init scripts that are run as SYS, before the others.
func WithInitSys(files ...string) Option { return func(c *Config) { c.InitSys = files } }

// WithShards makes n schemas of the one of WithSchemas, NAME_1 to NAME_n, for
// tests that run in parallel. The init scripts are run in each.
func WithShards(n int) Option { return func(c *Config) { c.Shards = n } }

// WithSnapshot keeps the database as an image of the engine once it has been
// made, so that later runs start from there. The project tells whose it is.
//
// What a snapshot is made of is its key: the project, the image, the service, the
// schemas' names, the init scripts' content and the environment. When one of
// them changes, another snapshot is made; the newest two of a project stay.
//
// It is made by the first run, between the init scripts and the tests: the
// database is stopped cleanly, committed and started again from the snapshot. So
// this one run waits for a shutdown, a commit and a second boot, and says so. The
// other way, a second database after the tests, would boot, initialise and stop
// once more while nobody's tests run, and a snapshot that does not boot would be
// found by another run. This way the first run's tests see what those of all
// later runs see, and a bad snapshot is dropped by the run that made it. When
// several runs would make the same one, the first whose database has answered
// does; the others go on without.
//
// No password is in it: before the stop all that we know are replaced by ones
// that nobody knows, the schemas' users are locked and the container's own
// variables are emptied. (Engines before Docker 25 keep them beside the image all
// the same; so its environment is no place for a secret of somebody else.) Each
// start sets new passwords. A snapshot stays on the engine: its name has a
// registry that cannot exist, so that a push of it fails.
func WithSnapshot(project string) Option {
	return func(c *Config) { c.Snapshot = project }
}

// WithService names the service to use, when it is not the image's own
// pluggable database.
func WithService(name string) Option { return func(c *Config) { c.Service = name } }

// WithTimeout sets how long the database may take from start to ready.
func WithTimeout(d time.Duration) Option { return func(c *Config) { c.Timeout = d } }

// WithLog copies the container's log, without this run's passwords.
func WithLog(w io.Writer) Option { return func(c *Config) { c.Log = w } }

// Run starts a database and returns it when it has answered. After an error
// nothing is left behind. The caller must call Terminate or Stop; should the
// program die before, testcontainers' reaper does it, unless it was disabled.
func Run(ctx context.Context, image string, opts ...testcontainers.ContainerCustomizer) (*Container, error) {
	cfg := Config{Image: image}
	var theirs []testcontainers.ContainerCustomizer
	for _, opt := range opts {
		if ours, ok := opt.(Option); ok {
			ours(&cfg)
			continue
		}
		theirs = append(theirs, opt)
	}
	c, err := start(ctx, cfg, theirs)
	if err != nil {
		return nil, err
	}
	if _, err := c.Wait(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		return nil, errors.Join(err, c.Stop(stop))
	}
	return c, nil
}

// Database is the database as Run or Wait has found it; zero before.
func (c *Container) Database() Database {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.db
}

// ConnectionString is the address for go-ora, as the first schema's user: a
// secret. It is empty as long as Database is zero.
func (c *Container) ConnectionString() string {
	db := c.Database()
	if len(db.Schemas) == 0 {
		return ""
	}
	return db.URL(db.Schemas[0])
}

// JDBCURL is the address for Oracle's thin JDBC driver, without user and
// password. It is empty as long as Database is zero.
func (c *Container) JDBCURL() string {
	db := c.Database()
	if len(db.Schemas) == 0 {
		return ""
	}
	return db.JDBCURL()
}

// Ping logs in as the first schema's user, and returns why the database does
// not answer; nil when it does.
func (c *Container) Ping(ctx context.Context) error { return c.ping(ctx, c.now()) }

// Terminate is Stop under the name that testcontainers modules give it.
func (c *Container) Terminate(ctx context.Context) error { return c.Stop(ctx) }

// ReadyStrategy is the wait of this package as a wait strategy of
// testcontainers-go. Make one with ForReady.
type ReadyStrategy struct {
	service string
	timeout time.Duration
	sink    events.Sink
}

// ForReady waits until SYSTEM has got two answers from the image's pluggable
// database. The container's environment must hold the password, as
// ORACLE_PASSWORD or ORACLE_PWD, and its port 1521 must be published.
func ForReady() *ReadyStrategy { return &ReadyStrategy{timeout: DefaultTimeout} }

// WithService sets another service than the image's pluggable database.
func (s *ReadyStrategy) WithService(name string) *ReadyStrategy {
	changed := *s
	changed.service = name
	return &changed
}

// WithStartupTimeout sets how long the database may take.
func (s *ReadyStrategy) WithStartupTimeout(d time.Duration) *ReadyStrategy {
	changed := *s
	changed.timeout = d
	return &changed
}

// Timeout tells testcontainers-go to leave the time to this strategy.
func (s *ReadyStrategy) Timeout() *time.Duration { return &s.timeout }

// WaitUntilReady implements testcontainers' wait.Strategy.
func (s *ReadyStrategy) WaitUntilReady(ctx context.Context, target wait.StrategyTarget) error {
	found, err := target.Inspect(ctx)
	if err != nil {
		return fmt.Errorf("wait for the database: %w", err)
	}
	var password string
	for _, entry := range found.Config.Env {
		if key, value, _ := strings.Cut(entry, "="); key == "ORACLE_PASSWORD" || key == "ORACLE_PWD" {
			password = value
		}
	}
	if password == "" {
		return errors.New("wait for the database: the container has neither ORACLE_PASSWORD nor ORACLE_PWD")
	}
	cfg, err := Config{Image: found.Config.Image, Service: s.service, Timeout: s.timeout, Events: s.sink}.withDefaults()
	if err != nil {
		return err
	}
	docker, err := connect(ctx)
	if err != nil {
		return err
	}
	c := newContainer(cfg, docker)
	c.in = &instance{id: found.ID, started: time.Now(), system: NewPassword(password)}
	if err := c.attach(ctx, c.in); err != nil {
		return fmt.Errorf("wait for the database: %w", err)
	}
	defer c.Close()
	_, err = c.Wait(ctx)
	return err
}
