package program

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stopSignals are the ways in which people and CI servers end a command.
// Bamboo sends QUIT first and TERM five seconds later.
func stopSignals() map[os.Signal]string {
	return map[os.Signal]string{syscall.SIGHUP: "HUP", syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT", syscall.SIGTERM: "TERM"}
}

// OnSignals returns a context that the first stop signal ends, and a channel
// that the second one closes: who signals twice does not want to wait. cause
// makes the context's cause of the signal's name and the exit status that
// belongs to it. The caller calls stop at the end.
func OnSignals(parent context.Context, cause func(name string, status int) error) (ctx context.Context, hurry <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	caught := make(chan os.Signal, 4)
	signals := stopSignals()
	for sig := range signals {
		signal.Notify(caught, sig)
	}
	// A closed pipe behind stdout must not end us in the middle of a step.
	signal.Ignore(syscall.SIGPIPE)
	second := make(chan struct{})
	go func() {
		for count := 1; ; count++ {
			select {
			case sig := <-caught:
				if number, ok := sig.(syscall.Signal); ok && count == 1 {
					cancel(cause(signals[sig], 128+int(number)))
				}
				if count == 2 {
					close(second)
				}
			case <-parent.Done():
				return
			}
		}
	}()
	return ctx, second, func() { signal.Stop(caught); cancel(nil) }
}
