package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/oracle"
)

func TestFailedTestsSayInOneSentenceWhatToLookAt(t *testing.T) {
	red := junit.Report{
		Totals: junit.Totals{Total: 3, Failed: 1}, Files: 1,
		Failures: []junit.Case{{Class: "OrderIT", Name: "places", ORA: "ORA-00942: table or view does not exist"}},
	}
	exit := &command.ExitError{Command: "mvn verify", Code: 137, Tail: []string{"Killed"}}
	tests := map[string]struct {
		failed TestsFailed
		want   string
	}{
		"red test":                 {TestsFailed{Report: red}, "OrderIT.places: ORA-00942: table or view does not exist"},
		"red test, failed command": {TestsFailed{Report: red, Command: exit}, "OrderIT.places: ORA-00942: table or view does not exist"},
		"failed command":           {TestsFailed{Command: exit}, "mvn verify: exit status 137: Killed"},
		"damaged report":           {TestsFailed{Damaged: errors.New("line 2: unexpected EOF")}, "line 2: unexpected EOF"},
		"damaged, failed command":  {TestsFailed{Damaged: errors.New("line 2: unexpected EOF"), Command: exit}, "mvn verify: exit status 137: Killed; line 2: unexpected EOF"},
		"empty report":             {TestsFailed{Report: junit.Report{Files: 1}}, "the test command succeeded, but its reports hold no test"},
		"no report":                {TestsFailed{Globs: []string{"a/*.xml", "b/*.xml"}}, "the test command succeeded, but left no test report (looked for a/*.xml, b/*.xml)"},
		"old reports":              {TestsFailed{Report: junit.Report{Stale: 4}, Globs: []string{"*.xml"}}, "the test command succeeded, but left no test report (looked for *.xml; 4 older ones do not count)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.failed.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := errors.Is(&tt.failed, exit); got != (tt.failed.Command != nil) {
				t.Errorf("wraps the command's error: %v", got)
			}
		})
	}
}

func TestTotalsNameOnlyWhatThereIs(t *testing.T) {
	for want, of := range map[string]junit.Totals{
		"3 tests, 0 failed":                     {Total: 3},
		"9 tests, 1 failed, 2 skipped, 3 flaky": {Total: 9, Failed: 1, Skipped: 2, Flaky: 3},
	} {
		if got := totals(of); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// newRun is a run that has only its folder and its records.
func newRun(t *testing.T, cfg Config, environ ...string) (*run, func() []events.Event) {
	t.Helper()
	cfg.Dir = t.TempDir()
	dir, err := OpenWorkdir(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	if err := dir.EmptyOut(); err != nil {
		t.Fatal(err)
	}
	var heard []events.Event
	sink := events.Sink(func(e events.Event) { heard = append(heard, e) })
	r := &run{cfg: cfg, set: Settings{Environ: environ, Secrets: redact.New()}, dir: dir, events: sink}
	return r, func() []events.Event { return heard }
}

func TestCommandsGetTheDatabaseAndWhatBuildEnvMakesOfIt(t *testing.T) {
	r, _ := newRun(t, Config{Build: BuildConfig{Env: map[string]string{
		"SPRING_DATASOURCE_URL": "${ORACLE_JDBC_URL}?x=1", "APP_HOME": "${HOME}/app", "LEFT": "${alone}",
	}}}, "HOME=/home/ci")
	db := oracle.Database{Host: "127.0.0.1", Port: 1521, Service: "FREEPDB1", Schemas: []oracle.Schema{{Name: "orders", User: "ORDERS"}}}
	env := r.testEnvironment(db)
	for _, want := range []string{
		"ORACLE_USER=ORDERS", "SPRING_DATASOURCE_URL=jdbc:oracle:thin:@//127.0.0.1:1521/FREEPDB1?x=1",
		"APP_HOME=/home/ci/app", "LEFT=${alone}",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%q is not in %q", want, env)
		}
	}
}

func TestACommandsOutputIsMaskedWhereverItGoes(t *testing.T) {
	r, heard := newRun(t, Config{}, "PATH="+os.Getenv("PATH"))
	r.set.Secrets.Add("tiger-tiger")
	r.outcome.RunID = "a-run"
	err := r.shell(t.Context(), r.events, StepTest, `echo "as tiger-tiger in $PIPELINE_RUN_ID"; echo bad tiger-tiger >&2; exit 3`, nil)
	var exit *command.ExitError
	if !errors.As(err, &exit) || exit.Code != 3 {
		t.Fatalf("got %v, want exit status 3", err)
	}
	log, err := os.ReadFile(r.dir.LogPath(StepTest))
	if err != nil || !strings.Contains(string(log), "in a-run\n") {
		t.Errorf("log %q, %v", log, err)
	}
	if strings.Contains(string(log), "tiger-tiger") {
		t.Errorf("log %q", log)
	}
	if len(heard()) != 2 {
		t.Errorf("heard %v, want both lines", heard())
	}
}

func TestOnlyRedTestsTakeAProofBack(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		kept bool
	}{
		"red":    {&StepError{Step: StepTest, Err: &TestsFailed{}}, false},
		"others": {&StepError{Step: StepOracleWait, Err: errors.New("no database")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newRun(t, Config{})
			proof := r.dir.State(proofFile)
			if err := os.WriteFile(proof, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := r.revoke(tt.err); err != nil {
				t.Fatal(err)
			}
			if err := r.revoke(tt.err); err != nil { // it is gone by now
				t.Fatal(err)
			}
			if _, err := os.Stat(proof); (err == nil) != tt.kept {
				t.Errorf("the proof: %v, want it kept: %v", err, tt.kept)
			}
		})
	}
}

func TestPathsAreToldFromTheProjectsFolder(t *testing.T) {
	r, _ := newRun(t, Config{})
	if got := r.relative(filepath.Join(r.cfg.Dir, ".pipeline", "out")); got != filepath.Join(".pipeline", "out") {
		t.Errorf("got %s", got)
	}
}
