// Package events is the one stream through which the stages tell what happens.
// The console, the files in .pipeline/out and the reports are its readers;
// nothing else prints.
package events

import "time"

// Kind names what an event tells.
type Kind string

// The kinds of event, as they stand in events.ndjson.
const (
	RunStarted   Kind = "run-started"
	RunFinished  Kind = "run-finished"
	StepStarted  Kind = "step-started"
	StepProgress Kind = "step-progress" // what the step is doing now, one short phrase
	StepFinished Kind = "step-finished" // Error is empty when the step succeeded
	StepSkipped  Kind = "step-skipped"
	OraclePhase  Kind = "oracle-phase" // the database entered the phase in Text
	LogLine      Kind = "log-line"     // one line a child process, build step or container wrote
	TestResult   Kind = "test-result"  // the totals of the tests
	ImageBuilt   Kind = "image-built"  // an image is in the engine, or ready to be pushed
	Released     Kind = "released"     // an image is in the registry, under its tag
	Warning      Kind = "warning"      // something a person should read, though the run goes on
	Note         Kind = "note"         // a line for the console, such as where the release is
)

// An Event is one thing that happened. Time is set by the stream when zero.
type Event struct {
	Time    time.Time         `json:"time"`
	Kind    Kind              `json:"kind"`
	Step    string            `json:"step,omitempty"`
	Text    string            `json:"text,omitempty"`
	Error   string            `json:"error,omitempty"`
	Seconds float64           `json:"seconds,omitempty"` // StepFinished, RunFinished: how long it took
	Fields  map[string]string `json:"fields,omitempty"`  // details for machines, by the keys of docs/events.md
}

// A Sink takes events. It must be safe for concurrent use. A nil Sink drops
// them.
type Sink func(Event)

// Emit hands the event to the sink, if there is one.
func (s Sink) Emit(e Event) {
	if s == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	s(e)
}

// For returns a sink that puts the step's name on every event without one.
func (s Sink) For(step string) Sink {
	if s == nil {
		return nil
	}
	return func(e Event) {
		if e.Step == "" {
			e.Step = step
		}
		s(e)
	}
}

// Progress tells what the step is doing now.
func (s Sink) Progress(text string) { s.Emit(Event{Kind: StepProgress, Text: text}) }

// Warn tells something that a person should read, though the run goes on.
func (s Sink) Warn(text string) { s.Emit(Event{Kind: Warning, Text: text}) }
