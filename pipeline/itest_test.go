package pipeline

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
)

func taking(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestCompileAndTestShareOneBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10 * time.Minute)
		if err := b.within(t.Context(), taking(7*time.Minute)); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		err := b.within(t.Context(), taking(7*time.Minute))
		var timeout *BuildTimeout
		if !errors.As(err, &timeout) || timeout.Limit != 10*time.Minute {
			t.Errorf("got %v, want *BuildTimeout", err)
		}
		if took := time.Since(started); took != 3*time.Minute {
			t.Errorf("stopped after %v, want the 3m that were left", took)
		}
	})
}

func TestAnInterruptIsNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(&Interrupted{Signal: "QUIT", Status: 131}) })
		err := newBudget(time.Hour).within(ctx, taking(2*time.Minute))
		if _, ok := errors.AsType[*Interrupted](err); !ok {
			t.Errorf("got %v, want *Interrupted", err)
		}
	})
}

func TestWhatTheContainerTellsBelongsToTheStepThatRuns(t *testing.T) {
	r, heard := newRun(t, Config{})
	sink := r.ofDatabase()
	sink.Progress("pulling")
	sink.Emit(events.Event{Kind: events.OraclePhase, Text: "mounted"})
	sink.Progress("pulled")
	r.boot.wait()
	sink.Progress("still mounted")
	want := []string{"pulling " + StepOracleStart, "pulled " + StepOracleStart, "mounted " + StepOracleWait, "still mounted " + StepOracleWait}
	var got []string
	for _, e := range heard() {
		got = append(got, e.Text+" "+e.Step)
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestNothingStartsAfterTheDatabasesEnd(t *testing.T) {
	r, heard := newRun(t, Config{})
	tenancy := &tenancy{run: r}
	if err := tenancy.end(); err != nil {
		t.Fatal(err)
	}
	if tenancy.take(nil) {
		t.Error("a container was taken after the end: nobody would remove it")
	}
	if len(heard()) > 0 {
		t.Errorf("a step ran for a database that never was: %v", heard())
	}
}
