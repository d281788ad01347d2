package haddock

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/haddock/host"
)

// A Status is what runs in an environment at one moment.
type Status struct {
	Service   string           `json:"service"`
	Env       string           `json:"env"`
	Time      time.Time        `json:"time"`
	Locator   LocatorStatus    `json:"locator"`
	Instances []InstanceStatus `json:"instances"` // the newest first
	Phase     string           `json:"phase"`     // settled, paused, baking, warming, draining, moving, full, down
	Rollout   string           `json:"rollout"`   // the same for people
	Watched   string           `json:"watched"`   // who waits for it right now; empty: nobody
	Lock      string           `json:"lock,omitempty"`
	Next      string           `json:"next,omitempty"` // the command that carries on
}

// LocatorStatus is HAProxy's part.
type LocatorStatus struct {
	Down    bool    `json:"down"`
	Why     string  `json:"why,omitempty"` // it is down
	Version string  `json:"version,omitempty"`
	Uptime  float64 `json:"uptime"`  // seconds
	Table   int     `json:"table"`   // sessions in the table
	Room    int     `json:"room"`    // that it can hold
	Counted bool    `json:"counted"` // the counts of sessions are complete
}

// InstanceStatus is one version that is there.
type InstanceStatus struct {
	Seq      int       `json:"seq"`
	Version  string    `json:"version"`
	Image    string    `json:"image"`
	Slot     string    `json:"slot"`
	State    string    `json:"state"`
	Up       bool      `json:"up"`
	Share    float64   `json:"share"` // of new sessions, in a hundred
	Sessions int       `json:"sessions"`
	Requests int       `json:"requests"` // under way
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"` // of the container's start
	By       string    `json:"by"`
	Commit   string    `json:"commit,omitempty"`
	Build    string    `json:"build,omitempty"`
}

// Status looks once and changes nothing.
func (s *Service) Status(ctx context.Context) (Status, error) {
	var w World
	var holder host.Owner
	var held bool
	var watch watch
	group, looking := errgroup.WithContext(ctx)
	group.Go(func() (err error) { w, err = s.look(looking); return err })
	group.Go(func() (err error) { holder, held, err = s.host.Holder(looking, s.key); return err })
	group.Go(func() error { watch = s.readWatch(looking); return nil })
	if err := group.Wait(); err != nil {
		return Status{}, err
	}
	out := s.statusOf(w)
	if held {
		out.Lock = holder.String()
	}
	if watch.fresh(w.Now) {
		out.Watched = watch.By
	}
	return out, nil
}

// statusOf puts a world into the words of a status.
func (s *Service) statusOf(w World) Status {
	out := Status{
		Service: s.key.Service, Env: s.key.Env, Time: w.Now,
		Locator: LocatorStatus{
			Down: w.Down, Why: w.Why, Version: w.Proxy.Version, Uptime: w.Proxy.Uptime.Seconds(),
			Table: w.Proxy.TableUsed, Room: w.Proxy.TableSize, Counted: w.counted(),
		},
	}
	at := survey(w, s.goal())
	total := 0
	for _, one := range at.seats {
		if one.takes() {
			total += one.slot.Weight
		}
	}
	for _, one := range at.seats {
		line := InstanceStatus{
			Seq: one.Seq, Version: label(one.Instance), Image: one.Image, Slot: one.Slot, State: at.stateOf(one), Up: one.slot.Up,
			Sessions: one.slot.Sessions, Requests: one.slot.Current + one.slot.Queued, Restarts: one.Restarts,
			Since: one.StartedAt, By: one.By, Commit: one.Commit, Build: one.Build,
		}
		if one.takes() {
			line.Share = float64(one.slot.Weight*1000/total) / 10
		}
		out.Instances = append(out.Instances, line)
	}
	out.Phase, out.Rollout, out.Next = s.rolloutOf(w)
	return out
}

// stateOf is what one instance does, in a word or two.
func (s *situation) stateOf(one seat) string {
	switch {
	case one.Status == statusCreated:
		return "created"
	case one.Status == statusExited:
		return fmt.Sprintf("ended (exit code %d)", one.ExitCode)
	case !one.running():
		return one.Status
	case s.Down:
		return "running"
	case one.closed():
		return "out of traffic"
	case one.draining():
		return "draining"
	case !one.slot.Up:
		return "down: " + one.slot.Check
	case one.slot.Weight == 0:
		return "warming up"
	case s.old != nil && one.Seq == s.new.Seq && !s.back:
		return "canary"
	}
	return "live"
}

// rolloutOf says where the roll-out is and how it goes on.
func (s *Service) rolloutOf(w World) (phase, text, next string) {
	a := Next(w, s.goal())
	switch {
	case a.Kind == Settled:
		return "settled", "settled", ""
	case a.Kind == Pause:
		return "paused", a.Text, s.command("promote")
	case a.Kind == NoSlot:
		return "full", "every slot is taken: " + a.Text, s.command("resume")
	case a.For == forLocator:
		return "down", "HAProxy does not answer", ""
	case a.For == forSessions:
		return "draining", "draining: " + a.Text, s.command("resume")
	case a.For == forBake:
		return "baking", "baking: " + a.Text, s.command("resume")
	case a.For == forHealth:
		return "warming", a.Text, s.command("resume")
	}
	return "moving", "next: " + a.Text, s.command("resume")
}

// A watch says that a command waits for a roll-out right now.
type watch struct {
	By   string    `json:"by"`
	Time time.Time `json:"time"`
}

const (
	watchEvery = 10 * time.Second
	watchStale = 30 * time.Second
)

func (v watch) fresh(now time.Time) bool { return v.By != "" && now.Sub(v.Time) < watchStale }

func (s *Service) watchFile() string { return s.key.String() + ".watch" }

// readWatch tells who watches; that nobody can be asked is as good as nobody.
func (s *Service) readWatch(ctx context.Context) watch {
	var v watch
	if data, err := s.host.ReadFile(ctx, s.watchFile()); err == nil {
		_ = json.Unmarshal(data, &v) // the zero watch is nobody
	}
	return v
}

// watching tells the others now and then that this command is there.
func (d *drive) watching(ctx context.Context) {
	if time.Since(d.watched) < watchEvery {
		return
	}
	d.watched = time.Now()
	d.writeWatch(ctx, watch{By: d.By + ", " + d.doing, Time: d.now().UTC()})
}

// unwatch tells them that it is not any more.
func (d *drive) unwatch(ctx context.Context) {
	if d.watched.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	d.writeWatch(ctx, watch{})
}

func (d *drive) writeWatch(ctx context.Context, v watch) {
	data, err := json.Marshal(v)
	if err == nil {
		err = d.host.WriteFile(ctx, d.watchFile(), data)
	}
	if err != nil && ctx.Err() == nil {
		d.Events.Warn("status will not say that somebody watches: " + err.Error())
	}
}
