package oracle

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// creationLabel marks one creation, to find what an interrupted one has left.
const creationLabel = "pipeline.oracle-creation"

// create makes and starts the container. Creation itself is not interrupted
// half-way, which could leave a container that nobody knows: an interrupt lets
// it finish in the background and removes its result. The container is made of
// the snapshot or, when that is empty, of the image. Port is on the engine's host,
// where Config.Port leaves it open; 0 lets the engine choose.
func (c *Container) create(ctx context.Context, snapshot string, port int) (*instance, error) {
	type outcome struct {
		id  string
		err error
	}
	creation := randomPassword().Reveal()
	in := &instance{snapshot: snapshot, restored: snapshot != "", system: randomPassword(), port: cmp.Or(c.cfg.Port, port)}
	in.becomes = c.key != "" && snapshot == "" && !c.dropped
	created := make(chan outcome, 1)
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), createTimeout)
	go func() {
		ctr, err := testcontainers.Run(detached, cmp.Or(snapshot, c.cfg.Image), c.request(detached, creation, in)...)
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
			close(settled) // who asks after somebody else has nothing to fear
		}()
		select {
		case err := <-settled:
			return nil, errors.Join(context.Cause(ctx), err)
		case <-time.After(settleTime):
			return nil, &UnsettledError{Cause: context.Cause(ctx), Settled: settled}
		}
	}
	if ctx.Err() != nil {
		done.err = context.Cause(ctx)
	}
	if done.err != nil {
		return nil, errors.Join(explainStart(done.err, in.port), c.discard(ctx, creation))
	}
	in.id, in.started = done.id, time.Now()
	if err := c.attach(ctx, in); err != nil {
		return nil, errors.Join(err, c.discard(ctx, creation))
	}
	return in, nil
}

// attach begins to watch a container that exists.
func (c *Container) attach(ctx context.Context, in *instance) error {
	found, err := c.docker.inspect(ctx, in.id)
	if err != nil {
		return err
	}
	in.addresses, in.hostname = c.docker.addressesOf(found), "localhost"
	for _, binding := range found.NetworkSettings.Ports[network.MustParsePort(listenerPort)] {
		in.port, _ = strconv.Atoi(binding.HostPort) // the engine writes numbers
	}
	if found.Config != nil && found.Config.Hostname != "" {
		in.hostname = found.Config.Hostname
	}
	secrets := []Password{in.system}
	for _, s := range c.schemas {
		secrets = append(secrets, s.Password)
	}
	in.log = c.docker.follow(in, c.cfg, secrets, &c.history)
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
func (c *Container) request(ctx context.Context, creation string, in *instance) []testcontainers.ContainerCustomizer {
	opts := []testcontainers.ContainerCustomizer{testcontainers.WithExposedPorts(listenerPort), testcontainers.WithEnv(c.cfg.Env)}
	if !in.restored { // a database that exists takes no password this way
		opts = append(opts, testcontainers.WithEnv(passwordEnv(c.cfg.Image, in.system)))
	}
	opts = append(opts, c.theirs...)
	return append(opts,
		testcontainers.WithLabels(c.cfg.Labels),
		testcontainers.WithLabels(map[string]string{kindLabel: kind, creationLabel: creation}),
		c.publish(c.docker.publishOn(ctx), in.port, c.docker.ownNetwork(ctx)))
}

// publish sets the host's side and the network (empty for the default one), and keeps what another option has set there:
// testcontainers-go knows one such function only.
func (c *Container) publish(on netip.Addr, port int, net string) testcontainers.CustomizeRequestOption {
	return func(req *testcontainers.GenericContainerRequest) error {
		if req.Logger == nil {
			req.Logger = tclog.NewNoopLogger()
		}
		theirs := req.HostConfigModifier
		req.HostConfigModifier = func(h *container.HostConfig) {
			h.PortBindings = network.PortMap{
				network.MustParsePort(listenerPort): {{HostIP: on, HostPort: strconv.Itoa(port)}},
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
