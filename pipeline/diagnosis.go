package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
)

// DiagnosisName is the folder in .pipeline/out with what was found when the
// tests or their database failed. Its index.txt lists the rest.
const (
	DiagnosisName  = "diagnosis"
	diagnosisIndex = "index.txt"
)

// diagnosisTime bounds the search for what went wrong; what has not answered by
// then is left out.
const diagnosisTime = 1500 * time.Millisecond

// A failing is what went wrong, and what is there to be asked.
type failing struct {
	err       error
	container *oracle.Container // nil when none was started
	engine    *engine.Engine
	since     time.Time    // when the tests began; zero when they did not
	report    junit.Report // theirs
}

var errTooLate = fmt.Errorf("no answer within %s", diagnosisTime)

// diagnose leaves in out/diagnosis what helps to understand the failure. It
// takes no longer than diagnosisTime, and ends at once with ctx. What it cannot
// find or write is no fault of the run's: the index tells of it.
func (r *run) diagnose(ctx context.Context, of failing) {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, diagnosisTime, errTooLate)
	defer cancel()
	if of.container != nil {
		r.set.Secrets.Add(of.container.Secrets()...)
	}
	folder := r.dir.Out(DiagnosisName)
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		r.events.Warn(fmt.Sprintf("no diagnosis: %v", err))
		return
	}
	found, highlight := r.findings(ctx, of)
	for i := range found {
		if f := &found[i]; len(f.Text) > 0 {
			f.Err = errors.Join(f.Err, r.keepFinding(folder, f.Name, f.Text))
		}
	}
	index := diagnosisText(of.err, found, time.Since(began))
	if err := r.keepFinding(folder, diagnosisIndex, index); err != nil {
		r.events.Warn(fmt.Sprintf("no diagnosis: %v", err))
		return
	}
	r.outcome.Diagnosis = filepath.Join(WorkdirName, "out", DiagnosisName)
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
	if r.diagnose(ctx, failing{err: why, container: c, engine: eng}); r.outcome.Diagnosis != "" {
		r.events.Emit(events.Event{Kind: events.Note, Step: StepOracleWait, Text: "diagnosis: " + r.outcome.Diagnosis})
	}
}

// keepFinding writes a file of the diagnosis, without secrets. It does not wait
// for the disk: nobody reads it before the run has ended.
func (r *run) keepFinding(folder, name string, text []byte) error {
	return os.WriteFile(filepath.Join(folder, name), []byte(r.set.Secrets.String(string(text))), 0o644)
}

// findings are all parts of the diagnosis; highlight is the most telling line of
// the database's log, with the test that ran.
func (r *run) findings(ctx context.Context, of failing) (found []oracle.Finding, highlight string) {
	engineSays := later(ctx, engineFinding(errTooLate, nil), func() oracle.Finding { return askEngine(ctx, of.engine) })
	if of.container == nil {
		return []oracle.Finding{engineSays()}, ""
	}
	seen := of.container.History()
	joined := later(ctx, joinedLog{err: errTooLate}, func() joinedLog { return r.joinLog(of, seen.Lines) })
	found = []oracle.Finding{
		{Name: "phases.txt", About: "when each phase of the boot began", Text: phasesText(seen.Phases)},
		{Name: "codes.txt", About: "what the database's logins were answered while it was waited for", Text: codesText(seen.Refused)},
	}
	asked := of.container.Diagnose(ctx)
	tests := joined()
	found = append(found, oracle.Finding{
		Name: "tests.txt", About: "errors in the database's log, by the test that ran at that moment", Text: tests.text, Err: tests.err,
	})
	return append(append(found, asked...), engineSays()), tests.highlight
}

// later does the work aside. What it returns waits for the result until ctx
// ends; then it is late.
func later[T any](ctx context.Context, late T, work func() T) func() T {
	done := make(chan T, 1)
	go func() { done <- work() }()
	return func() T {
		select {
		case result := <-done:
			return result
		case <-ctx.Done():
			return late
		}
	}
}

// diagnosisText is the index: why, and one line for each part.
func diagnosisText(why error, found []oracle.Finding, took time.Duration) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v\n\nfound at %s in %s\n", why, time.Now().Format(time.RFC3339), took.Round(time.Millisecond))
	fmt.Fprintf(&b, "%-14s %s\n", diagnosisIndex, "this list")
	for _, f := range found {
		about := f.About
		switch {
		case f.Err != nil && len(f.Text) == 0:
			about += ": NOT THERE: " + f.Err.Error()
		case f.Err != nil:
			about += ": NOT WHOLE: " + f.Err.Error()
		case len(f.Text) == 0:
			about += ": none"
		}
		fmt.Fprintf(&b, "%-14s %s\n", f.Name, about)
	}
	fmt.Fprintf(&b, "%-14s %s\n", "../logs", "the full logs of the steps; oracle.log is the database's, from its first container on")
	return b.Bytes()
}

func phasesText(phases []oracle.PhaseStart) []byte {
	var b bytes.Buffer
	for i, p := range phases {
		took := ""
		if i+1 < len(phases) && phases[i+1].Container == p.Container {
			took = phases[i+1].At.Sub(p.At).Round(time.Millisecond).String()
		}
		fmt.Fprintf(&b, "%s  container %.12s  %10s  %s\n", p.At.Local().Format(diagnosisClock), p.Container, took, p.Phase)
	}
	return b.Bytes()
}

func codesText(refused []oracle.Refusal) []byte {
	var b bytes.Buffer
	for _, r := range refused {
		fmt.Fprintln(&b, r)
	}
	return b.Bytes()
}

func engineFinding(err error, text []byte) oracle.Finding {
	return oracle.Finding{Name: "engine.txt", About: "memory, processors and disk of the engine", Text: text, Err: err}
}

// askEngine finds out what the engine has to work with.
func askEngine(ctx context.Context, eng *engine.Engine) oracle.Finding {
	if eng == nil {
		return engineFinding(engine.ErrNoEngine, nil)
	}
	info, err := eng.Info(ctx)
	if err != nil {
		return engineFinding(err, nil)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "engine      %s on %s, %s\n", eng.Version, info.Name, info.System)
	fmt.Fprintf(&b, "processors  %d\nmemory      %d MiB\n", info.CPUs, info.Memory>>20)
	fmt.Fprintf(&b, "containers  %d\nimages      %d\nstorage     %s in %s\n", info.Containers, info.Images, info.StorageDriver, info.RootDir)
	free, known, err := eng.FreeDisk(ctx)
	switch {
	case known:
		fmt.Fprintf(&b, "free disk   %d MiB\n", free>>20)
	case err == nil:
		fmt.Fprintln(&b, "free disk   not known from here; see disk.txt")
	}
	for _, warning := range info.Warnings {
		fmt.Fprintf(&b, "warning     %s\n", warning)
	}
	return engineFinding(err, b.Bytes())
}
