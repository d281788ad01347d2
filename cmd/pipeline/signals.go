package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/haddock-ci/pipeline/pipeline"
)

const (
	hup       = syscall.SIGHUP
	interrupt = syscall.SIGINT
	quit      = syscall.SIGQUIT
	terminate = syscall.SIGTERM
)

// stopSignals are the ways in which people and CI servers end a build. Bamboo
// sends QUIT first and TERM five seconds later.
func stopSignals() map[os.Signal]*pipeline.Interrupted {
	return map[os.Signal]*pipeline.Interrupted{
		hup:       {Signal: "HUP", Status: 129},
		interrupt: {Signal: "INT", Status: 130},
		quit:      {Signal: "QUIT", Status: 131},
		terminate: {Signal: "TERM", Status: 143},
	}
}

// onSignals returns a context that the first stop signal ends, with a
// *pipeline.Interrupted as its cause, and a channel that the second one
// closes: who signals twice does not want to wait. The caller calls stop at
// the end.
func onSignals(parent context.Context) (ctx context.Context, hurry <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	caught := make(chan os.Signal, 4)
	signals := stopSignals()
	for sig := range signals {
		signal.Notify(caught, sig)
	}
	// A closed pipe behind stdout must not end us before the database is gone.
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
