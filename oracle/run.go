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
// that are run in this order once the database answers.
func WithInitScripts(files ...string) Option { return func(c *Config) { c.Init = files } }

// WithInitSys names init scripts that are run as SYS, before the others.
func WithInitSys(files ...string) Option { return func(c *Config) { c.InitSys = files } }

// WithShards makes n schemas of the one of WithSchemas, NAME_1 to NAME_n, for
// tests that run in parallel. The init scripts are run in each.
func WithShards(n int) Option { return func(c *Config) { c.Shards = n } }

// WithSnapshot keeps the initialised database as an image of the engine, and
// starts from it the next time; see Snapshots. The project tells whose it is.
func WithSnapshot(project string) Option {
	return func(c *Config) { c.Snapshots = Snapshots{Project: project} }
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
