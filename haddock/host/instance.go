package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// The labels of an instance. They are written when its container is created
// and never change: what an instance is, not how it is doing.
const (
	labelService = "haddock.service"
	labelEnv     = "haddock.env"
	labelSlot    = "haddock.slot"
	labelSeq     = "haddock.seq"
	labelVersion = "haddock.version"
	labelDigest  = "haddock.digest"
	labelImage   = "haddock.image"
	labelBy      = "haddock.by"
	labelCommit  = "haddock.commit"
	labelBuild   = "haddock.build"
	labelManaged = "haddock.managed" // on what belongs to no single instance: network, lock
)

// inspections is how many containers are looked at at the same time.
const inspections = 8

// A Key names a service in an environment.
type Key struct{ Service, Env string }

// String is service.env; neither part may hold what would make two keys alike.
func (k Key) String() string { return k.Service + "." + k.Env }

// An Identity says what an instance is and where it came from.
type Identity struct {
	Key
	Slot    string // s1
	Seq     int    // grows with each deploy of the service in the environment, from 1
	Version string
	Image   string // repository@digest
	By      string // who deployed it
	Commit  string
	Build   string // of the CI system, when there was one
}

// Digest is the digest of the image.
func (i Identity) Digest() string {
	_, digest, _ := strings.Cut(i.Image, "@")
	return digest
}

// String names the instance: shop.prod-7. Its container has this name.
func (i Identity) String() string {
	return fmt.Sprintf("%s-%d", i.Key, i.Seq)
}

// An Instance is a container that haddock made, and how it is doing.
type Instance struct {
	Identity
	ID      string // of the container
	Name    string
	ImageID string
	Address string // in its network; empty while it does not run
	Created time.Time

	Status     string // created, running, paused, restarting, removing, exited, dead
	Running    bool
	StartedAt  time.Time // of the last start; zero when it was never started
	FinishedAt time.Time // of the last end; zero when it never ended
	Restarts   int       // by the engine, after the program ended by itself
	ExitCode   int
	OOMKilled  bool
	Error      string // why the engine could not start it
}

// A Spec is an instance to create.
type Spec struct {
	Identity
	Command   []string // arguments for the image's entry point; nil: the image's own
	Env       []string // NAME=value; values may be secret
	Volumes   []string // source:/target[:ro]
	Memory    int64    // bytes; 0 is no limit
	CPUs      float64  // 0 is no limit
	StopGrace time.Duration

	Network string // of the slots
	Address string // of the slot in Network; empty when the slot is a published port
	// Port is where the program listens; it is published when the slot has a
	// HostPort.
	Port     int
	HostIP   string // that HostPort is bound to; empty is 127.0.0.1
	HostPort int    // 0: the slot has an Address
}

// Instances lists the instances of a service in an environment, the newest
// first, running or not.
func (h *Host) Instances(ctx context.Context, key Key) ([]Instance, error) {
	if err := key.validate(); err != nil {
		return nil, err
	}
	return again(ctx, h.engines, func() ([]Instance, error) { return h.instances(ctx, key) })
}

func (h *Host) instances(ctx context.Context, key Key) ([]Instance, error) {
	list, err := h.eng.Containers(ctx, key.scope())
	if err != nil {
		return nil, err
	}
	found := make([]*Instance, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inspections)
	for i, c := range list {
		group.Go(func() error {
			one, err := h.Instance(ctx, c.ID)
			if errors.Is(err, engine.ErrNotFound) { // removed since
				return nil
			}
			found[i] = &one
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []Instance
	for _, one := range found {
		if one != nil {
			out = append(out, *one)
		}
	}
	slices.SortFunc(out, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(b.Seq, a.Seq), b.Created.Compare(a.Created))
	})
	return out, nil
}

// Instance looks at one instance, by the id or name of its container. The
// error is engine.ErrNotFound when it is gone.
func (h *Host) Instance(ctx context.Context, id string) (Instance, error) {
	c, err := again(ctx, h.engines, func() (engine.Container, error) { return h.eng.Inspect(ctx, id) })
	if err != nil {
		return Instance{}, err
	}
	if c.Labels[labelService] == "" {
		return Instance{}, fmt.Errorf("use container %s: %w", c.Name, errNotOurs)
	}
	return instanceOf(c), nil
}

// Create creates the container of an instance and does not start it: nothing
// restarts it until SetRestart says so. Its image stays on the host until
// Prune lets it go. The error is engine.ErrExists when there is an instance of
// this Seq, engine.ErrNotFound when the image was not pulled.
func (h *Host) Create(ctx context.Context, s Spec) (Instance, error) {
	if err := s.validate(); err != nil {
		return Instance{}, fmt.Errorf("create instance %s: %w", s.Identity, err)
	}
	if err := h.claim(ctx, s.Identity); err != nil {
		return Instance{}, err
	}
	spec := engine.Spec{
		Name: s.String(), Image: s.Image, Cmd: s.Command, Env: s.Env, Labels: s.labels(),
		Binds: s.Volumes, Memory: s.Memory, CPUs: s.CPUs, StopGrace: s.StopGrace,
		Network: s.Network, Address: s.Address, Restart: engine.RestartNo,
	}
	if s.HostPort != 0 {
		spec.Publish = []engine.Port{{Container: s.Port, HostIP: cmp.Or(s.HostIP, "127.0.0.1"), Host: s.HostPort}}
	}
	id, err := h.eng.Create(ctx, spec)
	if err != nil {
		return Instance{}, err
	}
	return h.Instance(ctx, id)
}

// Start starts an instance; one that runs already is fine.
func (h *Host) Start(ctx context.Context, id string) error {
	return h.with(ctx, id, func() error { return h.eng.Start(ctx, id) })
}

// Stop asks an instance to end and kills it after the grace. One that has
// stopped, or is gone, is fine.
func (h *Host) Stop(ctx context.Context, id string, grace time.Duration) error {
	return goneIsFine(h.with(ctx, id, func() error { return h.eng.Stop(ctx, id, grace) }))
}

// Remove removes an instance, and kills it if it runs; one that is gone is
// fine.
func (h *Host) Remove(ctx context.Context, id string) error {
	return goneIsFine(h.with(ctx, id, func() error { return h.eng.Remove(ctx, id) }))
}

// SetRestart changes what the engine does when the instance ends by itself, or
// the machine starts again.
func (h *Host) SetRestart(ctx context.Context, id string, policy engine.RestartPolicy) error {
	return h.with(ctx, id, func() error { return h.eng.SetRestart(ctx, id, policy) })
}

// errNotOurs says that something was not made by haddock and stays as it is.
var errNotOurs = errors.New("haddock did not create it")

// with does something to a container when it is an instance.
func (h *Host) with(ctx context.Context, id string, do func() error) error {
	if _, err := h.Instance(ctx, id); err != nil {
		return err
	}
	return do()
}

func goneIsFine(err error) error {
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	return err
}

func (k Key) scope() map[string]string {
	return map[string]string{labelService: k.Service, labelEnv: k.Env}
}

// A name is part of an image's name, a container's and a label: the narrowest
// of the three decides.
var nameForm = regexp.MustCompile(`^[a-z0-9]+(-+[a-z0-9]+|_[a-z0-9]+)*$`)

func (k Key) validate() error {
	for kind, name := range map[string]string{"service": k.Service, "environment": k.Env} {
		if !nameForm.MatchString(name) || len(name) > 60 {
			return fmt.Errorf("use %s %q: a name has lower-case letters, digits and - between them", kind, name)
		}
	}
	return nil
}

func (i Identity) labels() map[string]string {
	labels := i.scope()
	for name, value := range map[string]string{
		labelSlot: i.Slot, labelSeq: strconv.Itoa(i.Seq), labelVersion: i.Version, labelDigest: i.Digest(),
		labelImage: i.Image, labelBy: i.By, labelCommit: i.Commit, labelBuild: i.Build,
	} {
		if value != "" {
			labels[name] = value
		}
	}
	return labels
}

func (s Spec) validate() error {
	if err := s.Key.validate(); err != nil {
		return err
	}
	if _, _, err := splitDigest(s.Image); err != nil {
		return err
	}
	for _, entry := range s.Env {
		name, _, ok := strings.Cut(entry, "=")
		if !ok || name == "" || strings.ContainsAny(entry, "\x00") {
			return errors.New("an entry of the environment is not NAME=value") // it may be secret
		}
	}
	switch {
	case s.Seq < 1 || s.Slot == "":
		return errors.New("it needs a slot and a number")
	case s.Network == "":
		return errors.New("it needs a network")
	case (s.Address == "") == (s.HostPort == 0):
		return errors.New("its slot is an address or a published port")
	}
	return nil
}

func instanceOf(c engine.Container) Instance {
	l := c.Labels
	seq, _ := strconv.Atoi(l[labelSeq])
	out := Instance{
		Identity: Identity{
			Key: Key{Service: l[labelService], Env: l[labelEnv]}, Slot: l[labelSlot], Seq: seq, Version: l[labelVersion],
			Image: l[labelImage], By: l[labelBy], Commit: l[labelCommit], Build: l[labelBuild],
		},
		ID: c.ID, Name: c.Name, ImageID: c.ImageID, Created: c.Created,
		Status: c.State.Status, Running: c.State.Running, StartedAt: c.State.StartedAt, FinishedAt: c.State.FinishedAt,
		Restarts: c.State.Restarts, ExitCode: c.State.ExitCode, OOMKilled: c.State.OOMKilled, Error: c.State.Error,
	}
	for _, address := range c.Networks {
		out.Address = cmp.Or(address, out.Address)
	}
	return out
}
