package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// An interrupted is a signal as the cause of an end.
type interrupted struct {
	Signal string
	Status int // exit status
}

func (e *interrupted) Error() string { return fmt.Sprintf("ended by signal %s", e.Signal) }

// stopSignals are the ways in which people and CI servers end a command.
func stopSignals() map[os.Signal]*interrupted {
	return map[os.Signal]*interrupted{
		syscall.SIGHUP:  {Signal: "HUP", Status: 129},
		syscall.SIGINT:  {Signal: "INT", Status: 130},
		syscall.SIGQUIT: {Signal: "QUIT", Status: 131},
		syscall.SIGTERM: {Signal: "TERM", Status: 143},
	}
}

// onSignals returns a context that the first stop signal ends, with an
// *interrupted as its cause, and a channel that the second one closes. The
// caller calls stop at the end.
func onSignals(parent context.Context) (ctx context.Context, hurry <-chan struct{}, stop func()) {
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
				if count == 1 {
					cancel(signals[sig])
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
