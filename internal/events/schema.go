package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// A Shape says what an event of one kind carries, in events.ndjson.
type Shape struct {
	Kind   Kind
	Step   bool     // it belongs to a step, or may
	Text   bool     // it has a text
	Timed  bool     // it says how long something took
	Failed bool     // it may carry an error
	Fields []string // the keys that it may have
}

// Shapes lists every kind that events.ndjson holds, in the order of
// docs/events.md. LogLine is not among them: logs/<step>.log holds those.
func Shapes() []Shape {
	return []Shape{
		{Kind: RunStarted, Fields: []string{FieldProject, FieldRunID, FieldTool, FieldStages, FieldSteps, FieldVendor, FieldBuild}},
		{Kind: RunFinished, Timed: true, Failed: true},
		{Kind: StepStarted, Step: true, Fields: []string{FieldStage}},
		{Kind: StepProgress, Step: true, Text: true, Fields: []string{FieldDone, FieldTotal, FieldUnit, FieldFailed}},
		{Kind: StepFinished, Step: true, Timed: true, Failed: true, Fields: []string{FieldStoppedFor}},
		{Kind: StepSkipped, Step: true, Text: true},
		{Kind: OraclePhase, Step: true, Text: true, Timed: true, Fields: []string{FieldPhase, FieldBefore}},
		{Kind: TestResult, Step: true, Text: true, Fields: []string{FieldTotal, FieldFailed, FieldSkipped, FieldFlaky}},
		{Kind: ImageBuilt, Step: true, Text: true, Fields: []string{FieldImage, FieldLayers, FieldBytes, FieldNew}},
		{Kind: Released, Step: true, Text: true, Fields: []string{FieldRepository, FieldTag, FieldDigest}},
		{Kind: Warning, Step: true, Text: true},
		{Kind: Note, Step: true, Text: true},
	}
}

// Check reads one line of events.ndjson and says what of it docs/events.md
// does not allow.
func Check(line []byte) (Event, error) {
	var e Event
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	at := slices.IndexFunc(Shapes(), func(s Shape) bool { return s.Kind == e.Kind })
	if at < 0 {
		return e, fmt.Errorf("event %q: there is no such kind", e.Kind)
	}
	return e, Shapes()[at].check(e)
}

func (s Shape) check(e Event) error {
	switch {
	case e.Time.IsZero():
		return fmt.Errorf("event %s has no time", e.Kind)
	case e.Step != "" && !s.Step:
		return fmt.Errorf("event %s belongs to no step, but names %s", e.Kind, e.Step)
	case e.Text == "" && s.Text:
		return fmt.Errorf("event %s has no text", e.Kind)
	case e.Seconds != 0 && !s.Timed:
		return fmt.Errorf("event %s has a time that it took", e.Kind)
	case e.Error != "" && !s.Failed:
		return fmt.Errorf("event %s has an error", e.Kind)
	}
	for key := range e.Fields {
		if !slices.Contains(s.Fields, key) {
			return fmt.Errorf("event %s has the field %s", e.Kind, key)
		}
	}
	return nil
}
