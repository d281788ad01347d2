package pipeline

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/registry"
)

// reported is report.html of a run that told these events.
func reported(t *testing.T, r *run, outcome Outcome, runErr error, told ...events.Event) string {
	t.Helper()
	record, err := newRecorder(r.dir, redact.New("tiger-tiger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	record.plot = newPlot(r, began)
	for i, e := range told {
		e.Time = began.Add(time.Duration(i) * time.Second)
		record.take(e)
	}
	if err := record.Close(r.dir, &outcome, runErr); !errors.Is(err, runErr) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.dir.Out(ReportFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func holds(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

func TestTheReportShowsWhatTheEventsTold(t *testing.T) {
	r, _ := newRun(t, Config{Name: "orders"})
	told := []events.Event{
		{Kind: events.StepStarted, Step: StepOracleWait},
		{Kind: events.OraclePhase, Step: StepOracleWait, Text: "mounting the database"},
		{Kind: events.OraclePhase, Step: StepOracleWait, Text: "opening the database"},
		{Kind: events.StepFinished, Step: StepOracleWait, Seconds: 3},
		{Kind: events.StepStarted, Step: StepTest},
		{Kind: events.Warning, Step: StepTest, Text: "as tiger-tiger"},
		{Kind: events.TestResult, Step: StepTest, Text: "2 tests, 1 failed"},
		{Kind: events.StepFinished, Step: StepTest, Seconds: 3, Error: "OrderIT.pays: deadlock"},
		{Kind: events.StepSkipped, Step: StepImageBuild, Text: "the tests failed"},
		{Kind: events.RunFinished, Seconds: 9, Error: "test: OrderIT.pays: deadlock"},
	}
	outcome := Outcome{
		Failed: StepTest, Log: ".pipeline/out/logs/test.log", Database: registry.Database{Image: "gvenzl/oracle-free:23"},
		Report: junit.Report{Totals: junit.Totals{Total: 2, Failed: 1}, Failures: []junit.Case{
			{Class: "OrderIT", Name: "pays", Message: "no login as tiger-tiger", ORA: "ORA-00060: deadlock"},
		}},
		Built: "reg.example.com/orders:1.0-7", Layers: []imagebuild.Part{{Name: "COPY a", Size: 4000}, {Name: "COPY b", Size: 9000}}, Reused: []bool{true, false},
	}
	if err := os.MkdirAll(r.dir.Out(diagnosisDir), 0o755); err != nil {
		t.Fatal(err)
	}
	said := "2026-11-22 20:51:02.123 during OrderIT.pays or OrderIT.other: ORA-00060: Deadlock detected\n" +
		"2026-11-22 20:51:03.000 during OrderIT.else: not ours\n2026-11-22 20:51:04.000 while the database was mounting: nor this\n"
	if err := os.WriteFile(r.dir.Out(diagnosisDir+"/tests.txt"), []byte(said), 0o644); err != nil {
		t.Fatal(err)
	}
	failed := &StepError{Step: StepTest, Err: errors.New("OrderIT.pays: deadlock")}
	page := reported(t, r, outcome, failed, told...)
	holds(t, page, "Failed in test", `<p class="cause">OrderIT.pays: deadlock</p>`, `href="logs/test.log"`, "pipeline run --stage=itest", "as [secret]",
		"mounting the database</span><b>1 s</b>", "opening the database</span><b>1 s</b>", "gvenzl/oracle-free:23", "no login as [secret]",
		"20:51:02.123 ORA-00060: Deadlock detected", "9.0 kB new", `<a href="diagnosis/tests.txt">`, "skipped: the tests failed")
	if strings.Contains(page, "not ours") || strings.Contains(page, "tiger") {
		t.Errorf("the page shows what it must not")
	}

	outcome = Outcome{Report: junit.Report{Totals: junit.Totals{Total: 2}}}
	holds(t, reported(t, r, outcome, nil, told[0], told[3]), "Passed", "The run before", "failed in test in 9 s", "Failed in the run before, and not any more", "<li>OrderIT.pays</li>")
}

func TestADamagedRunBeforeIsNone(t *testing.T) {
	r, _ := newRun(t, Config{Name: "orders"})
	if err := os.WriteFile(r.dir.State(lastRun(nil)), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if page := reported(t, r, Outcome{}, nil); strings.Contains(page, "The run before") {
		t.Error("the page compares with nothing")
	}
}

func TestFactsNameWhereTheRunTookPlace(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(home+"/release", []byte("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.13\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, _ := newRun(t, Config{}, "JAVA_HOME="+home)
	found := map[string]string{}
	for _, fact := range r.facts(&Ready{git: git.Status{Commit: "4f2a9c1be07d", Branch: "main", Dirty: true}}) {
		found[fact.Name] = fact.Value
	}
	if found["Java"] != "17.0.13" || found["Branch"] != "main" || !strings.Contains(found["Commit"], "not committed") || found["System"] == "" || found["Engine"] != "" {
		t.Errorf("facts %v", found)
	}
}

func TestAStepThatWasStoppedIsNoSecondFault(t *testing.T) {
	told := []events.Event{
		{Kind: events.StepStarted, Step: StepCompile},
		{Kind: events.StepFinished, Step: StepCompile, Seconds: 1, Error: "stopped, because oracle-wait failed", Fields: map[string]string{events.FieldStoppedFor: StepOracleWait}},
		{Kind: events.StepStarted, Step: StepOracleWait},
		{Kind: events.StepFinished, Step: StepOracleWait, Seconds: 1, Error: "it died"},
	}
	r, _ := newRun(t, Config{Name: "orders"})
	outcome := Outcome{Failed: StepOracleWait, Diagnosis: ".pipeline/out/diagnosis"}
	page := reported(t, r, outcome, &StepError{Step: StepOracleWait, Err: errors.New("it died")}, told...)
	holds(t, page, "<td>stopped, because oracle-wait failed</td>", `href="diagnosis/index.txt"`, "Failed in oracle-wait")
	for name, want := range map[string]string{
		"TEST-pipeline.xml": `tests="2" failures="1" errors="0" skipped="1"`,
		SummaryFile:         "stopped, because oracle-wait failed",
	} {
		if text, err := os.ReadFile(r.dir.Out(name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, want %s in\n%s", name, err, want, text)
		}
	}
	page = reported(t, r, Outcome{Failed: StepTest}, &StepError{Step: StepTest, Err: &Interrupted{Signal: "INT", Status: 130}})
	holds(t, page, "Interrupted in test")
}
