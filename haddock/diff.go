package haddock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/haddock/locator"
)

// A Drift is one thing that runs otherwise than it is recorded.
type Drift struct {
	What     string `json:"what"`
	Recorded string `json:"recorded"`
	Is       string `json:"is"`
}

func (d Drift) String() string {
	return fmt.Sprintf("%s: recorded %s, is %s", d.What, d.Recorded, d.Is)
}

// Diff compares what is recorded, in the history, the server-state file and
// haddock.yaml, with what runs. It changes nothing.
func (s *Service) Diff(ctx context.Context) ([]Drift, error) {
	var w World
	var file, state []byte
	var found []locator.Difference
	group, looking := errgroup.WithContext(ctx)
	group.Go(func() (err error) { w, err = s.look(looking); return err })
	group.Go(func() (err error) {
		if file, err = s.host.ReadFile(looking, serverFile); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	})
	group.Go(func() (err error) { state, err = s.proxy.ServersState(looking); return err })
	group.Go(func() (err error) { found, err = s.CheckLocator(looking); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	drifts := driftsOf(w)
	if seats := w.seats(); len(seats) > 0 && s.changedConfig(w.History.rollout(seats[0].Seq)) {
		drifts = append(drifts, Drift{
			What: label(seats[0].Instance) + " in " + seats[0].Slot, Recorded: "as haddock.yaml was", Is: "not as haddock.yaml is now: deploy it again",
		})
	}
	if servers(file) != servers(state) {
		drifts = append(drifts, Drift{
			What: "server-state file", Recorded: orNone(servers(file)), Is: servers(state),
		})
	}
	for _, d := range found {
		drifts = append(drifts, Drift{What: "HAProxy, " + d.What, Recorded: d.Want, Is: d.Is})
	}
	return drifts, nil
}

// driftsOf compares the history with the world.
func driftsOf(w World) []Drift {
	var out []Drift
	add := func(what, recorded, is string) { out = append(out, Drift{What: what, Recorded: recorded, Is: is}) }
	seats := w.seats()
	for _, one := range seats {
		name := fmt.Sprintf("%s in %s", label(one.Instance), one.Slot)
		r := w.History.rollout(one.Seq)
		if r.begun.Seq == 0 {
			add(name, "nothing", "there")
			continue
		}
		if recorded := r.begun.Release; recorded != nil && recorded.Image != one.Image {
			add(name, recorded.Image, one.Image)
		}
		if !r.first.Started.IsZero() && !r.first.Started.Equal(one.StartedAt) {
			add(name, "started "+r.first.Started.Format("2006-01-02 15:04:05"), "started again "+one.StartedAt.Format("2006-01-02 15:04:05"))
		}
		switch {
		case r.drained.Seq > 0 && !one.draining() && !one.closed() && r.weighted.Time.Before(r.drained.Time) && r.back.Seq == 0 && w.History.live() != one.Seq:
			add(name, "draining", one.word())
		case one.draining() && !w.strict(one.Slot):
			add(name, "on the drain list", "not on it")
		case one.running() && !one.slot.Up && !one.closed():
			add(name, "up", "down: "+one.slot.Check)
		}
	}
	if live := w.History.live(); live > 0 && !takesAt(seats, live) {
		add(w.History.Sentence(Line{Event: Finished, Seq: live}), "so", "not so")
	}
	for _, slot := range w.Proxy.Slots {
		if slot.Admin != locator.Maint && !taken(seats, slot.Name) {
			add("slot "+slot.Name, "empty", "takes traffic")
		}
	}
	return out
}

func takesAt(seats []seat, seq int) bool {
	for _, one := range seats {
		if one.Seq == seq {
			return one.takes() && one.running()
		}
	}
	return false
}

func taken(seats []seat, slot string) bool {
	for _, one := range seats {
		if one.Slot == slot {
			return true
		}
	}
	return false
}

// servers is what lasts in a `show servers state`: the administrative state and
// the weight of each server.
func servers(state []byte) string {
	const name, admin, weight = 3, 6, 7
	var out []string
	for line := range strings.Lines(string(state)) {
		words := strings.Fields(line)
		if len(words) > weight && !strings.HasPrefix(line, "#") {
			out = append(out, fmt.Sprintf("%s %s/%s", words[name], words[admin], words[weight]))
		}
	}
	return strings.Join(out, ", ")
}

func orNone(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
