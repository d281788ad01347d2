package junit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const green = `<testsuite><testcase name="a" time="1"/></testsuite>`

func defaults() []string {
	return []string{"**/target/surefire-reports/TEST-*.xml", "**/target/{surefire,failsafe}-reports/TEST-*.xml"}
}

func TestCollectAddsUpWhatWasWrittenSince(t *testing.T) {
	dir := t.TempDir()
	old := put(t, dir, "target/surefire-reports/TEST-old.xml", surefire)
	before := time.Now().Add(-time.Minute)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	put(t, dir, "target/surefire-reports/TEST-a.xml", green)
	put(t, dir, "mod/deep/target/failsafe-reports/TEST-b.xml", surefire)
	put(t, dir, "target/surefire-reports/other.xml", surefire)
	put(t, dir, ".pipeline/out/target/surefire-reports/TEST-c.xml", surefire)
	put(t, dir, "node_modules/x/target/surefire-reports/TEST-d.xml", surefire)
	if err := os.Symlink(dir, filepath.Join(dir, "mod/loop")); err != nil {
		t.Fatal(err)
	}
	r, err := Collect(dir, defaults(), since)
	if err != nil {
		t.Fatal(err)
	}
	if r.Files != 2 || r.Stale != 1 || r.Total != 7 || r.Failed != 2 {
		t.Errorf("got %d files, %d stale, %+v", r.Files, r.Stale, r.Totals)
	}
	if r.Failures[0].File != "mod/deep/target/failsafe-reports/TEST-b.xml" {
		t.Errorf("first failure in %s", r.Failures[0].File)
	}
}

func TestCollectNamesTheFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	since := time.Now()
	put(t, dir, "target/surefire-reports/TEST-a.xml", green)
	put(t, dir, "target/surefire-reports/TEST-b.xml", "<testsuite>\n<testcase")
	put(t, dir, "target/surefire-reports/TEST-c.xml", "")
	r, err := Collect(dir, defaults(), since)
	want := "test report target/surefire-reports/TEST-b.xml: line 2: unexpected EOF\n" +
		"test report target/surefire-reports/TEST-c.xml: line 1: is empty"
	if err == nil || err.Error() != want || r.Total != 1 {
		t.Errorf("got %+v, %v, want %s", r.Totals, err, want)
	}
}

// The summary is what Failsafe 3.5.3 wrote about a test that called
// Runtime.halt, its stack trace cut.
func TestCollectHearsOfAJVMThatDied(t *testing.T) {
	const healthy = `<?xml version="1.0" encoding="UTF-8"?>
<failsafe-summary xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" result="null" timeout="false">
    <completed>1</completed><errors>0</errors><failures>0</failures><skipped>0</skipped><flakes>0</flakes>
    <failureMessage xsi:nil="true"/>
</failsafe-summary>`
	died := strings.Replace(strings.Replace(healthy, `result="null"`, `result="254"`, 1), `<failureMessage xsi:nil="true"/>`,
		"<failureMessage>org.apache.maven.surefire.booter.SurefireBooterForkException: The forked VM terminated without properly saying goodbye. VM crash or System.exit called?\n"+
			"Crashed tests:\nZCrashIT\n</failureMessage>", 1)
	tests := map[string]struct {
		summary string
		old     bool
		cause   string
		fault   string
	}{
		"healthy":             {healthy, false, "", ""},
		"died":                {died, false, "failsafe: org.apache.maven.surefire.booter.SurefireBooterForkException: The forked VM terminated", ""},
		"timeout":             {strings.Replace(healthy, `timeout="false"`, `timeout="true"`, 1), false, "failsafe: the tests' JVM was stopped", ""},
		"of an earlier build": {died, true, "", ""},
		"cut off":             {died[:200], false, "", "test report a/target/failsafe-reports/failsafe-summary.xml: is no summary of Failsafe"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir, since := t.TempDir(), time.Now()
			put(t, dir, "a/target/failsafe-reports/TEST-AGoodIT.xml", green)
			file := put(t, dir, "a/target/failsafe-reports/failsafe-summary.xml", tt.summary)
			if tt.old {
				before := since.Add(-time.Minute)
				if err := os.Chtimes(file, before, before); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Collect(dir, []string{"**/target/failsafe-reports/TEST-*.xml"}, since)
			if (err == nil) != (tt.fault == "") || (err != nil && !strings.Contains(err.Error(), tt.fault)) {
				t.Errorf("err = %v, want %q", err, tt.fault)
			}
			if !strings.HasPrefix(r.Cause(), tt.cause) || (r.Failed > 0) != (tt.cause != "") || r.Stale != 0 {
				t.Errorf("cause %q, %+v, want %q", r.Cause(), r.Totals, tt.cause)
			}
		})
	}
}

func TestCollectOfAFolderThatIsNotThere(t *testing.T) {
	if _, err := Collect(filepath.Join(t.TempDir(), "none"), defaults(), time.Now()); err == nil {
		t.Error("no error")
	}
}

func TestWrittenKnowsCoarseClocks(t *testing.T) {
	since := time.Date(2026, 11, 22, 10, 0, 0, 500_000_000, time.UTC)
	tests := map[string]struct {
		at   time.Time
		want bool
	}{
		"after":                     {since.Add(time.Millisecond), true},
		"kernel's tick before":      {since.Add(-4 * time.Millisecond), true},
		"before":                    {since.Add(-100 * time.Millisecond), false},
		"whole seconds, the same":   {since.Truncate(time.Second), true},
		"whole seconds, one before": {since.Truncate(time.Second).Add(-time.Second), false},
	}
	for name, tt := range tests {
		if got := written(tt.at, since); got != tt.want {
			t.Errorf("%s: written = %v, want %v", name, got, tt.want)
		}
	}
}

func TestGlobs(t *testing.T) {
	tests := map[string]struct {
		glob, path string
		want       bool
	}{
		"none of **":        {"**/target/*.xml", "target/a.xml", true},
		"many of **":        {"**/target/*.xml", "a/b/target/a.xml", true},
		"** at the end":     {"reports/**", "reports/a/b.xml", true},
		"** in the middle":  {"a/**/b/*.xml", "a/x/y/b/c.xml", true},
		"two **":            {"**/a/**/*.xml", "x/a/y/z.xml", true},
		"* within a folder": {"reports/*.xml", "reports/a/b.xml", false},
		"plain":             {"./report.xml", "report.xml", true},
		"other name":        {"report.xml", "a/report.xml", false},
		"braces":            {"{a,b{1,2}}/*.xml", "b2/x.xml", true},
		"braces, other":     {"{a,b{1,2}}/*.xml", "b3/x.xml", false},
		"open brace":        {"{a/*.xml", "{a/x.xml", true},
		"bad pattern":       {"[a/*.xml", "[a/x.xml", false},
		"longer pattern":    {"a/b/c", "a/b", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := slices.ContainsFunc(compile(tt.glob), func(p pattern) bool { return p.match(tt.path) })
			if got != tt.want {
				t.Errorf("%s matches %s: %v", tt.glob, tt.path, got)
			}
			folder := filepath.ToSlash(filepath.Dir(tt.path))
			if tt.want && !slices.ContainsFunc(compile(tt.glob), func(p pattern) bool { return p.leads(folder) }) {
				t.Errorf("%s does not lead into %s", tt.glob, folder)
			}
		})
	}
	if got := len(expand(strings.Repeat("{a,b}", 30))); got > 2*maxAlternatives {
		t.Errorf("braces multiply to %d", got)
	}
}

func TestWriteIsReadBack(t *testing.T) {
	var out bytes.Buffer
	err := Write(&out, Suite{Name: "pipeline", Start: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), Steps: []Step{
		{Name: "oracle-start", Took: 1500 * time.Millisecond, Output: "up"},
		{Name: "oracle-wait", Failure: `not ready: "ORA-12514" <x>`, Type: "NotReady", Details: "line 1\nline 2\x00", Took: time.Second},
		{Name: "image-build", Skipped: "the step before failed"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="pipeline" tests="3" failures="1" errors="0" skipped="1" time="2.500" timestamp="2026-11-22T10:00:00">
  <testcase name="oracle-start" classname="pipeline" time="1.500">
    <system-out>up</system-out>
  </testcase>
  <testcase name="oracle-wait" classname="pipeline" time="1.000">
    <failure message="not ready: &#34;ORA-12514&#34; &lt;x&gt;" type="NotReady">line 1&#xA;line 2�</failure>
  </testcase>
  <testcase name="image-build" classname="pipeline" time="0.000">
    <skipped message="the step before failed"></skipped>
  </testcase>
</testsuite>
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	r := parse(t, out.String())
	if r.Total != 3 || r.Failed != 1 || r.Skipped != 1 || r.Cause() != `pipeline.oracle-wait: ORA-12514" <x>` {
		t.Errorf("read back %+v, %s", r.Totals, r.Cause())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteTellsWhatHinders(t *testing.T) {
	if err := Write(broken{}, Suite{}); err == nil || !strings.Contains(err.Error(), "write test report") {
		t.Errorf("got %v", err)
	}
}
