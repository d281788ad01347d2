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
