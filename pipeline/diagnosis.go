package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
)

// diagnosisDir is the folder in .pipeline/out with what was found when the
// tests or their database failed.
const diagnosisDir = "diagnosis"

// diagnose leaves in out/diagnosis what helps to understand the failure. What it
// cannot find or write is no fault of the run's.
func (r *run) diagnose(ctx context.Context, of diagnosis.Failure) {
	if of.Container != nil {
		r.set.Secrets.Add(of.Container.Secrets()...)
	}
	of.Dir, of.Reports = r.cfg.Dir, r.cfg.Build.Reports
	highlight, err := diagnosis.Write(ctx, r.dir.Out(diagnosisDir), of, r.set.Secrets.String)
	if err != nil {
		r.events.Warn(fmt.Sprintf("no diagnosis: %v", err))
		return
	}
	r.outcome.Diagnosis = filepath.Join(WorkdirName, "out", diagnosisDir)
	if highlight != "" {
		r.events.Emit(events.Event{Kind: events.Note, Text: "the database's log says, " + highlight})
	}
}

// diagnoseAlone is diagnose for a database that no run has started: it connects
// to the engine for it, and tells people where to look.
func (r *run) diagnoseAlone(ctx context.Context, c *oracle.Container, why error) {
	if ctx.Err() != nil {
		return
	}
	eng, err := engine.Connect(ctx)
	if err == nil {
		defer func() { _ = eng.Close() }() // only asked
	}
	if r.diagnose(ctx, diagnosis.Failure{Err: why, Container: c, Engine: eng}); r.outcome.Diagnosis != "" {
		r.events.Emit(events.Event{Kind: events.Note, Step: StepOracleWait, Text: "diagnosis: " + r.outcome.Diagnosis})
	}
}
