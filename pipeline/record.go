package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// Of what a failed step printed, TEST-pipeline.xml shows so many last lines, and
// so much of each.
const (
	tailLines   = 20
	maxTailLine = 500
)

// A recorder is the reader of the event stream that keeps what a run leaves:
// events.ndjson as they come, TEST-pipeline.xml at the end. It masks secrets
// before it hands an event on to the console.
type recorder struct {
	mu     sync.Mutex
	file   *os.File
	failed error // the first write to events.ndjson that failed
	secret *redact.Redactor
	next   events.Sink
	steps  []junit.Step
	tails  map[string][]string // the last lines that each step printed
	plot   *plot               // for the report; nil without one
	last   time.Time           // of an event

	started time.Time
	took    time.Duration // zero until the run has ended
}

func newRecorder(dir *Workdir, secret *redact.Redactor, next events.Sink) (*recorder, error) {
	file, err := os.Create(dir.Out("events.ndjson"))
	if err != nil {
		return nil, &WorkdirError{"write events", err}
	}
	return &recorder{file: file, secret: secret, next: next, started: time.Now(), tails: map[string][]string{}}, nil
}

// take is the run's events.Sink. Events that two steps emit at once may come
// in another order than their times; what is written never goes back in time.
func (r *recorder) take(e events.Event) {
	e = hidden(e, r.secret)
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Time.Before(r.last) {
		e.Time = r.last
	}
	r.last = e.Time
	r.note(e)
	if e.Kind != events.LogLine { // these are in logs/<step>.log already
		r.write(e)
	}
	r.next.Emit(e)
}

// hidden is the event without secrets.
func hidden(e events.Event, secret *redact.Redactor) events.Event {
	e.Text, e.Error = secret.String(e.Text), secret.String(e.Error)
	fields := maps.Clone(e.Fields) // the caller keeps its own
	for key, value := range fields {
		fields[key] = secret.String(value)
	}
	e.Fields = fields
	return e
}

// hiding is the console for what is no run and has no recorder: no secret
// reaches it either.
func (s Settings) hiding() events.Sink {
	return func(e events.Event) { s.Events.Emit(hidden(e, s.Secrets)) }
}

func (r *recorder) note(e events.Event) {
	if r.plot != nil {
		r.plot.take(e)
	}
	switch e.Kind {
	case events.LogLine:
		tail := append(r.tails[e.Step], cutLine(e.Text))
		r.tails[e.Step] = tail[max(0, len(tail)-tailLines):]
	case events.StepFinished:
		took := time.Duration(e.Seconds * float64(time.Second))
		if e.Fields[events.FieldStoppedFor] != "" { // one fault, one red case
			r.steps = append(r.steps, junit.Step{Name: e.Step, Took: took, Skipped: e.Error})
			return
		}
		r.steps = append(r.steps, junit.Step{Name: e.Step, Took: took, Failure: e.Error, Type: failureType(e), Details: r.details(e)})
	case events.RunFinished:
		r.took = time.Duration(e.Seconds * float64(time.Second))
	case events.StepSkipped:
		r.steps = append(r.steps, junit.Step{Name: e.Step, Skipped: e.Text})
	}
}

// details are the end of what a failed step printed.
func (r *recorder) details(e events.Event) string {
	if e.Error == "" {
		return ""
	}
	return strings.Join(r.tails[e.Step], "\n")
}

func cutLine(text string) string {
	if len(text) > maxTailLine {
		return strings.ToValidUTF8(text[:maxTailLine], "") + "..."
	}
	return text
}

// failureType is how CI servers group the failures of a step.
func failureType(e events.Event) string {
	if e.Error == "" {
		return ""
	}
	return "pipeline." + e.Step
}

func (r *recorder) write(e events.Event) {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = r.file.Write(append(line, '\n'))
	}
	if err != nil && r.failed == nil {
		r.failed = &WorkdirError{"write events", err}
	}
}

// summary is the run so far, in words.
func (r *recorder) summary(outcome *Outcome, runErr error) Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Summary{Name: outcome.Name, Release: outcome.Release, Tests: outcome.Report, Steps: slices.Clone(r.steps), Took: r.took}
	if runErr != nil {
		s.Failure, s.Reproduce, s.Log = runErr.Error(), Reproduce(outcome.Failed), outcome.Log
	}
	return redact.Masked(r.secret, s)
}

// Close ends events.ndjson, writes summary.md, TEST-pipeline.xml and
// report.html, and returns the run's error together with its own. The test
// report has one case per step, the failure's text being the diagnosis, so that
// a CI server shows in its list of tests why a build is red, and finds at least
// one report whatever happened. A failure outside of all steps stands there as
// the step prepare.
func (r *recorder) Close(dir *Workdir, outcome *Outcome, runErr error) error {
	summary := r.summary(outcome, runErr)
	suite := junit.Suite{Name: "pipeline", Start: r.started, Steps: summary.Steps}
	red := slices.ContainsFunc(suite.Steps, func(s junit.Step) bool { return s.Failure != "" })
	if runErr != nil && !red {
		suite.Steps = append(suite.Steps, junit.Step{Name: StepPrepare, Failure: summary.Failure})
	}
	var report bytes.Buffer
	if err := junit.Write(&report, suite); err != nil {
		return err
	}
	faults := []error{runErr, r.failed, r.file.Close()}
	for name, text := range map[string][]byte{"TEST-pipeline.xml": report.Bytes(), SummaryFile: summary.Markdown()} {
		if err := atomicfile.Write(dir.Out(name), text, 0o644); err != nil {
			faults = append(faults, &WorkdirError{"write " + name, err})
		}
	}
	if r.plot != nil {
		faults = append(faults, writeReport(dir, r.plot.finish(dir, outcome, runErr), r.secret))
	}
	return first(faults)
}

// first leaves out the faults that a full or read-only disk adds to the first:
// they are the same once more.
func first(faults []error) error {
	var all error
	for _, err := range faults {
		for _, same := range []error{unix.ENOSPC, unix.EROFS, unix.EDQUOT} {
			if errors.Is(all, same) && errors.Is(err, same) {
				err = nil
			}
		}
		all = errors.Join(all, err)
	}
	return all
}
