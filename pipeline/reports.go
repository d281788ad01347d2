package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/junit"
)

// byMaven is who ran the tests whose reports are a proof.
const byMaven = "maven"

// A ReportsError says why the reports of a build that keeps its own order prove
// nothing: there is none, one is older than the build, or a test is red. Exit
// status 1.
type ReportsError struct {
	File   string // the report at fault; empty when there is none
	Reason string
}

func (e *ReportsError) Error() string {
	if e.File == "" {
		return e.Reason
	}
	return e.File + ": " + e.Reason
}

// proveByReports makes a proof out of the reports of tests that ran outside of
// a pipeline run, against a database of `pipeline oracle start`: all were
// written since this build's start of it, no test is red, and the project's
// files are still those of that moment.
func (r *run) proveByReports(ctx context.Context, sink events.Sink, _ *Ready) (Tested, error) {
	o, err := r.beginning()
	if err != nil {
		return Tested{}, err
	}
	report, err := junit.Collect(r.cfg.Dir, r.set.Reports, o.Began)
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return Tested{}, err
	}
	r.outcome.Report = report
	sink.Emit(events.Event{Kind: events.TestResult, Text: totals(report.Totals)})
	fault := convinces(report, err, r.set.Reports, o)
	if fault == nil {
		fault = r.allGlobs(o)
	}
	if fault != nil {
		if report.Failed > 0 {
			return Tested{}, errors.Join(fault, removed(r.dir.State(proofFile)))
		}
		return Tested{}, fault
	}
	if err := r.sameConfig(ctx, o); err != nil {
		return Tested{}, err
	}
	return r.prove(ctx, sink, passed{before: Snapshot{Tree: o.Tree}, report: report, db: o.Database, by: byMaven})
}

// beginning is this build's opening: without an owner the last one, else that
// of the process which calls us too.
func (r *run) beginning() (opening, error) {
	o, err := r.readOpening()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return o, &ReportsError{Reason: "no test report counts: this build has not called pipeline oracle start"}
	case err != nil:
		return o, err
	case o.Tree.Method != git.ByGit:
		return o, &UntestedError{Reason: "the project is not under git, so nothing tells its source from what a build makes"}
	case o.Database.Image == "":
		return o, &ReportsError{Reason: "no test report counts: this build's database has never answered"}
	case o.Owner == nil:
		return o, nil
	}
	if parent, err := command.Identify(os.Getppid()); err != nil || parent != *o.Owner {
		return o, &ReportsError{Reason: fmt.Sprintf("no test report counts: this build has not called pipeline oracle start; "+
			"the last database belonged to process %d, which is not the one that calls now", o.Owner.PID)}
	}
	return o, nil
}

// convinces returns why the reports prove nothing; nil when they do.
func convinces(report junit.Report, damaged error, globs []string, o opening) error {
	switch {
	case report.Failed > 0:
		cause := report.Cause()
		named := slices.IndexFunc(report.Failures, func(c junit.Case) bool { return strings.HasPrefix(cause, c.ID()+": ") })
		if named < 0 {
			return &ReportsError{File: report.File, Reason: cause}
		}
		return &ReportsError{File: report.Failures[named].File, Reason: cause}
	case damaged != nil:
		return &ReportsError{Reason: damaged.Error()}
	case report.Stale > 0:
		reason := fmt.Sprintf("is older than this build's database, which was started at %s", o.Began.Local().Format("15:04:05"))
		if more := report.Stale - 1; more > 0 {
			reason += fmt.Sprintf(" (and %d more)", more)
		}
		return &ReportsError{File: report.StaleFile, Reason: reason}
	case report.Files == 0:
		return &ReportsError{Reason: "there is no test report (looked for " + strings.Join(globs, ", ") + ")"}
	case report.Total == report.Skipped:
		return &ReportsError{File: report.File, Reason: fmt.Sprintf("no test has run (%d skipped)", report.Skipped)}
	}
	return nil
}

// allGlobs wants a test that has run from each of the globs: one that names a
// module says that the module was tested.
func (r *run) allGlobs(o opening) error {
	for _, glob := range r.set.Reports {
		report, err := junit.Collect(r.cfg.Dir, []string{glob}, o.Began)
		if fault := convinces(report, err, []string{glob}, o); fault != nil {
			return fault
		}
	}
	return nil
}

// sameConfig compares what decides how the tests run with what it was when they
// began.
func (r *run) sameConfig(ctx context.Context, o opening) error {
	now, err := r.cfg.sectionHashes(ctx)
	if err != nil {
		return err
	}
	for _, section := range []string{"oracle", "oracle.init"} {
		if now[section] != o.Config[section] {
			return &UntestedError{Reason: section + " is not what it was when the tests began"}
		}
	}
	return nil
}
