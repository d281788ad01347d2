package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/jvm"
	"github.com/haddock-ci/pipeline/internal/maven"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/oracle"
)

// A testRun is what the project's test command needs.
type testRun struct {
	budget *budget
	db     oracle.Database // may still boot, when there is a gate
	gate   string          // see GateVariable; empty when the database has answered
}

// compile runs build.compile, which needs no database.
func (r *run) compile(ctx context.Context, sink events.Sink, b *budget) (struct{}, error) {
	return struct{}{}, b.within(ctx, func(ctx context.Context) error {
		return r.shell(ctx, sink, StepCompile, r.cfg.Build.Compile, nil)
	})
}

// test runs build.test with the database's environment and reads the reports
// that it wrote. Tests that are red, that left no report, or of which none has
// run are an error.
func (r *run) test(ctx context.Context, sink events.Sink, in testRun) (junit.Report, error) {
	env := r.testEnvironment(in.db)
	if in.gate != "" {
		env = append(env, GateVariable+"="+in.gate, "PATH="+r.pathToUs())
	}
	started := time.Now()
	watch := tally{sink: sink}
	defer watch.follow(r.cfg.Dir, r.cfg.Build.Reports, started)()
	failed := in.budget.within(ctx, func(ctx context.Context) error {
		return r.shell(ctx, watch.hear(sink), StepTest, r.cfg.Build.Test, env)
	})
	var exit *command.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		return junit.Report{}, failed
	}
	report, err := junit.Collect(r.cfg.Dir, r.cfg.Build.Reports, started)
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return report, errors.Join(failed, err)
	}
	if _, missing := errors.AsType[*command.NotFoundError](failed); missing && report.Failed == 0 {
		return report, failed
	}
	r.outcome.Report = report
	sink.Emit(testResult(report.Totals))
	if report.Failed > 0 || failed != nil || report.Total == report.Skipped || err != nil {
		return report, &TestsFailed{Report: report, Command: exit, Globs: r.cfg.Build.Reports, Damaged: err}
	}
	return report, nil
}

// pathToUs is the PATH with this program's folder behind all others: a command
// that is to call pipeline finds it, wherever pipeline was started from.
func (r *run) pathToUs() string {
	path, _ := r.lookup("PATH")
	self, err := os.Executable()
	if err != nil {
		return path
	}
	return strings.TrimPrefix(path+string(os.PathListSeparator)+filepath.Dir(self), string(os.PathListSeparator))
}

// TestsFailed says that the tests are red, that their command failed without a
// red test, that none has run, or that they left no report, or one that cannot
// be read. Exit status 1.
type TestsFailed struct {
	Report  junit.Report
	Command *command.ExitError // nil when the command said it was fine
	Globs   []string
	Damaged error // a report that is not whole; nil when all are
}

func (e *TestsFailed) Error() string {
	switch {
	case e.Report.Failed > 0:
		return e.Report.Cause()
	case e.Damaged != nil && e.Command != nil:
		return e.Command.Error() + "; " + e.Damaged.Error()
	case e.Damaged != nil:
		return e.Damaged.Error()
	case e.Command != nil:
		return e.Command.Error()
	case e.Report.Total > 0:
		return fmt.Sprintf("the test command succeeded, but no test has run (%d skipped)", e.Report.Skipped)
	case e.Report.Files > 0:
		return "the test command succeeded, but its reports hold no test"
	default:
		text := "the test command succeeded, but left no test report (looked for " + strings.Join(e.Globs, ", ")
		if e.Report.Stale > 0 {
			text += fmt.Sprintf("; %d older ones do not count", e.Report.Stale)
		}
		return text + ")"
	}
}

func (e *TestsFailed) Unwrap() error {
	if e.Command == nil {
		return nil
	}
	return e.Command
}

// revoke takes an earlier proof back when the tests have failed: that the same
// files once passed proves nothing any more.
func (r *run) revoke(err error) error {
	if _, red := errors.AsType[*TestsFailed](err); red {
		return removed(r.dir.State(proofFile))
	}
	return nil
}

// testEnvironment is the database's address as the tests see it, and what
// build.env makes of it.
func (r *run) testEnvironment(db oracle.Database) []string {
	oracleEnv := db.Env()
	known := map[string]string{}
	for _, pair := range slices.Concat(r.set.Environ, oracleEnv) {
		name, value, _ := strings.Cut(pair, "=")
		known[name] = value
	}
	mapped := make([]string, 0, len(r.cfg.Build.Env))
	for name, value := range r.cfg.ExpandEnv(known) {
		mapped = append(mapped, name+"="+value)
	}
	slices.Sort(mapped)
	return slices.Concat(oracleEnv, mapped)
}

// testResult is the event that tells how the tests went.
func testResult(t junit.Totals) events.Event {
	return events.Event{Kind: events.TestResult, Text: totals(t), Fields: map[string]string{
		events.FieldTotal: strconv.Itoa(t.Total), events.FieldFailed: strconv.Itoa(t.Failed),
		events.FieldSkipped: strconv.Itoa(t.Skipped), events.FieldFlaky: strconv.Itoa(t.Flaky),
	}}
}

// totals is what people want to read of a green or red run.
func totals(t junit.Totals) string {
	text := fmt.Sprintf("%d tests, %d failed", t.Total, t.Failed)
	if t.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", t.Skipped)
	}
	if t.Flaky > 0 {
		text += fmt.Sprintf(", %d flaky", t.Flaky)
	}
	return text
}

// shell runs one of the project's commands in the project's folder.
func (r *run) shell(ctx context.Context, sink events.Sink, step, text string, env []string) error {
	return r.logged(ctx, sink, step, command.Command{Shell: text, Env: slices.Concat(r.set.Environ, env)})
}

// logged runs a command for a step: in the project's folder, its output masked
// and in full in the step's log, line by line among the events, and its process
// group known to the watchdog.
func (r *run) logged(ctx context.Context, sink events.Sink, step string, c command.Command) error {
	file, err := r.dir.Log(step)
	if err != nil {
		return err
	}
	c.Dir, c.Stdout, c.Stderr, c.Hurry = r.cfg.Dir, file, file, r.set.Hurry
	c.Mask = r.set.Secrets.String
	if r.watchdog != nil {
		c.OnStart = r.watchdog.Guard
	}
	c.Env = append(slices.Clone(c.Env), watchdog.RunIDVariable+"="+r.outcome.RunID)
	c.OnLine = func(_ command.Stream, line string) { sink.Emit(events.Event{Kind: events.LogLine, Text: line}) }
	c.Dump = func(ctx context.Context, p command.Process) bool { return dumpThreads(ctx, file, p, c.Mask) }
	err = maven.Explain(c.Run(ctx), c.Env)
	return errors.Join(err, file.Close())
}

// dumpThreads adds to the log of a step that took too long what a JVM was
// doing, and reports whether it could. The JVM is asked and not only sent QUIT,
// for what a fork of surefire prints then goes through Maven, which may lose it.
func dumpThreads(ctx context.Context, log io.Writer, p command.Process, mask func(string) string) bool {
	if p.Name() != "java" {
		return false
	}
	dump, err := jvm.ThreadDump(ctx, p)
	if err != nil {
		fmt.Fprintf(log, "\npipeline: no thread dump: %v\n", err)
		return false
	}
	_, err = fmt.Fprintf(log, "\nThe threads of process %d, java:\n%s\n", p.PID, mask(string(dump)))
	return err == nil
}

// relative is a path as people see it: from the project's folder.
func (r *run) relative(path string) string {
	if short, err := filepath.Rel(r.cfg.Dir, path); err == nil {
		return short
	}
	return path
}
