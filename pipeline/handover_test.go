package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/registry"
)

func exampleHandover() Handover {
	r := registry.Release{
		Schema: registry.ReleaseSchema, Name: "orders", Version: "1.4.2", Repository: "registry.example.com/shop/orders",
		Tag: "1.4.2-42", Digest: "sha256:" + strings.Repeat("ab", 32), Platform: "linux/amd64",
		Revision: strings.Repeat("c", 40), Branch: "main", Created: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		CI:       registry.CI{Vendor: "bamboo", Build: "SHOP-ORDERS-BLD-42", URL: "https://bamboo.example.com/browse/SHOP-ORDERS-42"},
		Tests:    registry.Tests{Total: 27, Skipped: 1, Flaky: 1, Tree: strings.Repeat("d", 40)},
		Tested:   true,
		Database: registry.Database{Image: "oracle-standin:latest", Digest: "sha256:" + strings.Repeat("ef", 32), StandIn: true},
		Tool:     "pipeline 0.1.0",
	}
	return Handover{Release: r, RunID: "SHOP-ORDERS-BLD-42-x7f3", Summary: Summary{
		Name: "orders", Release: &r,
		Tests: junit.Report{
			Files: 2, Totals: junit.Totals{Total: 27, Skipped: 1, Flaky: 1, Time: 12340 * time.Millisecond},
			Flakes: []junit.Case{{Class: "shop.OrderIT", Name: "wobbles", Message: "timed out"}},
		},
		Steps: []junit.Step{
			{Name: "oracle-start", Took: 1234 * time.Millisecond},
			{Name: "test", Took: 2 * time.Minute},
			{Name: "image-push", Skipped: "not asked for"},
		},
	}}
}

func TestHandoverWritesEveryFile(t *testing.T) {
	dir := t.TempDir()
	if err := exampleHandover().Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ReleaseFile, BambooFile, DotenvFile, SummaryFile} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		matches(t, filepath.Join("testdata/handover", name), string(got))
	}
}

func TestSummaryOfAFailedRun(t *testing.T) {
	s := Summary{
		Name: "orders", Failure: "test: shop.OrderIT.create: ORA-00942: table or view does not exist",
		Reproduce: "pipeline run --stage=itest",
		Tests: junit.Report{
			Files: 1, Totals: junit.Totals{Total: 30, Failed: 25},
			Failures: []junit.Case{{Name: "create|x", Message: "a <b>\n`c` *d* e_f"}},
		},
		Steps: []junit.Step{{Name: "test", Failure: "exit status 1", Took: time.Second}},
	}
	for range 24 {
		s.Tests.Failures = append(s.Tests.Failures, junit.Case{Name: "n", ORA: "ORA-00001: x"})
	}
	matches(t, "testdata/handover/failed.md", string(s.Markdown()))
}

func TestUntestedAndDirtyReleasesSaySo(t *testing.T) {
	h := exampleHandover()
	h.Summary.Release.Tested, h.Summary.Release.Dirty = false, true
	page := string(h.Summary.Markdown())
	for _, want := range []string{"**Not tested**", "not committed"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func TestHandoverRefusesWhatACISystemWouldSpoil(t *testing.T) {
	tests := map[string]struct {
		change func(h *Handover)
		want   string
	}{
		"too long":  {func(h *Handover) { h.Release.Repository = strings.Repeat("a", 200) }, "image: is longer than 254 characters"},
		"line end":  {func(h *Handover) { h.RunID = "a\nb=c" }, `runId: holds the character '\n'`},
		"backslash": {func(h *Handover) { h.RunID = `a\b` }, `runId: holds the character '\\'`},
		"no ASCII":  {func(h *Handover) { h.Release.Version = "1ü" }, "version: holds the character 'ü'"},
		"no digest": {func(h *Handover) { h.Release.Digest = "" }, "release.json: digest is missing"},
		"expanded":  {func(h *Handover) { h.Release.Tag = "${bamboo.x}" }, "tag: holds ${"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := exampleHandover()
			tt.change(&h)
			if err := h.Write(dir); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			empty(t, dir)
		})
	}
}

func TestHandoverLeavesNothingWhenOneFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, SummaryFile, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exampleHandover().Write(dir); err == nil || !strings.Contains(err.Error(), SummaryFile) {
		t.Errorf("got %v, want an error about %s", err, SummaryFile)
	}
	if err := os.RemoveAll(filepath.Join(dir, SummaryFile)); err != nil {
		t.Fatal(err)
	}
	empty(t, dir)
	if err := exampleHandover().Write(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "hand over the release") {
		t.Errorf("folder that is not there: %v", err)
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
