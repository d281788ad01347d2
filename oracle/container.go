package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
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
		id, err := c.run(detached, creation, opts)
		created <- outcome{id, err}
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

// run has testcontainers-go make and start the container. The gateway's address
// is not the engine's own everywhere: in a virtual machine's engine it may not
// be one to publish on, and is left out then.
func (c *Container) run(ctx context.Context, creation string, opts []testcontainers.ContainerCustomizer) (id string, err error) {
	on := c.docker.publishOn(ctx)
	for {
		ctr, err := testcontainers.Run(ctx, c.cfg.Image, c.request(creation, opts, on)...)
		if err == nil {
			return ctr.GetContainerID(), nil
		}
		if len(on) == 1 || !strings.Contains(err.Error(), "assign requested address") {
			return "", err
		}
		if err := c.discard(ctx, creation); err != nil {
			return "", err
		}
		on = on[:1]
	}
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
func (c *Container) request(creation string, theirs []testcontainers.ContainerCustomizer, on []netip.Addr) []testcontainers.ContainerCustomizer {
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
		c.publish(on))
}

// publish sets the host's side, and keeps what another option has set there:
// testcontainers-go knows one such function only.
func (c *Container) publish(on []netip.Addr) testcontainers.CustomizeRequestOption {
	return func(req *testcontainers.GenericContainerRequest) error {
		if req.Logger == nil {
			req.Logger = tclog.NewNoopLogger()
		}
		theirs := req.HostConfigModifier
		req.HostConfigModifier = func(h *container.HostConfig) {
			var bindings []network.PortBinding
			for _, host := range on {
				bindings = append(bindings, network.PortBinding{HostIP: host, HostPort: strconv.Itoa(c.cfg.Port)})
			}
			h.PortBindings = network.PortMap{network.MustParsePort(listenerPort): bindings}
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

// publishOn returns the addresses of the engine's host on which the port is
// published: never all of them. Processes on that host use loopback; when this
// one runs in a container beside it, only the bridge's gateway leads there.
func (d *docker) publishOn(ctx context.Context) []netip.Addr {
	host := d.remoteHost()
	if host == "" {
		loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if gateway, err := netip.ParseAddr(d.host); err == nil && !gateway.IsLoopback() {
			return []netip.Addr{loopback, gateway}
		}
		return []netip.Addr{loopback}
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}
	}
	if found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host); err == nil && len(found) > 0 {
		return []netip.Addr{found[0].Unmap()}
	}
	return []netip.Addr{netip.IPv4Unspecified()}
}
