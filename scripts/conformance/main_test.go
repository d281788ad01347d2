package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const answers = "driver\tgo-ora 2.9.0\tGo 1.26\nping\tok\t\ninterval\t3001\tORA-03001: not in the stand-in: intervals Help: somewhere\njson\tn/a\tnot in the driver\n"

func features() []feature {
	return []feature{{"ping", "ping"}, {"interval", "INTERVAL"}, {"json", "JSON"}}
}

func TestAFeatureThatWasNotAnsweredIsWrong(t *testing.T) {
	d := parse("go-ora", answers)
	if d.version != "2.9.0" || d.runtime != "Go 1.26" || d.of(feature{name: "ping"}).verdict != verdictOK {
		t.Errorf("got %+v", d)
	}
	if a := d.of(feature{name: "cancel"}); a.verdict != verdictWrong {
		t.Errorf("got %+v", a)
	}
	if err := results(features(), []driver{d}); err != nil {
		t.Error(err)
	}
	if err := results([]feature{{name: "cancel"}}, []driver{d}); !errors.Is(err, errWrong) {
		t.Errorf("got %v", err)
	}
}

func TestTheRefusalsAreExplained(t *testing.T) {
	page := markdown(features(), []driver{parse("go-ora", answers), parse("other", answers)}, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	for _, want := range []string{"on 2026-11-22", "|version| 2.9.0, Go 1.26 |", "|ping| ok | ok |", "|INTERVAL| ORA-03001 |", "|JSON| - |", "- INTERVAL: intervals\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
}

func TestASkippedDriverLeavesThePageAlone(t *testing.T) {
	folder := t.TempDir()
	page := filepath.Join(folder, "page.md")
	var all strings.Builder
	for _, f := range parseFeatures(featureList) {
		all.WriteString(f.name + "\tok\t\n")
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go-ora.tsv", all.String())
	write("ojdbc11.tsv", "skipped\tojdbc11\t\n")
	if err := run(folder, page); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(page); err == nil {
		t.Error("a page without ojdbc11 was written")
	}
	write("ojdbc11.tsv", all.String())
	if err := run(folder, page); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
}
