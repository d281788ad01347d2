package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// A run with Settings.Resume goes on behind the last good step of an earlier
// one. A step is skipped only when commit, files, build context, configuration
// and tool are those with which it succeeded; the first difference is told, and
// from there on everything runs.

// resumeTested tells whether the tests need not run again, and says why.
func (r *run) resumeTested(ctx context.Context) (bool, error) {
	if !r.set.Resume {
		return false, nil
	}
	proof, err := ReadProof(r.dir.State(proofFile))
	if err == nil {
		var now Snapshot
		if now, err = r.cfg.Snapshot(ctx, r.buildFiles().hash); err == nil {
			err = r.sameAs(proof, now)
		}
	}
	if differs, ok := errors.AsType[*UntestedError](err); ok {
		r.note("resume: nothing is skipped: " + differs.Reason)
		return false, nil
	}
	if err != nil {
		return false, &StepError{Step: StepProof, Err: err}
	}
	why := fmt.Sprintf("%d tests passed at %s on this very tree", proof.Tests.Total-proof.Tests.Skipped, proof.Created.Local().Format("2006-01-02 15:04"))
	if r.cfg.Build.Compile != "" {
		r.skip(StepCompile, why)
	}
	for _, name := range []string{StepOracleStart, StepOracleWait, StepTest, StepOracleStop} {
		r.skip(name, why)
	}
	return true, nil
}

// sameAs is Proof.Check, and asks for the same commit and tool as well.
func (r *run) sameAs(proof Proof, now Snapshot) error {
	switch {
	case proof.Commit != now.Commit:
		return &UntestedError{Reason: fmt.Sprintf("the tests ran on commit %.8s, this is %.8s", proof.Commit, now.Commit)}
	case proof.Tool != r.set.Tool:
		return &UntestedError{Reason: fmt.Sprintf("they ran with %s, this is %s", proof.Tool, r.set.Tool)}
	}
	return proof.Check(now)
}

// resumeImage finds how far an earlier run has come with the image of this
// tree, under this run's tag: built, or published too.
func (r *run) resumeImage(ctx context.Context, in buildable) (built candidate, isBuilt, isPublished bool) {
	if !r.set.Resume || !in.tested.Proven {
		return candidate{}, false, false
	}
	built, err := r.lastBuilt()
	if err != nil {
		return candidate{}, false, false
	}
	proof := in.tested.Proof
	reason := ""
	switch {
	case built.Release.Tag != in.tag:
		reason = "it was built for tag " + built.Release.Tag
	case built.Context != proof.Context || built.Release.Tests.Tree != proof.Tree || built.Release.Revision != in.ready.git.Commit:
		reason = "it was built of another tree"
	case built.Config != r.configHash():
		reason = "pipeline.yaml has changed since"
	case built.Release.Tool != r.set.Tool:
		reason = "it was built by " + built.Release.Tool
	}
	if reason == "" {
		isPublished = r.hasPublished(ctx, in.ready, built)
		if !isPublished && built.Layers == nil && !hasImage(ctx, in.ready.engine, built.ImageID) {
			reason = "the engine no longer has it"
		}
	}
	if reason != "" {
		r.note("resume: the image is built again: " + reason)
		return candidate{}, false, false
	}
	r.skip(StepImageBuild, "the image of this very tree is there")
	if isPublished {
		r.skip(StepImagePush, built.Release.Tag+" is published with this very image")
	}
	return built, true, isPublished
}

func hasImage(ctx context.Context, eng *engine.Engine, id string) bool {
	if eng == nil {
		return false
	}
	_, err := eng.Image(ctx, id)
	return err == nil
}

// hasPublished tells whether the built image is the release that an earlier
// run has published, and the registry still has it.
func (r *run) hasPublished(ctx context.Context, ready *Ready, built candidate) bool {
	before, err := registry.ReadRelease(r.dir.State(ReleaseFile))
	if err != nil {
		return false
	}
	same := built.Release
	same.Digest, same.Created = before.Digest, before.Created
	if before != same {
		return false
	}
	there, err := ready.repository.Look(ctx, before.Tag)
	return err == nil && there.Digest == before.Digest
}

// configHash is the hash of the whole pipeline.yaml; empty when it cannot be
// read, which is then told elsewhere.
func (r *run) configHash() string {
	text, err := os.ReadFile(r.cfg.File)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (r *run) skip(name, why string) {
	r.events.Emit(events.Event{Kind: events.StepSkipped, Step: name, Text: why})
}

func (r *run) note(text string) { r.events.Emit(events.Event{Kind: events.Note, Text: text}) }
