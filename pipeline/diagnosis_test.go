package pipeline

import (
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/pipeline/diagnosis"
)

func TestNoFileOfTheDiagnosisHoldsASecret(t *testing.T) {
	const secret = "tiger&scott/1+2"
	dir, err := OpenWorkdir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r := &run{dir: dir, set: Settings{Secrets: redact.New(secret)}}
	forms := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte("SYSTEM:" + secret)),
	}
	r.diagnose(t.Context(), diagnosis.Failure{Err: errors.New("test: cannot connect with " + strings.Join(forms, " or "))})
	if r.outcome.Diagnosis != ".pipeline/out/diagnosis" {
		t.Errorf("it is said to be in %q", r.outcome.Diagnosis)
	}
	names, err := filepath.Glob(dir.Out("diagnosis/*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got %q, %v", names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range forms[:4] {
			if strings.Contains(string(text), form) {
				t.Errorf("%s holds %s", name, form)
			}
		}
		if strings.Contains(string(text), forms[4][10:]) {
			t.Errorf("%s holds %s", name, forms[4])
		}
	}
}

func TestADiagnosisThatCannotBeWrittenIsAWarning(t *testing.T) {
	dir, err := OpenWorkdir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := os.WriteFile(dir.Out(""), nil, 0o644); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	heard := &collected{}
	r := &run{dir: dir, set: Settings{Secrets: redact.New()}, events: heard.take}
	r.diagnose(t.Context(), diagnosis.Failure{Err: errors.New("test: red")})
	if len(heard.warnings) != 1 || !strings.HasPrefix(heard.warnings[0], "no diagnosis: ") || r.outcome.Diagnosis != "" {
		t.Errorf("heard %q", heard.warnings)
	}
}

func TestWhatIsNotADatabasesFaultHasNoDiagnosis(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"compile": {&StepError{Step: StepCompile, Err: errors.New("x")}, false},
		"test":    {errors.Join(&StepError{Step: StepTest, Err: errors.New("x")}, errors.New("y")), true},
		"wait":    {&StepError{Step: StepOracleWait, Err: errors.New("x")}, true},
		"other":   {errors.New("x"), false},
	} {
		if got := ofDatabase(c.err); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// collected are the warnings that came.
type collected struct{ warnings []string }

func (c *collected) take(e events.Event) {
	if e.Kind == events.Warning {
		c.warnings = append(c.warnings, e.Text)
	}
}
