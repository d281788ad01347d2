package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/internal/report"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
)

// maxFiles is how many files beside the report it links to.
const maxFiles = 60

// lastRun is the file in .pipeline/state with what the report of the next run
// of the same stages compares with.
func lastRun(stages []string) string { return "last-run-" + strings.Join(stages, "-") + ".json" }

// A plot is the reader of the event stream that keeps what the report draws.
type plot struct {
	page report.Page
	open map[string]int // steps that run, by their place in the page
}

func newPlot(r *run, started time.Time) *plot {
	return &plot{open: map[string]int{}, page: report.Page{
		Project: r.cfg.Name, RunID: r.outcome.RunID, Build: r.set.CI.Key, URL: r.set.CI.URL, Stages: stageNames(r.set.Stages), Tool: r.set.Tool, Started: started,
	}}
}

func (p *plot) take(e events.Event) {
	at := max(0, e.Time.Sub(p.page.Started))
	switch e.Kind {
	case events.StepStarted:
		p.open[e.Step] = len(p.page.Steps)
		p.page.Steps = append(p.page.Steps, report.Step{Name: e.Step, Start: at, End: at})
	case events.StepSkipped:
		p.page.Steps = append(p.page.Steps, report.Step{Name: e.Step, Start: at, End: at, Skipped: e.Text})
	case events.StepFinished, events.Note, events.TestResult, events.Released:
		p.within(e, at)
	case events.OraclePhase:
		p.endPhase(at)
		p.page.Phases = append(p.page.Phases, report.Phase{Name: e.Text, Start: at, End: at})
	case events.Warning:
		p.page.Warnings = append(p.page.Warnings, e.Text)
	case events.RunFinished:
		p.page.Took = time.Duration(e.Seconds * float64(time.Second))
	}
}

// within takes what happens in a step that runs.
func (p *plot) within(e events.Event, at time.Duration) {
	i, ok := p.open[e.Step]
	if !ok {
		return
	}
	step := &p.page.Steps[i]
	if e.Kind != events.StepFinished {
		step.Result = e.Text
		return
	}
	if test, runs := p.open[StepTest]; runs && e.Step == StepOracleWait { // it began before: build.waits
		p.page.Steps[test].Held = at
	}
	if step.End = at; e.Fields[events.FieldStoppedFor] != "" {
		step.Stopped = e.Error
	} else {
		step.Failed = e.Error
	}
	if e.Step == StepOracleWait {
		p.endPhase(at)
	}
	delete(p.open, e.Step)
}

// endPhase ends the phase of the boot that has no end yet.
func (p *plot) endPhase(at time.Duration) {
	if n := len(p.page.Phases); n > 0 && p.page.Phases[n-1].End == p.page.Phases[n-1].Start {
		p.page.Phases[n-1].End = at
	}
}

// finish adds what the outcome says.
func (p *plot) finish(dir *Workdir, o *Outcome, runErr error) report.Page {
	page := p.page
	page.Tests, page.Facts = o.Report, o.Facts
	page.Database = report.Database{Image: o.Database.Image, Digest: o.Database.Digest, StandIn: o.Database.StandIn}
	page.Version = o.Version
	if runErr != nil {
		page.Failure = &report.Failure{Step: o.Failed, Cause: runErr.Error(), Again: Reproduce(o.Failed), Log: beside(o.Log), Interrupted: is[*Interrupted](runErr)}
		if o.Diagnosis != "" {
			page.Failure.Diagnosis = beside(filepath.Join(o.Diagnosis, diagnosis.Index))
		}
		if failed, ok := errors.AsType[*StepError](runErr); ok {
			page.Failure.Cause = failed.Err.Error()
		}
	}
	for i, s := range page.Steps {
		if log := logOf(s.Name); fileSize(dir.LogPath(log)) > 0 {
			page.Steps[i].Log = "logs/" + log + ".log"
		}
	}
	page.Image = imageOf(o)
	page.Said = diagnosis.Said(dir.Out(diagnosisDir), o.Report.Failures)
	page.Files = files(dir.Out(""))
	if before, err := os.ReadFile(dir.State(lastRun(page.Stages))); err == nil {
		var run report.Run
		if json.Unmarshal(before, &run) == nil && run.Took > 0 { // what is damaged is no run
			page.Before = &run
		}
	}
	return page
}

func imageOf(o *Outcome) report.Image {
	image := report.Image{Compared: o.Reused != nil}
	image.Repository, image.Tag = splitRef(o.Built)
	if r := o.Release; r != nil {
		image.Repository, image.Tag, image.Digest = r.Repository, r.Tag, r.Digest
		image.Untested, image.Dirty = !r.Tested, r.Dirty
	}
	for i, part := range o.Layers {
		layer := report.Layer{Name: part.Name, Size: part.Size}
		if o.Reused != nil {
			layer.Reused = o.Reused[i]
		}
		image.Layers = append(image.Layers, layer)
	}
	return image
}

// files are those in out/ beside the report, by their names.
func files(out string) []report.File {
	var found []report.File
	_ = filepath.WalkDir(out, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(out, path)
		if err != nil || relErr != nil || !entry.Type().IsRegular() || name == ReportFile || len(found) == maxFiles {
			return nil //nolint:nilerr // what cannot be read is not linked to
		}
		if size := fileSize(path); size > 0 {
			found = append(found, report.File{Path: filepath.ToSlash(name), Size: size})
		}
		return nil
	})
	slices.SortStableFunc(found, func(a, b report.File) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Path, "/"), strings.Count(b.Path, "/")), cmp.Compare(a.Path, b.Path))
	})
	return found
}

// beside is a path in out/ as seen from there.
func beside(path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, filepath.Join(WorkdirName, "out")+string(filepath.Separator)))
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// logOf is the log of a step: the database's steps share one.
func logOf(step string) string {
	if step == StepOracleStart || step == StepOracleWait {
		return oracleLog
	}
	return step
}

// writeReport writes report.html, without secrets, and keeps what the next run
// is compared with.
func writeReport(dir *Workdir, page report.Page, secret *redact.Redactor) error {
	page = redact.Masked(secret, page)
	var html bytes.Buffer
	if err := report.Write(&html, page); err != nil {
		return err
	}
	if err := atomicfile.Write(dir.Out(ReportFile), html.Bytes(), 0o644); err != nil {
		return &WorkdirError{"write " + ReportFile, err}
	}
	kept, err := json.MarshalIndent(page.Keep(), "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(dir.State(lastRun(page.Stages)), append(kept, '\n'), 0o644); err != nil {
		return &WorkdirError{"keep the run", err}
	}
	return nil
}
