// Package haddock brings a release to where its users are. It owns the
// configuration, the picture of what runs where, the decision what to do next,
// the commands that carry it out, and the history. It keeps one rule: what
// there is to do is decided from what is there, never from what a command
// remembers; so any command may die at any moment, and any other one carries
// on.
package haddock

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// Options say which service and environment, and who asks.
type Options struct {
	Config  Config
	Env     string              // name of the environment; may be empty when there is only one
	By      string              // who is at work, for the lock and the history: anna@build-3
	Lookup  func(string) string // the environment's variables
	Environ []string            // for hooks
	Secrets *redact.Redactor    // learns what must not be shown
	Events  events.Sink
	Hurry   <-chan struct{} // once closed, what is stopped is not waited for

	LockWait time.Duration // how long a held lock is waited for
	Steal    bool          // break a held lock
}

// A Service is a service in one environment, connected. Close it after use.
type Service struct {
	Options
	env   Environment
	key   host.Key
	host  *host.Host
	proxy *locator.Proxy

	last   World            // the last look
	told   journal          // the history as that look read it
	seen   time.Time        // when the locator last answered
	ahead  time.Duration    // of the engine's clock, which all operators share
	within time.Duration    // how long a look may take
	tails  map[int][]string // of the logs of instances that were taken back
	failed error            // a hook that does not stop the roll-out failed
}

// Open connects to the environment. Nothing is changed, and the locator need
// not run. The error is an *UnknownEnvironmentError, host.ErrTarget, or says
// that a machine cannot be reached.
func Open(ctx context.Context, o Options) (*Service, error) {
	env, err := o.Config.Environment(o.Env)
	if err != nil {
		return nil, err
	}
	wanted, err := o.Config.Locator(env)
	if err != nil {
		return nil, err
	}
	h, err := host.Connect(ctx, o.Config.Target(env, host.UsualSSH(o.Lookup)))
	if err != nil {
		return nil, err
	}
	s := &Service{Options: o, env: env, host: h, tails: map[int][]string{}, seen: time.Now(), within: patience}
	if s.ahead, err = h.Ahead(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	s.key = host.Key{Service: o.Config.Service.Name, Env: env.Name}
	s.proxy = wanted.Proxy(h.DialLocator)
	return s, nil
}

// Close ends the connections.
func (s *Service) Close() error { return s.host.Close() }

func (s *Service) historyFile() string { return s.key.String() + ".history" }

// now is the time by the clock that all operators share.
func (s *Service) now() time.Time { return time.Now().Add(s.ahead) }

// look sees the world as it is now. A locator that does not answer is part of
// the world; an engine that does not is an error.
func (s *Service) look(ctx context.Context) (World, error) {
	w := World{Expire: s.Config.TableExpire(s.env)}
	limited, cancel := context.WithTimeoutCause(ctx, s.within, &SilentError{For: s.within})
	defer cancel()
	group, looking := errgroup.WithContext(limited)
	var proxyErr error
	group.Go(func() error {
		w.Proxy, proxyErr = s.proxy.Read(looking)
		return nil
	})
	group.Go(func() (err error) {
		w.Instances, err = s.host.Instances(looking, s.key)
		return err
	})
	group.Go(func() (err error) {
		w.History, err = s.readHistory(looking)
		return err
	})
	if err := group.Wait(); err != nil {
		return World{}, err
	}
	w.Now = s.now()
	switch {
	case errors.Is(proxyErr, locator.ErrDown):
		w.Down, w.Why = true, proxyErr.Error()
		if _, why, ok := strings.Cut(w.Why, locator.ErrDown.Error()+": "); ok {
			w.Why = why
		}
	case proxyErr != nil:
		return World{}, proxyErr
	default:
		s.seen = time.Now()
	}
	if !w.Down {
		w = w.after(s.last)
		s.last = w
	}
	return w, nil
}
