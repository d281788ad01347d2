package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/registry"
)

// The files by which a run hands its release over, in .pipeline/out.
const (
	ReleaseFile = "release.json"
	BambooFile  = "bamboo.properties"
	DotenvFile  = "dotenv.env"
	SummaryFile = "summary.md"
	ReportFile  = "report.html"
)

// maxValue is what a variable may have in every Bamboo database.
const maxValue = 254

// A Handover is what a successful run passes on to the next stage, job or
// person.
type Handover struct {
	Release registry.Release
	RunID   string
	Summary Summary
}

// Write puts release.json, bamboo.properties, dotenv.env and summary.md into
// the folder: all of them or, when one cannot be written, none.
func (h Handover) Write(dir string) error {
	files, err := variableFiles(h.Variables())
	if err != nil {
		return fmt.Errorf("hand over the release: %w", err)
	}
	h.Release.Schema = registry.ReleaseSchema
	if err := h.Release.Validate(); err != nil {
		return fmt.Errorf("hand over the release: %s: %w", ReleaseFile, err)
	}
	release, err := json.MarshalIndent(h.Release, "", "  ")
	if err != nil {
		return fmt.Errorf("hand over the release: %w", err)
	}
	files[ReleaseFile], files[SummaryFile] = append(release, '\n'), h.Summary.Markdown()
	if err := writeAll(dir, files); err != nil {
		return fmt.Errorf("hand over the release: %w", err)
	}
	return nil
}

// writeVariables puts bamboo.properties and dotenv.env into the folder when
// there is no release: a task that reads them must find them.
func writeVariables(dir string, values []Variable) error {
	files, err := variableFiles(values)
	if err != nil {
		return err
	}
	return writeAll(dir, files)
}

// variableFiles are the texts of bamboo.properties and dotenv.env.
func variableFiles(values []Variable) (map[string][]byte, error) {
	bamboo, err := lines(values, func(name string) string { return name })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", BambooFile, err)
	}
	dotenv, err := lines(values, envStyle)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", DotenvFile, err)
	}
	return map[string][]byte{BambooFile: bamboo, DotenvFile: dotenv}, nil
}

// A Variable is one value for the next stage.
type Variable struct{ Name, Value string }

// Variables are what the hand-over files pass on.
func (h Handover) Variables() []Variable {
	r := h.Release
	return []Variable{
		{"version", r.Version},
		{"tag", r.Tag},
		{"image", r.Image()},
		{"digest", r.Digest},
		{"revision", r.Revision},
		{"runId", h.RunID},
	}
}

// lines writes name=value, one each, as every reader of such files takes it:
// no quotes, no comments, nothing that one of them would interpret.
func lines(values []Variable, name func(string) string) ([]byte, error) {
	var b strings.Builder
	for _, v := range values {
		if err := plain(v.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
		fmt.Fprintf(&b, "%s=%s\n", name(v.Name), v.Value)
	}
	return []byte(b.String()), nil
}

// plain refuses what a CI system would cut, escape or expand.
func plain(text string) error {
	if len(text) > maxValue {
		return fmt.Errorf("is longer than %d characters", maxValue)
	}
	if strings.Contains(text, "${") {
		return errors.New("holds ${, which a CI system would expand")
	}
	for _, char := range text {
		if char < ' ' || char > '~' || char == '\\' {
			return fmt.Errorf("holds the character %q, which a properties file cannot carry", char)
		}
	}
	return nil
}

// envStyle turns runId into PIPELINE_RUN_ID.
func envStyle(name string) string {
	var b strings.Builder
	b.WriteString("PIPELINE_")
	for _, char := range name {
		if char >= 'A' && char <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(char)
	}
	return strings.ToUpper(b.String())
}

// writeAll puts the files into the folder, or none of them: each is written
// beside its place first, and what is in place already goes away again when a
// later one fails.
func writeAll(dir string, files map[string][]byte) (err error) {
	var open []*atomicfile.File
	var placed []string
	defer func() {
		for _, f := range open {
			f.Abort()
		}
		if err != nil {
			for _, path := range placed {
				_ = os.Remove(path) // the first error says more
			}
		}
	}()
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		f, err := atomicfile.Create(filepath.Join(dir, name), 0o644)
		if err != nil {
			return err
		}
		open = append(open, f)
		if _, err := f.Write(files[name]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	for i, name := range names {
		if err := open[i].Commit(); err != nil {
			return err
		}
		placed = append(placed, filepath.Join(dir, name))
	}
	return nil
}
