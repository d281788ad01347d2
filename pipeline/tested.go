package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"

	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/junit"
	"github.com/haddock-ci/pipeline/registry"
)

// proofFile is the proof's name in .pipeline/state.
const proofFile = "itest.json"

// Tested is a tree that may become an image: its tests have passed, or the
// user said --allow-untested; then the proof only tells which tree it is.
type Tested struct {
	Proof  Proof
	Proven bool        // false only after --allow-untested
	files  *buildFiles // opened and hashed for the proof; nil when there was none to look for
}

// passed is what a proof is made of.
type passed struct {
	before Snapshot
	report junit.Report
	db     registry.Database
	by     string // who ran the tests; empty for this user
}

// prove writes the proof that this tree has passed its tests. A file of the
// project that changed while they ran was not tested, and is refused.
func (r *run) prove(ctx context.Context, sink events.Sink, in passed) (Tested, error) {
	files := r.buildFiles()
	after, err := r.cfg.Snapshot(ctx, files.hash)
	if err != nil {
		return Tested{}, err
	}
	if changed := after.Tree.ChangedSince(in.before.Tree); len(changed) > 0 {
		return Tested{}, &UntestedError{File: changed[0], Reason: changed[0] + " changed while the tests ran"}
	}
	proof := after.Proof(r.cfg.Name)
	totals := in.report.Totals
	proof.Tests.Total, proof.Tests.Failed = totals.Total, totals.Failed
	proof.Tests.Skipped, proof.Tests.Flaky = totals.Skipped, totals.Flaky
	proof.Database = in.db
	proof.CI = r.ci()
	proof.By, proof.Created, proof.Tool = cmp.Or(in.by, whoami()), now(), r.set.Tool
	if err := proof.Write(r.dir.State(proofFile)); err != nil {
		return Tested{}, &WorkdirError{"keep the proof", err}
	}
	if write, _, _ := r.set.carries(); write {
		if err := r.pack(ctx, sink, proof); err != nil {
			return Tested{}, err
		}
	}
	return Tested{Proof: proof, Proven: true, files: files}, nil
}

// proven takes the proof of an earlier run, if it is about the tree as it is
// now.
func (r *run) proven(ctx context.Context, sink events.Sink, ready *Ready) (Tested, error) {
	if _, read, _ := r.set.carries(); read {
		if err := r.unpack(ctx); err != nil {
			return Tested{}, err
		}
	}
	files := ready.files
	if files == nil {
		files = r.buildFiles()
	}
	proof, err := ReadProof(r.dir.State(proofFile))
	if err != nil && (!r.set.AllowUntested || !is[*UntestedError](err)) {
		return Tested{}, err
	}
	var current Snapshot
	if err == nil || !ready.git.NamesTree(r.set.CI.Number) {
		var unread error
		if current, unread = r.cfg.Snapshot(ctx, files.hash); unread != nil {
			return Tested{}, unread
		}
	}
	if err == nil {
		err = proof.Check(current)
	}
	switch {
	case err == nil:
		return Tested{Proof: proof, Proven: true, files: files}, nil
	case r.set.AllowUntested:
		sink.Warn(fmt.Sprintf("%v; built all the same (--allow-untested), and the release says so", err))
		return Tested{Proof: Proof{Tree: current.Tree.Hash, Method: current.Tree.Method, Context: current.Context}, files: files}, nil
	}
	return Tested{}, err
}

func (r *run) ci() registry.CI {
	return registry.CI{Vendor: r.set.CI.Vendor, Build: r.set.CI.Key, URL: r.set.CI.URL}
}

// whoami is user@host, as far as the system tells.
func whoami() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}
