package pipeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/oracle"
)

func doing(err error) func(context.Context, events.Sink, int) (int, error) {
	return func(context.Context, events.Sink, int) (int, error) { return 7, err }
}

func TestStepTellsItsStartItsEndAndItsError(t *testing.T) {
	var heard []events.Event
	sink := events.Sink(func(e events.Event) { heard = append(heard, e) })
	broken := errors.New("broken")
	_, err := step(t.Context(), sink, "test", doing(broken), 0)
	var failed *StepError
	if !errors.As(err, &failed) || failed.Step != "test" || !errors.Is(err, broken) {
		t.Fatalf("got %v, want a *StepError of test that wraps the cause", err)
	}
	if len(heard) != 2 || heard[0].Kind != events.StepStarted || heard[1].Kind != events.StepFinished {
		t.Fatalf("heard %v, want start and end", heard)
	}
	if heard[1].Error != "broken" || heard[1].Step != "test" {
		t.Errorf("end is %+v, want the step's name and its error without the name", heard[1])
	}
}

func TestStepDoesNotStartAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&Interrupted{Signal: "QUIT", Status: 131})
	_, err := step(ctx, nil, "test", func(context.Context, events.Sink, int) (int, error) {
		t.Error("the step ran")
		return 0, nil
	}, 0)
	if _, ok := errors.AsType[*Interrupted](err); !ok {
		t.Errorf("got %v, want the interrupt", err)
	}
}

func TestInterruptExplainsWhateverErrorItCaused(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := step(ctx, nil, "test", func(context.Context, events.Sink, int) (int, error) {
		cancel(&Interrupted{Signal: "TERM", Status: 143})
		return 0, errors.New("exit status 143")
	}, 0)
	if want := "test: interrupted by SIGTERM"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestAnErrorBesideACancelStaysItself(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("compile: exit status 1"))
	if err := cause(ctx, errors.New("disk full")); err.Error() != "disk full" {
		t.Errorf("got %v, want the error that was met", err)
	}
	if err := cause(ctx, context.Canceled); err.Error() != "compile: exit status 1" {
		t.Errorf("got %v, want why it was cancelled", err)
	}
}

func TestAStepThatIsStoppedForAnotherDoesNotTellItsCauseAgain(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&StepError{Step: "oracle-wait", Err: &oracle.NotReadyError{Reason: oracle.Timeout}})
	for _, err := range []error{context.Canceled, &oracle.UnsettledError{Cause: context.Cause(ctx)}, &command.StoppedError{Command: "mvn", Cause: context.Cause(ctx)}} {
		if got := cause(ctx, err); got.Error() != "stopped, because oracle-wait failed" || !errors.Is(got, err) {
			t.Errorf("got %v", got)
		}
	}
	if err := cause(ctx, errors.New("disk full")); err.Error() != "disk full" {
		t.Errorf("got %v, want the error that was met", err)
	}
}

func TestBudgetIsSharedByCompileAndTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10 * time.Second)
		if err := b.within(t.Context(), func(context.Context) error { time.Sleep(7 * time.Second); return nil }); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		err := b.within(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		var timeout *BuildTimeout
		if !errors.As(err, &timeout) || timeout.Limit != 10*time.Second {
			t.Errorf("got %v, want the *BuildTimeout", err)
		}
		if took := time.Since(started); took != 3*time.Second {
			t.Errorf("the second command got %v, want the 3s that were left", took)
		}
	})
}
