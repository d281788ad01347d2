package boot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// doListen opens or closes the listener as the script wants at that moment.
const doListen deed = 100

// play lives through a phase before READY, with all that the script says
// happens in it. Once the database was stopped in the middle of the boot, the
// phases that are left fail at once.
func (l *Life) play(ctx context.Context, p Phase) error {
	if l.trapped {
		return nil
	}
	l.answers.enter(p)
	_, err := l.perform(ctx, p, l.cfg.Script.length(p, l.again), nil)
	return err
}

// playUntilStop lives through the time after READY.
func (l *Life) playUntilStop(ctx context.Context) error {
	l.answers.enter(Ready)
	const ever = 1<<63 - 1
	stopped, err := l.perform(ctx, Ready, ever, l.stop)
	if err != nil || stopped {
		return err
	}
	return l.wait(ctx, ever)
}

// perform does the phase's events in time and waits for its end, or for the
// stop signal.
func (l *Life) perform(ctx context.Context, p Phase, length time.Duration, stop <-chan struct{}) (bool, error) {
	start := time.Now()
	for _, e := range append(l.moments(p), event{after: length, deed: doListen}) {
		if e.after > length {
			continue
		}
		if stopped, err := l.waitUntil(ctx, start.Add(e.after), stop); stopped || err != nil {
			return stopped, err
		}
		if err := l.do(ctx, p, e); err != nil {
			return false, err
		}
	}
	return false, nil
}

// moments are the script's events and the times at which the listener may have
// to be opened or closed.
func (l *Life) moments(p Phase) []event {
	plan := &l.cfg.Script.phases[p]
	all := []event{{deed: doListen}}
	for _, r := range plan.rules {
		if r.answer.Act == NoListener {
			all = append(all, event{after: r.after, deed: doListen}, event{after: r.after + r.during, deed: doListen})
		}
	}
	all = append(all, plan.events...)
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.after, b.after) })
	return all
}

func (l *Life) wait(ctx context.Context, d time.Duration) error {
	_, err := l.waitUntil(ctx, time.Now().Add(d), nil)
	return err
}

func (l *Life) waitUntil(ctx context.Context, t time.Time, stop <-chan struct{}) (bool, error) {
	select {
	case <-stop:
		return true, nil
	default:
	}
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return false, nil
	case <-stop:
		return true, nil
	case <-ctx.Done():
		return false, fmt.Errorf("wait: %w", context.Cause(ctx))
	}
}

func (l *Life) do(ctx context.Context, p Phase, e event) error {
	switch e.deed {
	case doLog:
		l.out.line("%s", e.text)
	case doExit:
		return exitError{int(e.number)}
	case doFail:
		return l.fail(ctx, p)
	case doHang:
		<-ctx.Done()
		return fmt.Errorf("hang: %w", context.Cause(ctx))
	case doHog:
		l.hoard = append(l.hoard, takeMemory(e.number))
	case doDisconnect:
		l.cfg.Endpoint.Disconnect()
	case doListen:
		return l.listen(ctx)
	}
	return nil
}

// takeMemory touches every page, so that the kernel really has to find it.
func takeMemory(size int64) []byte {
	memory := make([]byte, size)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	return memory
}

// trap is the stop signal's handler in the middle of the boot. Like that of the
// shell script it stands for, it runs between two commands, and then the boot
// goes on without a database. With no listener to stop, gvenzl's script ends;
// Oracle's goes on as if nothing had been.
func (l *Life) trap() error {
	select {
	case <-l.stop:
	default:
		return nil
	}
	open := l.answers.isOpen()
	l.printStop(open)
	if !l.listenerUp() && l.cfg.Script.Flavour == Oracle {
		return nil
	}
	l.trapped = true
	if !l.listenerUp() {
		return exitError{1}
	}
	l.answers.setOpen(false)
	return l.stopListener()
}
