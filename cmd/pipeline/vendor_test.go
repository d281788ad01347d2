package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/pipeline"
	"github.com/haddock-ci/pipeline/registry"
)

func TestTheCISystemIsToldInItsOwnWords(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, pipeline.WorkdirName, "out")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, pipeline.SummaryFile), []byte("# orders: failed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	outcome := pipeline.Outcome{RunID: "R-1", Release: &registry.Release{Version: "1.4.2", Tag: "1.4.2-7", Repository: "reg/orders", Digest: "sha256:ab"}}
	for range 30 {
		outcome.Report.Failures = append(outcome.Report.Failures, junit.Case{Name: "a,b:c", Message: "100%\nas tiger-tiger"})
	}
	outcome.Report.Flakes = []junit.Case{{Name: "wobbles", Message: "once"}}
	red := errors.New("test: it's [red]\r\nand tiger-tiger")
	for vendor, want := range map[string][]string{
		ci.GitHub:   {"::error title=pipeline::test: it's [red]; and [secret]\n", "::error title=a%2Cb%3Ac::100%25\n", "::warning title=flaky test::wobbles: once\n"},
		ci.Azure:    {"##vso[task.logissue type=error]pipeline: test: it's [red]; and [secret]\n", "##vso[task.setvariable variable=tag;isOutput=true]1.4.2-7\n", "##vso[results.publish type=JUnit;resultFiles=", "##vso[task.uploadsummary]"},
		ci.TeamCity: {"##teamcity[buildProblem description='pipeline: test: it|'s |[red|]; and |[secret|]']\n", "##teamcity[setParameter name='pipeline.digest' value='sha256:ab']\n", "##teamcity[importData type='junit' path='"},
		ci.GitLab:   nil, ci.Bamboo: nil, "": nil,
	} {
		var stdout, stderr bytes.Buffer
		summary, output := filepath.Join(t.TempDir(), "summary"), filepath.Join(t.TempDir(), "output")
		a := &app{
			dir: dir, stdout: &stdout, stderr: &stderr, secrets: redact.New("tiger-tiger"),
			environ: []string{"GITHUB_STEP_SUMMARY=" + summary, "GITHUB_OUTPUT=" + output},
		}
		a.tellVendor(vendor, outcome, red)
		for _, line := range want {
			if !strings.Contains(stdout.String(), line) {
				t.Errorf("%s is not told %q:\n%s", vendor, line, stdout.String())
			}
		}
		if len(want) == 0 && stdout.Len() > 0 || strings.Contains(stdout.String(), "tiger") || stderr.Len() > 0 {
			t.Errorf("%s is told:\n%s%s", vendor, stdout.String(), stderr.String())
		}
		if n := strings.Count(stdout.String(), "::error"); n > maxAnnotations {
			t.Errorf("%s gets %d annotations", vendor, n)
		}
		text, _ := os.ReadFile(summary)
		values, _ := os.ReadFile(output)
		if told := len(text) > 0 && strings.Contains(string(values), "image=reg/orders@sha256:ab\n"); told != (vendor == ci.GitHub) {
			t.Errorf("%s: summary %q, output %q", vendor, text, values)
		}
	}
}

func TestACISystemThatDoesNotListenIsNoFault(t *testing.T) {
	var stdout, stderr bytes.Buffer
	a := &app{dir: t.TempDir(), stdout: &stdout, stderr: &stderr, secrets: redact.New(), environ: []string{"GITHUB_OUTPUT=/nowhere/output"}}
	a.tellVendor(ci.GitHub, pipeline.Outcome{RunID: "R-1", Release: &registry.Release{}}, nil)
	if !strings.Contains(stderr.String(), "pipeline: warning: tell github: open /nowhere/output") {
		t.Errorf("stderr %q", stderr.String())
	}
}

func TestTheCISystemMayBeNamed(t *testing.T) {
	environ := []string{"bamboo_planKey=SHOP", "bamboo_buildNumber=7", "GITHUB_RUN_NUMBER=31"}
	for flag, want := range map[string]ci.Build{
		"auto":   {Vendor: ci.Bamboo, Key: "SHOP", Number: "7"},
		"none":   {},
		"github": {Vendor: ci.GitHub, Number: "31"},
	} {
		a := &app{ci: flag, environ: environ}
		if got := a.detect(); got != want || a.knownCI() != nil {
			t.Errorf("--ci=%s: %+v, want %+v", flag, got, want)
		}
	}
	a := &app{ci: "gitlub"}
	if err := a.knownCI(); err == nil || !strings.Contains(err.Error(), "gitlab") {
		t.Errorf("got %v, want the nearest name", err)
	}
}
