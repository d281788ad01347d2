package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// listenerPort is where Oracle listens in the container.
const listenerPort = "1521/tcp"

// creationLabel marks one creation, to find what an interrupted one has left.
const creationLabel = "pipeline.oracle-creation"

const (
	createTimeout  = 2 * time.Minute
	cleanupTimeout = 30 * time.Second
)

// A Container has been started; its database may not answer yet. All methods
// may be called by several goroutines.
type Container struct {
	cfg     Config
	docker  *docker
	image   databaseImage
	system  Password // of SYSTEM
	schemas []Schema

	id          string
	started     time.Time
	hostname    string // its own, which its listener is bound to in some images
	initialised bool   // another process has waited for it and run the init scripts
	log         *follower
	addresses   *addresses
	db          Database // set by Run
}

// ID is the engine's id of the container.
func (c *Container) ID() string { return c.id }

// Failed is closed when the boot has failed or the container has ended, also
// after the database was ready; Err then says why.
func (c *Container) Failed() <-chan struct{} { return c.log.failed }

// Err returns why Failed was closed, as *NotReadyError; nil before that.
func (c *Container) Err() error {
	if e := c.log.why(); e != nil {
		return e
	}
	return nil
}

// Phase is how far the database has come by its log.
func (c *Container) Phase() Phase {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return c.log.boot.phase
}

// Stop removes the container and its anonymous volumes by force, without a
// shutdown: the data is thrown away. It is fine when it is gone already. The
// container's log is complete when Stop returns.
func (c *Container) Stop(ctx context.Context) error {
	c.log.expectEnd()
	if err := c.docker.remove(ctx, c.id); err != nil {
		c.log.close()
		return fmt.Errorf("stop database: %w", err)
	}
	c.log.drain()
	return nil
}

// Close stops watching the container, which lives on. Neither Close nor any
// other call is needed after Stop.
func (c *Container) Close() { c.log.close() }

// Logs copies the container's log to w, from its start; with follow, until the
// container ends or ctx does. Passwords of this run are not masked.
func (c *Container) Logs(ctx context.Context, w io.Writer, follow bool) error {
	stream, err := c.docker.api.ContainerLogs(ctx, c.id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow})
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

// create makes and starts the container. Creation itself is not interrupted
// half-way, which could leave a container that nobody knows: an interrupt lets
// it finish in the background and removes its result.
func (c *Container) create(ctx context.Context, opts []testcontainers.ContainerCustomizer) error {
	type outcome struct {
		id  string
		err error
	}
	creation := randomPassword().Reveal()
	created := make(chan outcome, 1)
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), createTimeout)
	go func() {
		ctr, err := testcontainers.Run(detached, c.cfg.Image, c.request(detached, creation, opts)...)
		if ctr == nil {
			created <- outcome{err: err}
			return
		}
		created <- outcome{ctr.GetContainerID(), err}
	}()
	var done outcome
	select {
	case done = <-created:
		cancel()
	case <-ctx.Done():
		settled := make(chan error, 1)
		go func() {
			defer cancel()
			<-created
			settled <- c.discard(ctx, creation)
		}()
		select {
		case err := <-settled:
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(3 * time.Second): // a CI server gives five; the watchdog has the rest
			return context.Cause(ctx)
		}
	}
	if ctx.Err() != nil {
		done.err = context.Cause(ctx)
	}
	if done.err != nil {
		return errors.Join(explainStart(done.err, c.cfg.Port), c.discard(ctx, creation))
	}
	c.id, c.started = done.id, time.Now()
	if err := c.attach(ctx); err != nil {
		return errors.Join(err, c.discard(ctx, creation))
	}
	return nil
}

// attach begins to watch a container that exists.
func (c *Container) attach(ctx context.Context) error {
	found, err := c.docker.inspect(ctx, c.id)
	if err != nil {
		return err
	}
	c.addresses, c.hostname = c.docker.addressesOf(found), "localhost"
	if found.Config != nil && found.Config.Hostname != "" {
		c.hostname = found.Config.Hostname
	}
	secrets := []Password{c.system}
	for _, s := range c.schemas {
		secrets = append(secrets, s.Password)
	}
	c.log = c.docker.follow(c.id, c.started, c.cfg, secrets)
	return nil
}

// discard removes whatever this creation has made.
func (c *Container) discard(ctx context.Context, creation string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	ids, err := c.docker.labelled(ctx, creationLabel, creation)
	for _, id := range ids {
		err = errors.Join(err, c.docker.remove(ctx, id))
	}
	return err
}

// request is what testcontainers-go is asked for. There is no wait strategy: it
// would block Start until the database is ready. Ours comes last where theirs
// could undo it: labels by which the container is found again.
func (c *Container) request(ctx context.Context, creation string, theirs []testcontainers.ContainerCustomizer) []testcontainers.ContainerCustomizer {
	opts := []testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts(listenerPort),
		testcontainers.WithEnv(passwordEnv(c.cfg.Image, c.system)),
		testcontainers.WithEnv(c.cfg.Env),
	}
	if c.cfg.Name != "" {
		opts = append(opts, testcontainers.WithName(c.cfg.Name))
	}
	opts = append(opts, theirs...)
	return append(opts,
		testcontainers.WithLabels(c.cfg.Labels),
		testcontainers.WithLabels(map[string]string{kindLabel: kind, creationLabel: creation}),
		c.publish(c.docker.publishOn(ctx), c.docker.ownNetwork(ctx)))
}

// publish sets the host's side and the network (empty for the default one), and keeps what another option has set there:
// testcontainers-go knows one such function only.
func (c *Container) publish(on netip.Addr, net string) testcontainers.CustomizeRequestOption {
	return func(req *testcontainers.GenericContainerRequest) error {
		if req.Logger == nil {
			req.Logger = tclog.NewNoopLogger()
		}
		theirs := req.HostConfigModifier
		req.HostConfigModifier = func(h *container.HostConfig) {
			h.PortBindings = network.PortMap{
				network.MustParsePort(listenerPort): {{HostIP: on, HostPort: strconv.Itoa(c.cfg.Port)}},
			}
			h.NetworkMode = container.NetworkMode(net)
			if defaultService(c.cfg.Image) == "XE" {
				h.ShmSize = 1 << 30 // 11g keeps its memory there
			}
			if theirs != nil {
				theirs(h)
			}
		}
		return nil
	}
}

// publishOn returns the address of the engine's host on which the port is
// published: never all of them when the engine is this machine's.
func (d *docker) publishOn(ctx context.Context) netip.Addr {
	host := d.remoteHost()
	if host == "" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address
	}
	if found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host); err == nil && len(found) > 0 {
		return found[0].Unmap()
	}
	return netip.IPv4Unspecified()
}

// ownNetwork returns the network that the database must be in when this process
// runs in a container of the same engine, such as a CI agent with the engine's
// socket: Docker lets no packet pass between its networks, not even to a
// published port. It is empty where the default network does.
func (d *docker) ownNetwork(ctx context.Context) string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return ""
	}
	own, err := d.inspect(ctx, name)
	if err != nil || !strings.HasPrefix(own.ID, name) {
		return "" // no container, or one that is merely called like this machine
	}
	for _, network := range slices.Sorted(maps.Keys(own.NetworkSettings.Networks)) {
		if network != "bridge" && network != "host" && network != "none" {
			return network
		}
	}
	return ""
}
