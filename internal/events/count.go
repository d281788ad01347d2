package events

import "strconv"

// The keys of Fields. docs/events.md says which kind carries which.
const (
	FieldDone    = "done"
	FieldTotal   = "total"
	FieldUnit    = "unit"
	FieldFailed  = "failed"
	FieldSkipped = "skipped"
	FieldFlaky   = "flaky"
	FieldPhase   = "phase"
	FieldBefore  = "before"

	FieldStoppedFor = "stoppedFor"

	FieldProject = "project"
	FieldRunID   = "runId"
	FieldTool    = "tool"
	FieldStages  = "stages" // comma-separated, in running order
	FieldSteps   = "steps"  // likewise
	FieldStage   = "stage"
	FieldVendor  = "vendor"
	FieldBuild   = "build"

	FieldImage      = "image"
	FieldLayers     = "layers"
	FieldBytes      = "bytes"
	FieldNew        = "new"
	FieldRepository = "repository"
	FieldTag        = "tag"
	FieldDigest     = "digest"
)

// The units in which a Count counts.
const (
	UnitBytes = "bytes"
	UnitTests = "tests"
	UnitSteps = "steps"
)

// A Count is how far a step has come, for those who draw it.
type Count struct {
	Done, Total int64 // Total is 0 when nobody knows it
	Unit        string
	Failed      int64 // of those done; for tests
}

// Count tells how far the step has come, and in words what it does.
func (s Sink) Count(text string, c Count) {
	fields := map[string]string{FieldDone: strconv.FormatInt(c.Done, 10), FieldUnit: c.Unit}
	if c.Total > 0 {
		fields[FieldTotal] = strconv.FormatInt(c.Total, 10)
	}
	if c.Failed > 0 {
		fields[FieldFailed] = strconv.FormatInt(c.Failed, 10)
	}
	s.Emit(Event{Kind: StepProgress, Text: text, Fields: fields})
}

// Count is what a StepProgress event counts; ok is false when it counts
// nothing.
func (e Event) Count() (c Count, ok bool) {
	done, err := strconv.ParseInt(e.Fields[FieldDone], 10, 64)
	if e.Kind != StepProgress || err != nil {
		return Count{}, false
	}
	c = Count{Done: done, Unit: e.Fields[FieldUnit]}
	c.Total, _ = strconv.ParseInt(e.Fields[FieldTotal], 10, 64)   // absent is zero
	c.Failed, _ = strconv.ParseInt(e.Fields[FieldFailed], 10, 64) // likewise
	return c, true
}
