package pipeline

import (
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/oracle"
)

func TestALineOfTheLogBelongsToTheTestThatRan(t *testing.T) {
	began := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	spans := []junit.Span{
		{Test: "Order.browse", Start: at(1), End: at(4)},
		{Test: "Order.pay", Start: at(4), End: at(10)},
		{Test: "Slow.all", Start: at(1), End: at(30)},
		{Test: "Slow.all", Start: at(1), End: at(31)},
	}
	deadlock := junit.Case{Class: "Order", Name: "pay", ORA: "ORA-00060: deadlock detected"}
	for name, c := range map[string]struct {
		line     oracle.LogLine
		failures []junit.Case
		want     string
	}{
		"before the tests":   {oracle.LogLine{At: at(-1), Phase: oracle.Opened, Text: "ORA-01109"}, nil, "while the database was opening the database"},
		"by time":            {oracle.LogLine{At: at(5), Text: "Checkpoint not complete"}, nil, "during Order.pay or Slow.all"},
		"by the failure":     {oracle.LogLine{At: at(5), Text: "ORA-00060: Deadlock detected."}, []junit.Case{deadlock}, "during Order.pay"},
		"of another failure": {oracle.LogLine{At: at(5), Text: "ORA-00942: no table"}, []junit.Case{deadlock}, "during Order.pay or Slow.all"},
		"of two failures, the one that ran": {
			oracle.LogLine{At: at(2), Text: "ORA-00060"},
			[]junit.Case{deadlock, {Class: "Order", Name: "browse", Message: "java.sql.SQLException: ORA-00060: deadlock"}},
			"during Order.browse",
		},
		"close to one": {oracle.LogLine{At: at(31.5), Text: "ORA-00060"}, nil, "during or near Slow.all"},
		"at no test":   {oracle.LogLine{At: at(60), Text: "ORA-00060"}, nil, "during the tests"},
	} {
		t.Run(name, func(t *testing.T) {
			of := failing{since: began, report: junit.Report{Failures: c.failures}}
			if got, _ := of.when(c.line, spans); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if got, _ := (failing{}).when(oracle.LogLine{At: at(5), Phase: oracle.Ready}, nil); got != "while the database was ready by its log" {
		t.Errorf("without tests: %s", got)
	}
	if got := listed([]string{"a", "b", "c", "d", "e"}); got != "a or b or c or 2 others" {
		t.Errorf("many: %s", got)
	}
}

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
	r.diagnose(t.Context(), failing{err: errors.New("test: cannot connect with " + strings.Join(forms, " or "))})
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
	r.diagnose(t.Context(), failing{err: errors.New("test: red")})
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
