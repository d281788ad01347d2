package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/nearest"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/pipeline"
)

const (
	// maxAnnotations is how many errors GitHub shows for one step.
	maxAnnotations = 10
	// maxSummary is less than what GitHub takes of a summary, one mebibyte.
	maxSummary = 1 << 20 * 9 / 10
)

// detect finds out which CI build this is: --ci names the system, else the
// environment tells.
func (a *app) detect() ci.Build {
	values := map[string]string{}
	for _, pair := range a.environ {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	lookup := func(name string) (string, bool) { value, ok := values[name]; return value, ok }
	if a.ci == "" || a.ci == "auto" {
		return ci.Detect(lookup)
	}
	return ci.As(a.ci, lookup)
}

// knownCIs are the values of --ci.
func knownCIs() []string { return append([]string{"auto", "none"}, ci.Vendors()...) }

// knownCI refuses a --ci that names no system.
func (a *app) knownCI() error {
	known := knownCIs()
	if slices.Contains(known, a.ci) {
		return nil
	}
	return &pipeline.UsageError{Text: fmt.Sprintf("--ci=%s: write %s%s", a.ci, strings.Join(known, ", "), nearest.Suffix(a.ci, known))}
}

// tellVendor makes the CI system show how the run went, in its own way; for a
// system that reads the files in .pipeline/out, and at home, it does nothing. A
// system that does not listen is no fault of the run's.
func (a *app) tellVendor(vendor string, outcome pipeline.Outcome, failed error) {
	if vendor == "" || outcome.RunID == "" {
		return
	}
	// Masked before it is escaped: what stands between the two is another text.
	tests := redact.Masked(a.secrets, outcome.Report)
	var b strings.Builder
	if failed != nil {
		b.WriteString(annotations(vendor, tests, a.secrets.String(sentence(failed))))
	}
	for _, flaky := range tests.Flakes[:min(len(tests.Flakes), maxAnnotations)] {
		b.WriteString(ci.Warning(vendor, "flaky test", flaky.ID()+": "+flaky.Why()))
	}
	variables := handedOver(outcome)
	for _, v := range variables {
		b.WriteString(ci.SetVariable(vendor, v.Name, v.Value))
	}
	out, err := filepath.Abs(filepath.Join(a.dir, pipeline.WorkdirName, "out"))
	if err != nil { // the folder that we are in is gone
		return
	}
	b.WriteString(ci.Publish(vendor, filepath.Join(out, "TEST-pipeline.xml"), filepath.Join(out, pipeline.SummaryFile)))
	err = a.say("%s", b.String())
	if vendor == ci.GitHub {
		err = errors.Join(err, a.appendTo("GITHUB_STEP_SUMMARY", a.summaryPage(out)), a.appendTo("GITHUB_OUTPUT", outputs(variables)))
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.stderr, "pipeline: warning: tell %s: %v\n", vendor, err)
	}
}

// annotations are the run's error and its failed tests.
func annotations(vendor string, tests junit.Report, failed string) string {
	text := ci.Error(vendor, "pipeline", failed)
	if vendor != ci.GitHub { // the others show what the test reports say
		return text
	}
	for _, c := range tests.Failures[:min(len(tests.Failures), maxAnnotations-1)] {
		text += ci.Error(vendor, c.ID(), c.Why())
	}
	return text
}

func handedOver(outcome pipeline.Outcome) []pipeline.Variable {
	if outcome.Release == nil {
		return nil
	}
	return pipeline.Handover{Release: *outcome.Release, RunID: outcome.RunID}.Variables()
}

// outputs are the values as GitHub reads them: none of them has a line end.
func outputs(variables []pipeline.Variable) string {
	var b strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&b, "%s=%s\n", v.Name, v.Value)
	}
	return b.String()
}

func (a *app) summaryPage(out string) string {
	text, err := os.ReadFile(filepath.Join(out, pipeline.SummaryFile))
	if err != nil {
		return ""
	}
	return string(text[:min(len(text), maxSummary)])
}

// appendTo adds text to the file that a variable names; without either it does
// nothing.
func (a *app) appendTo(name, text string) error {
	path := a.variable(name)
	if path == "" || text == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(a.secrets.String(text))
	return errors.Join(err, file.Close())
}
