package junit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTimelineTellsWhenEachTestRan(t *testing.T) {
	wrote := time.Date(2026, 11, 22, 21, 0, 10, 0, time.UTC)
	for name, c := range map[string]struct {
		report string
		want   string // seconds before the file was written
	}{
		"a time with a zone": {
			`<testsuite name="s" timestamp="2026-11-22T21:00:01.5Z" time="9"><testcase classname="A" name="a" time="1.5"/><testcase name="b" time="2"/></testsuite>`,
			"A.a -8.5 -7, s.b -7 -5",
		},
		"a time of this machine": {
			`<testsuites><testsuite name="s" timestamp="` + wrote.Local().Format("2006-01-02T15:04:05") + `"><testcase classname="A" name="a" time="2"/></testsuite></testsuites>`,
			"A.a 0 2",
		},
		"no time: it has ended when it was written": {
			`<testsuite name="s" time="5"><testcase classname="A" name="a" time="1"/><testcase classname="A" name="b" time="2"/></testsuite>`,
			"A.a -5 -4, A.b -4 -2",
		},
		"several without: one after the other": {
			`<testsuites><testsuite name="s"><testcase classname="A" name="a" time="1"/></testsuite><testsuite name="t" time="3"><testcase classname="B" name="b" time="3"/></testsuite></testsuites>`,
			"B.b -3 0, A.a -4 -3",
		},
		"damaged: as far as it goes": {
			`<testsuite name="s" time="5"><testcase classname="A" name="a" time="1"/><testcase classname="A"`, "A.a -5 -4",
		},
		"nothing":          {"", ""},
		"a time of no day": {`<testsuite name="s" timestamp="yesterday" time="1"><testcase classname="A" name="a" time="1"/></testsuite>`, "A.a -1 0"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "TEST-a.xml")
			if err := os.WriteFile(file, []byte(c.report), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, wrote, wrote); err != nil {
				t.Fatal(err)
			}
			spans, err := Timeline(dir, []string{"TEST-*.xml"}, wrote.Add(-time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range spans {
				got = append(got, fmt.Sprintf("%s %v %v", s.Test, s.Start.Sub(wrote).Seconds(), s.End.Sub(wrote).Seconds()))
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("got %s, want %s", text, c.want)
			}
			if old, err := Timeline(dir, []string{"TEST-*.xml"}, wrote.Add(time.Minute)); err != nil || len(old) > 0 {
				t.Errorf("an old report: got %v, %v", old, err)
			}
		})
	}
}

func FuzzTimeline(f *testing.F) {
	f.Add(`<testsuites><testsuite name="s" timestamp="2026-11-22T21:00:01.5Z" time="9"><testcase classname="A" name="a" time="1.5"/></testsuite></testsuites>`)
	f.Add(`<testsuite time="1e7"><testcase time="-1"/><testcase time="99999999"/>`)
	f.Add(`<testcase/><testsuite timestamp="0001-01-01T00:00:00">`)
	f.Fuzz(func(t *testing.T, report string) {
		for _, s := range spansOf(strings.NewReader(report), time.Unix(1_800_000_000, 0)) {
			if s.End.Before(s.Start) {
				t.Errorf("%s ends before it begins: %v, %v", s.Test, s.Start, s.End)
			}
		}
	})
}
