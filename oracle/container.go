package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// listenerPort is where Oracle listens in the container.
const listenerPort = "1521/tcp"

const (
	createTimeout  = 2 * time.Minute
	cleanupTimeout = 30 * time.Second
)

// errStopped is what a wait ends with when somebody stops the database.
var errStopped = errors.New("the database was stopped")

// A Container has been started; its database may not answer yet. All methods
// may be called by several goroutines. Wait may replace the engine's container
// by another, for a snapshot or after a known flake of its image: ask ID and
// Failed again after it.
type Container struct {
	cfg     Config
	docker  *docker
	image   databaseImage // the configured one, also when a snapshot of it runs
	schemas []Schema
	theirs  []testcontainers.ContainerCustomizer // the caller's options
	key     string                               // of the snapshot; empty without one
	own     bool                                 // it is known how to make another
	flaked  bool                                 // it was made anew because of a flake of the image
	dropped bool                                 // its snapshot did not boot
	history history                              // of all its instances
	turn    chan struct{}                        // one Wait at a time has it

	mu      sync.Mutex
	in      *instance
	db      Database     // set by Wait
	late    <-chan error // of the instance that an interrupted Wait was still making
	stopped bool
	changes sync.WaitGroup // what may create or remove an instance
	life    context.Context
	end     context.CancelCauseFunc
}

// An instance is a container of the engine.
type instance struct {
	id       string
	snapshot string // the one it was made of; empty for the image itself
	system   Password
	started  time.Time
	port     int    // on the engine's host; 0 until it is known
	hostname string // its own, which its listener is bound to in some images

	becomes  bool // a snapshot is to be made of it
	restored bool // its passwords are to be reset, its init scripts have run
	found    bool // another process has started it
	answered bool // somebody has waited for it already, here or in another process

	log       *follower
	addresses *addresses
}

func newContainer(cfg Config, docker *docker) *Container {
	c := &Container{cfg: cfg, docker: docker, turn: make(chan struct{}, 1)}
	c.life, c.end = context.WithCancelCause(context.Background())
	return c
}

// now is the instance of this moment.
func (c *Container) now() *instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in
}

// ID is the engine's id of the container.
func (c *Container) ID() string { return c.now().id }

// Failed is closed when the boot has failed or the container has ended, also
// after the database was ready; Err then says why.
func (c *Container) Failed() <-chan struct{} { return c.now().log.failed }

// Err returns why Failed was closed, as *NotReadyError; nil before that.
func (c *Container) Err() error {
	if e := c.now().log.why(); e != nil {
		return e
	}
	return nil
}

// Stop removes the container and its anonymous volumes by force, without a
// shutdown: the data is thrown away. It is fine when it is gone already. A Wait
// that goes on ends with an error. The container's log is complete when Stop
// returns. After an error something may be left.
func (c *Container) Stop(ctx context.Context) error {
	c.mu.Lock()
	c.stopped = true
	first := c.in
	c.mu.Unlock()
	c.end(errStopped)
	err := c.removeInstance(ctx, first)
	settled := make(chan struct{})
	go func() { c.changes.Wait(); close(settled) }()
	select {
	case <-settled:
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("stop database: %w", context.Cause(ctx)))
	}
	if last := c.now(); last != first { // made while the first one went
		err = errors.Join(err, c.removeInstance(ctx, last))
	}
	return errors.Join(err, c.unsettled())
}

// unsettled is an error as long as the engine is still creating an instance for
// a Wait that was interrupted, or when that could not be removed.
func (c *Container) unsettled() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late == nil {
		return nil
	}
	select {
	case err := <-c.late:
		return err
	default:
		return errors.New("stop database: the engine is still creating another container for it, which this process removes as soon as it exists")
	}
}

func (c *Container) removeInstance(ctx context.Context, in *instance) error {
	in.log.expectEnd()
	if err := c.docker.remove(ctx, in.id); err != nil {
		in.log.close()
		return fmt.Errorf("stop database: %w", err)
	}
	in.log.drain()
	return nil
}

// Close stops watching the container, which lives on. Neither Close nor any
// other call is needed after Stop.
func (c *Container) Close() { c.now().log.close() }

// Logs copies the container's log to w, from its start; with follow, until the
// container ends or ctx does. Passwords of this run are not masked.
func (c *Container) Logs(ctx context.Context, w io.Writer, follow bool) error {
	stream, err := c.docker.api.ContainerLogs(ctx, c.now().id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
	if err != nil {
		return fmt.Errorf("read the container's log: %w", err)
	}
	defer func() { _ = stream.Close() }()
	if _, err := stdcopy.StdCopy(w, w, stream); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("read the container's log: %w", err)
	}
	return nil
}

// within returns a context for work that may replace the instance: it ends with
// Stop too, which waits for the caller to say that it is done. Where ctx has
// ended before Stop, it is the reason.
func (c *Container) within(ctx context.Context) (_ context.Context, done func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	why := func() error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return errStopped
	}
	if c.stopped {
		return nil, nil, why()
	}
	c.changes.Add(1)
	bound, cancel := context.WithCancelCause(ctx)
	release := context.AfterFunc(c.life, func() { cancel(why()) })
	return bound, func() {
		release()
		cancel(nil)
		c.changes.Done()
	}, nil
}

// replace removes the instance and makes another one, of the snapshot or, when
// that is empty, of the image; on the same port if that is still free, since
// somebody may have been told of it. The caller is within.
func (c *Container) replace(ctx context.Context, snapshot string) error {
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	last := c.now()
	if err := c.removeInstance(tidy, last); err != nil {
		return err
	}
	in, err := c.create(ctx, snapshot, last.port)
	if errors.Is(err, ErrPortTaken) && c.cfg.Port == 0 { // somebody else was given it meanwhile
		in, err = c.create(ctx, snapshot, 0)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if unsettled, ok := errors.AsType[*UnsettledError](err); ok {
		c.late = unsettled.Settled
	}
	if err != nil {
		return fmt.Errorf("start database %s: %w", c.cfg.Image, err)
	}
	c.in = in
	return nil
}
