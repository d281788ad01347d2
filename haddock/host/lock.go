package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
)

// The labels of a lock.
const (
	labelLockBy    = "haddock.lock.by"
	labelLockHost  = "haddock.lock.host"
	labelLockPID   = "haddock.lock.pid" // <pid>@<start>
	labelLockDoing = "haddock.lock.doing"
	labelLockSince = "haddock.lock.since"
	labelLockToken = "haddock.lock.token"
)

const (
	// lockImage holds nothing. Containers of it are never started: they are
	// names that the engine gives to one asker only.
	lockImage = "haddock-lock:1"
	lockPoll  = 500 * time.Millisecond
)

// An Owner is who holds a lock.
type Owner struct {
	By      string // a person, or a CI build
	Doing   string // deploy 1.4.0
	Host    string // the machine that it runs on
	Process command.Process
	Since   time.Time // set by Lock
}

// Self is the owner of a lock that this process takes.
func Self(by, doing string) (Owner, error) {
	process, err := command.Self()
	if err != nil {
		return Owner{}, fmt.Errorf("name the owner of the lock: %w", err)
	}
	name, err := os.Hostname()
	if err != nil {
		return Owner{}, fmt.Errorf("name the owner of the lock: %w", err)
	}
	return Owner{By: by, Doing: doing, Host: name, Process: process}, nil
}

// String names the owner: anna, on build-3 with pid 4711, deploy 1.4.0.
func (o Owner) String() string {
	text := o.By
	if o.Host != "" {
		text += " on " + o.Host
	}
	if o.Process.PID > 0 {
		text += fmt.Sprintf(" with pid %d", o.Process.PID)
	}
	if o.Doing != "" {
		text += ", " + o.Doing
	}
	return text
}

// A HeldError says that somebody else holds the lock.
type HeldError struct {
	Key   Key
	Owner Owner
	Since time.Time
}

// Error names the owner and since when.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is locked by %s, since %s", e.Key, e.Owner, e.Since.Format(time.RFC3339))
}

// A Lock is held from Lock to Release. It outlives the process that took it:
// the next one on the same machine takes it over. It is a container that is
// created and never started, because the engine gives a name to one asker only,
// however it is reached; so `docker container prune` on the host takes it away,
// which Check notices.
type Lock struct {
	host *Host
	key  Key
	id   string
}

// Lock takes the lock of a service in an environment: one holder at a time,
// whichever machine asks. When somebody else has it, it is asked for again
// until wait has passed, and then the error is a *HeldError. A lock whose
// process on this machine is certainly gone is taken over; one of another
// machine never is.
func (h *Host) Lock(ctx context.Context, key Key, owner Owner, wait time.Duration) (*Lock, error) {
	if err := key.validate(); err != nil {
		return nil, err
	}
	token := rand.Text()
	deadline := time.Now().Add(wait)
	for {
		id, err := h.tryLock(ctx, key, owner, token)
		if err == nil {
			return &Lock{host: h, key: key, id: id}, nil
		}
		left := time.Until(deadline)
		if _, held := errors.AsType[*HeldError](err); !held || left <= 0 {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lock of %s: %w", key, context.Cause(ctx))
		case <-time.After(min(left, lockPoll)):
		}
	}
}

// Release gives the lock back; one that was broken is gone already, which is
// fine.
func (l *Lock) Release(ctx context.Context) error {
	if err := l.host.eng.Remove(ctx, l.id); err != nil {
		return fmt.Errorf("release the lock of %s: %w", l.key, err)
	}
	return nil
}

// Check returns an error when the lock is not held any more, because somebody
// broke it.
func (l *Lock) Check(ctx context.Context) error {
	_, err := again(ctx, l.host.engines, func() (engine.Container, error) { return l.host.eng.Inspect(ctx, l.id) })
	if errors.Is(err, engine.ErrNotFound) {
		return fmt.Errorf("the lock of %s was broken by somebody else", l.key)
	}
	return err
}

// Holder tells who holds the lock; ok is false when nobody does.
func (h *Host) Holder(ctx context.Context, key Key) (_ Owner, ok bool, err error) {
	if err := key.validate(); err != nil {
		return Owner{}, false, err
	}
	c, err := again(ctx, h.engines, func() (engine.Container, error) { return h.eng.Inspect(ctx, key.lockName()) })
	if errors.Is(err, engine.ErrNotFound) {
		return Owner{}, false, nil
	}
	if err != nil {
		return Owner{}, false, err
	}
	return ownerOf(c), true, nil
}

// BreakLock takes the lock away from whoever holds it and says who that was;
// ok is false when nobody did.
func (h *Host) BreakLock(ctx context.Context, key Key) (_ Owner, ok bool, err error) {
	if err := key.validate(); err != nil {
		return Owner{}, false, err
	}
	c, err := h.eng.Inspect(ctx, key.lockName())
	if errors.Is(err, engine.ErrNotFound) {
		return Owner{}, false, nil
	}
	if err == nil && c.Labels[labelManaged] != "lock" {
		err = fmt.Errorf("break the lock of %s: container %s: %w", key, c.Name, errNotOurs)
	}
	if err == nil {
		err = h.eng.Remove(ctx, c.ID)
	}
	if err != nil {
		return Owner{}, false, err
	}
	return ownerOf(c), true, nil
}

// tryLock asks once; a lock that a dead process left is removed on the way.
func (h *Host) tryLock(ctx context.Context, key Key, owner Owner, token string) (id string, err error) {
	for {
		id, err := h.createLock(ctx, key, owner, token)
		if !errors.Is(err, engine.ErrExists) {
			return id, err
		}
		c, err := h.eng.Inspect(ctx, key.lockName())
		switch {
		case errors.Is(err, engine.ErrNotFound): // released since
			continue
		case err != nil:
			return "", err
		case c.Labels[labelManaged] != "lock":
			return "", fmt.Errorf("lock %s: container %s is in the way: %w", key, c.Name, errNotOurs)
		case c.Labels[labelLockToken] == token: // the answer to our first try was lost
			return c.ID, nil
		}
		holder := ownerOf(c)
		if !holder.deadOn(owner.Host) {
			return "", &HeldError{Key: key, Owner: holder, Since: holder.Since}
		}
		// By id: if another process has taken it over meanwhile, that one stays.
		if err := h.eng.Remove(ctx, c.ID); err != nil {
			return "", fmt.Errorf("take over the lock of %s: %w", key, err)
		}
	}
}

func (h *Host) createLock(ctx context.Context, key Key, owner Owner, token string) (string, error) {
	spec := engine.Spec{
		Name: key.lockName(), Image: lockImage, Network: "none",
		Labels: map[string]string{
			labelManaged: "lock", labelLockBy: owner.By, labelLockDoing: owner.Doing, labelLockHost: owner.Host,
			labelLockPID:   strconv.Itoa(owner.Process.PID) + "@" + owner.Process.Start,
			labelLockSince: time.Now().UTC().Format(time.RFC3339), labelLockToken: token,
		},
	}
	id, err := h.eng.Create(ctx, spec)
	if errors.Is(err, engine.ErrNotFound) {
		if err := h.eng.LoadMarker(ctx, lockImage, map[string]string{labelManaged: "lock"}); err != nil {
			return "", fmt.Errorf("lock %s: %w", key, err)
		}
		id, err = h.eng.Create(ctx, spec)
	}
	return id, err
}

// lockName has a point between its parts, which no name holds: a-b in c is not
// a in b-c.
func (k Key) lockName() string { return "haddock-lock-" + k.String() }

func ownerOf(c engine.Container) Owner {
	o := Owner{By: c.Labels[labelLockBy], Doing: c.Labels[labelLockDoing], Host: c.Labels[labelLockHost]}
	pid, start, _ := strings.Cut(c.Labels[labelLockPID], "@")
	if n, err := strconv.Atoi(pid); err == nil {
		o.Process = command.Process{PID: n, Start: start}
	}
	var err error
	if o.Since, err = time.Parse(time.RFC3339, c.Labels[labelLockSince]); err != nil {
		o.Since = c.Created
	}
	return o
}

// deadOn reports whether the owner was a process of this machine that has
// certainly ended.
func (o Owner) deadOn(host string) bool { return host != "" && o.Host == host && o.Process.Gone() }
