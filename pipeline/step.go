package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/oracle"
)

// A StepError says which step failed, after how long, and why.
type StepError struct {
	Step string
	Took time.Duration
	Err  error
}

func (e *StepError) Error() string { return fmt.Sprintf("%s: %v", e.Step, e.Err) }

func (e *StepError) Unwrap() error { return e.Err }

// step runs one step: it announces it, times it, and puts its name on its
// error. A step is any function from one state to the next.
func step[In, Out any](ctx context.Context, sink events.Sink, name string,
	do func(context.Context, events.Sink, In) (Out, error), in In,
) (Out, error) {
	if ctx.Err() != nil {
		var none Out
		return none, &StepError{Step: name, Err: context.Cause(ctx)}
	}
	sink = sink.For(name)
	started := time.Now()
	sink.Emit(stepStarted(name))
	out, err := do(ctx, sink, in)
	took := time.Since(started)
	finished := events.Event{Kind: events.StepFinished, Seconds: took.Seconds()}
	if err != nil {
		err = &StepError{Step: name, Took: took, Err: cause(ctx, err)}
		finished.Error = errors.Unwrap(err).Error()
		if beside, ok := errors.AsType[*besideError](err); ok {
			finished.Fields = map[string]string{events.FieldStoppedFor: beside.step}
		}
	}
	sink.Emit(finished)
	return out, err
}

// stepStarted is the event that begins a step.
func stepStarted(name string) events.Event {
	e := events.Event{Kind: events.StepStarted}
	switch name {
	case StepCompile, StepOracleStart, StepOracleWait, StepTest, StepOracleStop, StepProof:
		e.Fields = map[string]string{events.FieldStage: string(StageITest)}
	case StepImageBuild, StepImagePush, StepImageTag:
		e.Fields = map[string]string{events.FieldStage: string(StageImage)}
	case StepHandOff:
		e.Fields = map[string]string{events.FieldStage: string(StageDeploy)}
	}
	return e
}

// cause tells an interrupt and a timeout from a failure: when the context was
// ended, the reason for that explains the error better than the error does. A
// step that was stopped because another one failed names that, and leaves the
// cause to it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	why := context.Cause(ctx)
	if other, ok := errors.AsType[*StepError](why); ok {
		if errors.Is(err, context.Canceled) || is[*command.StoppedError](err) || is[*oracle.UnsettledError](err) {
			return &besideError{other.Step, err}
		}
		return err
	}
	for _, explains := range []bool{is[*Interrupted](why), is[*BuildTimeout](why), is[*oracle.NotReadyError](why)} {
		if explains {
			return why
		}
	}
	if errors.Is(err, context.Canceled) {
		return why
	}
	return err
}

// A besideError says that a step was stopped because another one failed.
type besideError struct {
	step string
	err  error // of what was stopped
}

func (e *besideError) Error() string { return "stopped, because " + e.step + " failed" }

func (e *besideError) Unwrap() error { return e.err }

// is reports whether err is, or wraps, an error of this type.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// Interrupted is the cause of a context that a signal ended.
type Interrupted struct {
	Signal string // INT, TERM, HUP, QUIT
	Status int    // 128 + the signal's number
}

func (e *Interrupted) Error() string { return "interrupted by SIG" + e.Signal }

// BuildTimeout says that compile and test together took longer than
// build.timeout.
type BuildTimeout struct{ Limit time.Duration }

func (e *BuildTimeout) Error() string {
	return fmt.Sprintf("stopped after build.timeout (%v)", e.Limit)
}
