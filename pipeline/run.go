package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/internal/report"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/registry"
)

// Settings are what differs from run to run; the zero value runs nothing.
type Settings struct {
	Stages        []Stage
	AllowUntested bool             // build an image of a tree that has no proof
	KeepDatabase  bool             // after a failure of the tests or the database, leave it for KeptFor
	Resume        bool             // skip the steps that have succeeded on this very tree
	Tested        string           // file by which a tested tree reaches the stage image on another machine
	Reports       []string         // BuildImage takes the reports that match these globs for the proof
	Environ       []string         // the process's environment; named secrets are looked up here
	CI            ci.Build         // the build this run belongs to; zero at home
	Tool          string           // name and version of the program
	Events        events.Sink      // the console
	Secrets       *redact.Redactor // learns every secret that the run meets
	Hurry         <-chan struct{}  // closed when nobody wants to wait for a tidy end
}

// An Outcome is what a run reached, also when it failed.
type Outcome struct {
	Name       string // the project's
	RunID      string
	Report     junit.Report      // of the tests; zero when none ran
	Release    *registry.Release // nil when nothing was published
	Built      string            // the image that was built, as repository:tag
	Layers     []imagebuild.Part // what it consists of
	Reused     []bool            // which of them the release before has too; nil without one
	Database   registry.Database // the tests ran against; zero when it never answered
	Version    string            // of the release to be; empty without the stage image
	Facts      []report.Fact     // about the surroundings
	Deploy     []string          // the deploy command for the release
	HandedOver bool              // it has run
	Failed     string            // the step that failed
	Log        string            // its log, relative to the project's folder; empty when it has none
	Diagnosis  string            // the folder of its diagnosis, likewise
}

// Run takes the project through the chosen stages: from source to tested, to
// image, to release, to handed over. It owns .pipeline while it runs, leaves
// its files in .pipeline/out whatever happens, and leaves no container behind.
func Run(ctx context.Context, cfg Config, set Settings) (Outcome, error) {
	return execute(ctx, cfg, set, (*run).stages)
}

// execute gives do a run, and keeps what it leaves.
func execute(ctx context.Context, cfg Config, set Settings, do func(*run, context.Context) error) (outcome Outcome, err error) {
	if err := cfg.Require(set.Stages); err != nil {
		return outcome, err
	}
	if _, _, err := set.carries(); err != nil {
		return outcome, err
	}
	dir, err := OpenWorkdir(cfg.Dir)
	if err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if err := set.mayKeep(ctx, dir); err != nil {
		return outcome, err
	}
	if err := dir.EmptyOut(); err != nil {
		return outcome, err
	}
	record, err := newRecorder(dir, set.Secrets, set.Events)
	if err != nil {
		return outcome, err
	}
	r := &run{cfg: cfg, set: set, dir: dir, record: record, events: record.take}
	r.outcome = Outcome{Name: cfg.Name, RunID: newRunID(set.CI.Key)}
	started := time.Now()
	record.plot = newPlot(r, started)
	r.events.Emit(r.begun())
	r.warnOfSecrets()
	err = do(r, ctx)
	if r.watchdog != nil && !r.leaked {
		r.watchdog.Done()
	}
	r.events.Emit(finished(started, err))
	r.outcome.locate(dir, err)
	return r.outcome, record.Close(dir, &r.outcome, err)
}

// A run is one execution of the stages. Its fields are set once, by prepare;
// what one step hands to the next travels as values.
type run struct {
	cfg    Config
	set    Settings
	dir    *Workdir
	record *recorder
	events events.Sink
	// watchdog is on guard from prepare on, when there will be a database.
	watchdog *watchdog.Watchdog
	leaked   bool // the database could not be removed; that is the watchdog's now
	boot     *bootRelay
	outcome  Outcome
}

// stages is the whole pipeline.
func (r *run) stages(ctx context.Context) (err error) {
	ready, err := step(ctx, r.events, StepPrepare, r.prepare, r.set.Stages)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ready.Close()) }()
	r.outcome.Facts, r.outcome.Version = r.facts(ready), ready.version.Text

	tested, err := r.itest(ctx, ready)
	if err != nil {
		return err
	}
	if !r.wants(StageImage, StageDeploy) {
		return r.passOn(tested)
	}
	release, err := r.image(ctx, ready, tested)
	if err != nil || !r.wants(StageDeploy) {
		return err
	}
	_, err = step(ctx, r.events, StepHandOff, r.handOff, release)
	return err
}

// passOn writes what a later task may read of a run that only tested.
func (r *run) passOn(tested Tested) error {
	err := writeVariables(r.dir.Out(""), []Variable{{"revision", tested.Proof.Commit}, {"runId", r.outcome.RunID}})
	if err != nil {
		return &WorkdirError{"hand over", err}
	}
	return nil
}

// itest tests the tree against a database that lives exactly as long as the
// tests; without the stage itest it takes the proof of an earlier run.
func (r *run) itest(ctx context.Context, ready *Ready) (Tested, error) {
	if !r.wants(StageITest, StageImage) { // an earlier run's release is handed over
		return Tested{}, nil
	}
	if !r.wants(StageITest) {
		return step(ctx, r.events, StepProof, r.proven, ready)
	}
	if done, err := r.resumeTested(ctx); err != nil {
		return Tested{}, err
	} else if done {
		return step(ctx, r.events, StepProof, r.proven, ready)
	}
	before, err := r.cfg.Snapshot(ctx, nil)
	if err != nil {
		return Tested{}, &StepError{Step: StepProof, Err: err}
	}
	report, db, err := r.testAgainstDatabase(ctx, ready)
	if err != nil {
		return Tested{}, errors.Join(err, r.revoke(err))
	}
	return step(ctx, r.events, StepProof, r.prove, passed{before: before, report: report, db: asReleased(db)})
}

// image builds the tested tree into an image and publishes it, under the tags
// that people follow too when HEAD carries the version's git tag; without the
// stage image it takes the release of an earlier run.
func (r *run) image(ctx context.Context, ready *Ready, tested Tested) (release registry.Release, err error) {
	if !r.wants(StageImage) {
		return r.published(ctx)
	}
	in := r.toBuild(ready, tested)
	built, isBuilt, isPublished := r.resumeImage(ctx, in)
	if !isBuilt {
		if built, err = step(ctx, r.events, StepImageBuild, r.buildImage, in); err != nil {
			return release, err
		}
	}
	if isPublished {
		release, err = r.published(ctx)
	} else {
		release, err = step(ctx, r.events, StepImagePush, r.pushImage, pushable{ready, built})
	}
	if err != nil || !ready.git.Final(release.Version) || mayBeFinal(built) != nil {
		return release, err
	}
	_, err = step(ctx, r.events, StepImageTag, r.tagFinal, tagging{ready, release})
	return release, err
}

// locate finds the step that failed, and its log if it has one.
func (o *Outcome) locate(dir *Workdir, err error) {
	var failed *StepError
	if !errors.As(err, &failed) {
		return
	}
	o.Failed = failed.Step
	log := logOf(failed.Step)
	if info, err := os.Stat(dir.LogPath(log)); err == nil && info.Size() > 0 {
		o.Log = filepath.Join(WorkdirName, "out", "logs", log+".log")
	}
}

// wants reports whether one of the stages was chosen.
func (r *run) wants(stages ...Stage) bool {
	return slices.ContainsFunc(stages, func(s Stage) bool { return slices.Contains(r.set.Stages, s) })
}

// begun is the event that begins a run.
func (r *run) begun() events.Event {
	fields := map[string]string{
		events.FieldProject: r.cfg.Name, events.FieldRunID: r.outcome.RunID, events.FieldTool: r.set.Tool,
		events.FieldStages: strings.Join(stageNames(r.set.Stages), ","), events.FieldSteps: strings.Join(r.expected(), ","),
		events.FieldVendor: r.set.CI.Vendor, events.FieldBuild: r.set.CI.Key,
	}
	for key, value := range fields {
		if value == "" {
			delete(fields, key)
		}
	}
	return events.Event{Kind: events.RunStarted, Fields: fields}
}

// expected are the steps that the chosen stages consist of.
func (r *run) expected() []string {
	steps := []string{StepPrepare}
	if r.wants(StageITest) {
		if r.cfg.Build.Compile != "" {
			steps = append(steps, StepCompile)
		}
		steps = append(steps, StepOracleStart, StepOracleWait, StepTest, StepOracleStop)
	}
	if r.wants(StageITest, StageImage) {
		steps = append(steps, StepProof)
	}
	if r.wants(StageImage) {
		steps = append(steps, StepImageBuild, StepImagePush)
	}
	if r.wants(StageDeploy) {
		steps = append(steps, StepHandOff)
	}
	return steps
}

// finished is the event that ends a run.
func finished(started time.Time, err error) events.Event {
	e := events.Event{Kind: events.RunFinished, Seconds: time.Since(started).Seconds()}
	if err != nil {
		e.Error = err.Error()
	}
	return e
}
