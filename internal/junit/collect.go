package junit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// clockLag is how far a file's time may lie behind the clock that we read: the
// kernel stamps files with the time of its last tick.
const clockLag = 20 * time.Millisecond

// Collect reads every report below dir that matches one of the globs and was
// written since the moment; older ones are counted as stale and not read. On a
// file system that keeps whole seconds, a file of that very second counts.
// Symbolic links to folders are not followed, and .git, .pipeline and
// node_modules are left out. A report that cannot be read is an error that
// names its file and line; the others are read all the same. What Failsafe's
// summary in the same folder says of a JVM that died is one more failure.
func Collect(dir string, globs []string, since time.Time) (Report, error) {
	files, err := find(dir, globs)
	if err != nil {
		return Report{}, fmt.Errorf("find test reports: %w", err)
	}
	var all Report
	var faults []error
	for _, name := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(file) // follows a link to a file
		switch {
		case errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()):
			continue
		case path.Base(name) == summaryFile:
			if err == nil && written(info.ModTime(), since) {
				faults = append(faults, all.addSummary(file, name))
			}
			continue
		case err == nil && !written(info.ModTime(), since):
			all.Stale++
			all.StaleFile = cmp.Or(all.StaleFile, name)
			continue
		}
		r, err := parseFile(file)
		if err != nil {
			faults = append(faults, fmt.Errorf("test report %s: %w", name, err))
		}
		all.add(r, name)
	}
	return all, errors.Join(faults...)
}

func (r *Report) addSummary(file, name string) error {
	one, err := readSummary(file)
	if err != nil {
		return fmt.Errorf("test report %s: %w", name, err)
	}
	if one.Failed > 0 {
		r.add(one, name)
	}
	return nil
}

func written(at, since time.Time) bool {
	coarse := at.Nanosecond() == 0 && !at.Before(since.Truncate(time.Second))
	return coarse || !at.Before(since.Add(-clockLag))
}

func parseFile(path string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = f.Close() }() // only read from
	return Parse(f)
}

func (r *Report) add(one Report, file string) {
	r.Files++
	r.File = cmp.Or(r.File, file)
	r.Total += one.Total
	r.Failed += one.Failed
	r.Skipped += one.Skipped
	r.Flaky += one.Flaky
	r.Time += one.Time
	for _, c := range one.Failures {
		if c.File = file; len(r.Failures) < maxFailures {
			r.Failures = append(r.Failures, c)
		}
	}
	for _, c := range one.Slowest {
		c.File = file
		r.slow(c)
	}
	for _, c := range one.Flakes {
		if c.File = file; len(r.Flakes) < maxFailures {
			r.Flakes = append(r.Flakes, c)
		}
	}
}

// find lists the files that match, in order, each once.
func find(dir string, globs []string) ([]string, error) {
	var patterns []pattern
	for _, glob := range globs {
		for _, p := range compile(glob) {
			patterns = append(patterns, p, append(slices.Clone(p[:len(p)-1]), summaryFile))
		}
	}
	var files []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			if file == dir {
				return err
			}
			return nil // a folder that we may not read, or that is gone again, holds no report of ours
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			skip := slices.Contains([]string{".git", ".pipeline", "node_modules"}, entry.Name())
			leads := func(p pattern) bool { return p.leads(rel) }
			if rel != "." && (skip || !slices.ContainsFunc(patterns, leads)) {
				return filepath.SkipDir
			}
			return nil
		}
		if slices.ContainsFunc(patterns, func(p pattern) bool { return p.match(rel) }) {
			files = append(files, rel)
		}
		return nil
	})
	return files, err
}
