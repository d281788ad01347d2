package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/maven"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline"
	"github.com/haddock-ci/pipeline/registry"
)

func TestEveryErrorHasItsExitStatus(t *testing.T) {
	exit := &command.ExitError{Command: "mvn verify", Code: 1}
	tests := map[string]struct {
		err    error
		status int
	}{
		"red tests":          {&pipeline.TestsFailed{Report: junit.Report{Totals: junit.Totals{Total: 3, Failed: 1}}}, 1},
		"failed command":     {exit, 1},
		"no reports":         {&pipeline.ReportsError{}, 1},
		"Dockerfile":         {&imagebuild.BuildError{}, 1},
		"init script":        {&oracle.InitError{}, 1},
		"faults":             {pipeline.Faults{{Text: "x"}}, 2},
		"usage":              {&pipeline.UsageError{Text: "x"}, 2},
		"untested":           {&pipeline.UntestedError{}, 2},
		"ssh endpoint":       {engine.ErrEndpoint, 2},
		"no engine":          {engine.ErrNoEngine, 3},
		"no permission":      {engine.ErrPermission, 3},
		"unknown image":      {oracle.ErrImageUnknown, 3},
		"port taken":         {oracle.ErrPortTaken, 3},
		"disk full":          {oracle.ErrDiskFull, 3},
		"program missing":    {&command.NotFoundError{Program: "mvn", Err: exit}, 3},
		"no JDK":             {&maven.NoJDKError{Err: exit}, 3},
		"second run":         {&pipeline.WorkdirError{Doing: "lock", Err: pipeline.ErrBusy}, 3},
		"anything else":      {errors.New("x"), 3},
		"database not ready": {&oracle.NotReadyError{Reason: oracle.Timeout}, 4},
		"database died":      {errors.Join(exit, &oracle.NotReadyError{Reason: oracle.Exited}), 4},
		"build.timeout":      {&pipeline.BuildTimeout{Limit: time.Minute}, 5},
		"hang up":            {&pipeline.Interrupted{Signal: "HUP", Status: 129}, 129},
		"interrupt":          {&pipeline.Interrupted{Signal: "INT", Status: 130}, 130},
		"quit":               {&pipeline.Interrupted{Signal: "QUIT", Status: 131}, 131},
		"terminate":          {&pipeline.Interrupted{Signal: "TERM", Status: 143}, 143},
		"interrupted tests":  {errors.Join(&pipeline.Interrupted{Signal: "QUIT", Status: 131}, exit), 131},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			wrapped := &pipeline.StepError{Step: "test", Err: fmt.Errorf("doing something: %w", tt.err)}
			if got, _ := explain(wrapped); got != tt.status {
				t.Errorf("exit status %d, want %d", got, tt.status)
			}
		})
	}
}

func TestTheLastLinesSayWhyWhereAndHowToRepeat(t *testing.T) {
	var out bytes.Buffer
	a := &app{stderr: &out, secrets: redact.New(), failed: &failure{log: ".pipeline/out/logs/test.log", again: "pipeline run --stage=itest"}}
	status := a.report(&pipeline.StepError{Step: "oracle-wait", Err: errors.Join(
		&oracle.NotReadyError{Reason: oracle.Timeout, After: time.Minute, Phase: oracle.Mounted}, errors.New("second"))})
	if status != 4 {
		t.Errorf("exit status %d, want 4", status)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("got %d lines, want 4:\n%s", len(lines), out.String())
	}
	for i, prefix := range []string{
		"pipeline: error: oracle-wait: database not ready", "pipeline: hint: ",
		"pipeline: log: .pipeline/out/logs/test.log", "pipeline: again: pipeline run --stage=itest",
	} {
		if !strings.HasPrefix(lines[i], prefix) {
			t.Errorf("line %d is %q, want it to start with %q", i+1, lines[i], prefix)
		}
	}
}

func TestHintsFitTheCase(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"a tag of CI":        {&registry.TagTakenError{Tag: "1.4.2-7"}, "pipeline image inspect 1.4.2-7"},
		"no report":          {&pipeline.TestsFailed{}, "build.reports in pipeline.yaml"},
		"a failed command":   {&pipeline.TestsFailed{Command: &command.ExitError{}}, ""},
		"a red test":         {&pipeline.TestsFailed{Report: junit.Report{Files: 1, Totals: junit.Totals{Total: 3, Failed: 1}}}, ""},
		"a script":           {&command.NotFoundError{Program: "./test.sh"}, "chmod +x ./test.sh"},
		"a program":          {&command.NotFoundError{Program: "mvn", Path: "/bin"}, "pipeline doctor"},
		"a login":            {&registry.Error{Registry: "reg.example.com", Kind: registry.ErrDenied, Err: errors.New("401")}, "docker login reg.example.com"},
		"a wrong host":       {&registry.Error{Registry: "reg.example.com", Kind: registry.ErrUnreachable, Err: errors.New("no such host")}, "curl -v https://reg.example.com/v2/"},
		"a folder too deep":  {&noConfigError{above: "../.."}, "pipeline check -C ../.."},
		"no file whatsoever": {&noConfigError{}, "pipeline init"},
	} {
		if _, hint := explain(fmt.Errorf("x: %w", tt.err)); !strings.Contains(hint, tt.want) || tt.want == "" && hint != "" {
			t.Errorf("%s: hint %q, want %q", name, hint, tt.want)
		}
	}
}
