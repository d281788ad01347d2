package pipeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/registry"
)

// maxListed is how many failed tests a summary names.
const maxListed = 20

// A Summary tells a person on one page how a run went. It is written whether
// the run succeeded or not.
type Summary struct {
	Name      string
	Failure   string            // one sentence why the run failed; empty when it succeeded
	Reproduce string            // the command that repeats the failed step
	Log       string            // of the failed step
	Took      time.Duration     // zero while the run goes on
	Release   *registry.Release // nil when nothing was published
	Tests     junit.Report      // zero when no test ran
	Steps     []junit.Step
}

// Markdown gives the page.
func (s Summary) Markdown() []byte {
	var b strings.Builder
	if s.Failure == "" {
		fmt.Fprintf(&b, "# %s: done\n", inline(s.Name))
	} else {
		fmt.Fprintf(&b, "# %s: failed\n\n%s\n", inline(s.Name), inline(s.Failure))
	}
	s.pointers(&b)
	if s.Release != nil {
		s.release(&b, *s.Release)
	}
	s.tests(&b)
	if len(s.Steps) > 0 {
		b.WriteString("\n## Steps\n\n| step | result | time |\n|---|---|---|\n")
		for _, step := range s.Steps {
			result := "done"
			switch {
			case step.Failure != "":
				result = "failed: " + step.Failure
			case step.Skipped != "" && step.Took > 0: // it was stopped
				result = step.Skipped
			case step.Skipped != "":
				result = "skipped: " + step.Skipped
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", inline(step.Name), inline(result), step.Took.Round(100*time.Millisecond))
		}
	}
	return []byte(b.String())
}

// pointers say where to look and what to do.
func (s Summary) pointers(b *strings.Builder) {
	var lines []string
	for _, p := range []struct{ what, text string }{{"Reproduce with", s.Reproduce}, {"Log:", s.Log}} {
		if p.text != "" {
			lines = append(lines, fmt.Sprintf("- %s `%s`\n", p.what, strings.ReplaceAll(p.text, "`", "'")))
		}
	}
	if s.Took > 0 {
		lines = append(lines, fmt.Sprintf("- In all: %s\n", s.Took.Round(100*time.Millisecond)))
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n%s", strings.Join(lines, ""))
	}
}

func (s Summary) release(b *strings.Builder, r registry.Release) {
	b.WriteString("\n## Release\n\n| | |\n|---|---|\n")
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, inline(text))
		}
	}
	row("version", r.Version)
	row("image", r.Repository+":"+r.Tag)
	row("digest", r.Digest)
	row("platform", r.Platform)
	row("revision", r.Revision)
	row("branch", r.Branch)
	row("build", r.CI.URL)
	database := r.Database.Image
	if r.Database.StandIn {
		database += " (the stand-in, not an Oracle database)"
	}
	row("tested against", database)
	if r.Dirty {
		b.WriteString("\nBuilt from a tree with changes that are not committed.\n")
	}
	if !r.Tested {
		b.WriteString("\n**Not tested**: built with --allow-untested.\n")
	}
}

func (s Summary) tests(b *strings.Builder) {
	t := s.Tests
	if t.Files == 0 && t.Total == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Tests\n\n%d tests, %d failed, %d skipped, %d flaky, %s\n", t.Total, t.Failed, t.Skipped, t.Flaky, t.Time.Round(100*time.Millisecond))
	list := func(title string, cases []junit.Case, total int) {
		if len(cases) == 0 {
			return
		}
		fmt.Fprintf(b, "\n%s:\n\n", title)
		for _, c := range cases[:min(len(cases), maxListed)] {
			fmt.Fprintf(b, "- %s: %s\n", inline(c.ID()), inline(c.Why()))
		}
		if more := total - maxListed; more > 0 {
			fmt.Fprintf(b, "- and %d more\n", more)
		}
	}
	list("Failed", t.Failures, t.Failed)
	list("Passed at a later attempt", t.Flakes, t.Flaky)
}

// inline keeps a text within its line and table cell, and from being read as
// markup.
func inline(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'", "*", `\*`, "_", `\_`).Replace(text)
}
