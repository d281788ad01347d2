// Package diagnosis looks back at tests, or their database, that have failed, for
// what helps to understand why. What it cannot find is no fault: its index tells
// of it.
package diagnosis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/oracle"
)

// Index is the file of a diagnosis that lists the others.
const Index = "index.txt"

// limit bounds the search for what went wrong; what has not answered by then is
// left out.
const limit = 1500 * time.Millisecond

// A Failure is what went wrong, and what is there to be asked.
type Failure struct {
	Err       error
	Container *oracle.Container // nil when none was started
	Engine    *engine.Engine    // nil when none answers
	Began     time.Time         // of the tests; zero when they did not begin
	Tests     junit.Report      // theirs
	Dir       string            // the project's folder, which Reports are relative to
	Reports   []string          // globs of the tests' reports
}

var errTooLate = fmt.Errorf("no answer within %s", limit)

// Write fills the folder anew with what can be found out about the failure, each
// text as mask gives it. It takes no longer than 1.5 s, and ends at once with
// ctx. highlight is the most telling line of the database's log, with the test
// that ran.
func Write(ctx context.Context, folder string, of Failure, mask func(string) string) (highlight string, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTooLate)
	defer cancel()
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return "", err
	}
	keep := func(name string, text []byte) error { // without a wait for the disk: nobody reads it before the run has ended
		return os.WriteFile(filepath.Join(folder, name), []byte(mask(string(text))), 0o644)
	}
	found, highlight := of.findings(ctx)
	for i := range found {
		if f := &found[i]; len(f.Text) > 0 {
			f.Err = errors.Join(f.Err, keep(f.Name, f.Text))
		}
	}
	return highlight, keep(Index, indexText(of.Err, found, time.Since(began)))
}

// findings are all parts of the diagnosis; highlight is the most telling line of
// the database's log, with the test that ran.
func (of Failure) findings(ctx context.Context) (found []oracle.Finding, highlight string) {
	engineSays := later(ctx, engineFinding(errTooLate, nil), func() oracle.Finding { return askEngine(ctx, of.Engine) })
	if of.Container == nil {
		return []oracle.Finding{engineSays()}, ""
	}
	seen := of.Container.History()
	joined := later(ctx, joinedLog{err: errTooLate}, func() joinedLog { return of.joinLog(seen.Lines) })
	found = []oracle.Finding{
		{Name: "phases.txt", About: "when each phase of the boot began", Text: phasesText(seen.Phases)},
		{Name: "codes.txt", About: "what the database's logins were answered while it was waited for", Text: codesText(seen.Refused)},
	}
	asked := of.Container.Diagnose(ctx)
	tests := joined()
	found = append(found, oracle.Finding{
		Name: testsFile, About: "errors in the database's log, by the test that ran at that moment", Text: tests.text, Err: tests.err,
	})
	return append(append(found, asked...), engineSays()), tests.highlight
}

// later does the work aside. What it returns waits for the result until ctx
// ends; then it is late.
func later[T any](ctx context.Context, late T, work func() T) func() T {
	done := make(chan T, 1)
	go func() { done <- work() }()
	return func() T {
		select {
		case result := <-done:
			return result
		case <-ctx.Done():
			return late
		}
	}
}

// indexText is the index: why, and one line for each part.
func indexText(why error, found []oracle.Finding, took time.Duration) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v\n\nfound at %s in %s\n", why, time.Now().Format(time.RFC3339), took.Round(time.Millisecond))
	fmt.Fprintf(&b, "%-14s %s\n", Index, "this list")
	for _, f := range found {
		about := f.About
		switch {
		case f.Err != nil && len(f.Text) == 0:
			about += ": NOT THERE: " + f.Err.Error()
		case f.Err != nil:
			about += ": NOT WHOLE: " + f.Err.Error()
		case len(f.Text) == 0:
			about += ": none"
		}
		fmt.Fprintf(&b, "%-14s %s\n", f.Name, about)
	}
	fmt.Fprintf(&b, "%-14s %s\n", "../logs", "the full logs of the steps; oracle.log is the database's, from its first container on")
	return b.Bytes()
}

func phasesText(phases []oracle.PhaseStart) []byte {
	var b bytes.Buffer
	for i, p := range phases {
		took := ""
		if i+1 < len(phases) && phases[i+1].Container == p.Container {
			took = phases[i+1].At.Sub(p.At).Round(time.Millisecond).String()
		}
		fmt.Fprintf(&b, "%s  container %.12s  %10s  %s\n", p.At.Local().Format(clock), p.Container, took, p.Phase)
	}
	return b.Bytes()
}

func codesText(refused []oracle.Refusal) []byte {
	var b bytes.Buffer
	for _, r := range refused {
		fmt.Fprintln(&b, r)
	}
	return b.Bytes()
}

func engineFinding(err error, text []byte) oracle.Finding {
	return oracle.Finding{Name: "engine.txt", About: "memory, processors and disk of the engine", Text: text, Err: err}
}

// askEngine finds out what the engine has to work with.
func askEngine(ctx context.Context, eng *engine.Engine) oracle.Finding {
	if eng == nil {
		return engineFinding(engine.ErrNoEngine, nil)
	}
	info, err := eng.Info(ctx)
	if err != nil {
		return engineFinding(err, nil)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "engine      %s on %s, %s\n", eng.Version, info.Name, info.System)
	fmt.Fprintf(&b, "processors  %d\nmemory      %d MiB\n", info.CPUs, info.Memory>>20)
	fmt.Fprintf(&b, "containers  %d\nimages      %d\nstorage     %s in %s\n", info.Containers, info.Images, info.StorageDriver, info.RootDir)
	free, known, err := eng.FreeDisk(ctx)
	switch {
	case known:
		fmt.Fprintf(&b, "free disk   %d MiB\n", free>>20)
	case err == nil:
		fmt.Fprintln(&b, "free disk   not known from here; see disk.txt")
	}
	for _, warning := range info.Warnings {
		fmt.Fprintf(&b, "warning     %s\n", warning)
	}
	return engineFinding(err, b.Bytes())
}
