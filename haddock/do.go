package haddock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
)

// containerTime is what an engine may take to change a container, on a slow
// disk and beyond the container's own grace.
const containerTime = 5 * time.Minute

// logLines is how much of a bad instance's log an error carries.
const logLines = 20

// do carries an action out. An instance that cannot be created, started or
// asked is bad; any other failure ends the command.
func (d *drive) do(ctx context.Context, w World, a Action) error {
	if err := d.lock.Check(ctx); err != nil {
		return err
	}
	d.announce(w, a)
	moved := false
	for _, op := range a.Ops {
		err := d.op(ctx, w, op)
		if err != nil && (op.Verb == doCreate || op.Verb == doStart || op.Verb == doSmoke) && ctx.Err() == nil && isBad(err) {
			line := Line{Event: Aborted, Seq: op.Seq, Slot: op.Slot, Text: d.Secrets.String(err.Error())}
			err = d.op(ctx, w, record(line))
			moved = true
			if err == nil {
				break // the rest was for a good instance
			}
		}
		if err != nil {
			return err
		}
		moved = moved || op.movesTraffic()
	}
	if moved {
		d.saveState(ctx)
	}
	return nil
}

// isBad tells an instance that does not work from surroundings that do not.
func isBad(err error) bool {
	_, away := errors.AsType[*engine.UnavailableError](err)
	_, cut := errors.AsType[*host.LinkError](err)
	_, silent := errors.AsType[*SilentError](err)
	return !away && !cut && !silent && !errors.Is(err, locator.ErrDown)
}

func (o Op) movesTraffic() bool {
	return slices.Contains([]Verb{doReady, doDrain, doMaint, doWeights}, o.Verb)
}

func (d *drive) announce(w World, a Action) {
	who := ""
	for _, i := range w.Instances {
		if i.Seq == a.Seq {
			who = label(i) + " in " + i.Slot + ": "
		}
	}
	if a.Kind == Create {
		who = d.version(w) + " in " + a.Slot + ": "
	}
	d.Events.Emit(events.Event{Kind: events.Note, Step: string(a.Kind), Text: who + a.Text, Fields: fields(w)})
}

// op carries one verb out.
func (d *drive) op(ctx context.Context, w World, op Op) error {
	switch op.Verb {
	case doCreate, doStart, doStop, doRemove, doKeep:
		limit := containerTime + d.Config.Service.StopGrace
		ctx, cancel := context.WithTimeoutCause(ctx, limit, &SilentError{For: limit})
		defer cancel()
		if op.Verb == doCreate {
			return d.create(ctx, w, op)
		}
		return d.container(ctx, w, op)
	case doSmoke:
		return d.smoke(ctx, op.Slot)
	case doHook:
		return d.hook(ctx, w, op)
	case doRecord:
		if op.Line.Event == Aborted {
			d.keepLog(ctx, w, op.Line.Seq)
		}
		return d.write(ctx, op.Line)
	default:
		return d.move(ctx, op)
	}
}

// move gives the locator a command.
func (d *drive) move(ctx context.Context, op Op) error {
	switch op.Verb {
	case doWeights:
		return d.proxy.SetWeights(ctx, op.Weights...)
	case doReady:
		return d.proxy.Ready(ctx, op.Slot)
	case doDrain:
		return d.proxy.Drain(ctx, op.Slot)
	case doMaint:
		return d.proxy.Maint(ctx, op.Slot)
	case doForget:
		return d.proxy.Forget(ctx, op.Slot)
	case doStrict, doUnstrict:
		return d.proxy.Strict(ctx, op.Slot, op.Verb == doStrict)
	case doShutdown:
		return d.proxy.ShutdownSessions(ctx, op.Slot)
	default:
		return fmt.Errorf("carry out %s: no such verb", op)
	}
}

// container does something to the container of an instance.
func (d *drive) container(ctx context.Context, w World, op Op) error {
	i := slices.IndexFunc(w.Instances, func(i host.Instance) bool { return i.Seq == op.Seq })
	if i < 0 {
		return nil // gone since
	}
	id := w.Instances[i].ID
	switch op.Verb {
	case doStart:
		return d.host.Start(ctx, id)
	case doStop:
		return d.host.Stop(ctx, id, d.Config.Service.StopGrace)
	case doRemove:
		return d.host.Remove(ctx, id)
	default:
		return d.host.SetRestart(ctx, id, engine.RestartUnlessStopped)
	}
}

// keepLog remembers what a bad instance said, before it is removed.
func (d *drive) keepLog(ctx context.Context, w World, seq int) {
	_, _ = d.variables() // whose values the log may show; a file that is away hides nothing
	for _, i := range w.Instances {
		if i.Seq != seq {
			continue
		}
		lines, err := d.host.Logs(ctx, i.ID, logLines)
		if err != nil {
			d.Events.Warn("its log cannot be read: " + err.Error())
		}
		for _, line := range lines {
			d.tails[seq] = append(d.tails[seq], d.Secrets.String(line))
		}
	}
}

// create creates the container of the roll-out that was begun.
func (d *drive) create(ctx context.Context, w World, op Op) error {
	begun := w.History.rollout(op.Seq).begun
	if begun.Release == nil {
		return fmt.Errorf("create instance %d: the history does not say of which image", op.Seq)
	}
	spec, err := d.spec(*begun.Release, op)
	if err != nil {
		return err
	}
	if d.env.Network.Publish == "" {
		if err := d.host.EnsureNetwork(ctx, d.env.Network.Name, d.env.Network.Subnet); err != nil {
			return err
		}
	}
	_, err = d.host.Create(ctx, spec)
	return err
}
