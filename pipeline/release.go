package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/registry"
)

// pushable is what a push needs.
type pushable struct {
	ready *Ready
	built candidate
}

// pushImage publishes the image and writes the hand-over files.
func (r *run) pushImage(ctx context.Context, sink events.Sink, in pushable) (registry.Release, error) {
	release := in.built.Release
	push := registry.Push{ImageID: in.built.ImageID, Tag: release.Tag, Tree: in.built.Tree, Untested: !release.Tested, Normal: in.built.Normal, Events: sink}
	if !release.Dirty {
		push.Revision = release.Revision
	}
	var pushed registry.Pushed
	var err error
	if in.built.Layers != nil {
		pushed, err = r.pushLayers(ctx, in, push)
	} else {
		pushed, err = in.ready.repository.Push(ctx, in.ready.engine, push)
	}
	if err != nil {
		return registry.Release{}, err
	}
	if pushed.Existing {
		sink.Emit(events.Event{Kind: events.Note, Text: pushed.Note})
	}
	release.Digest, release.Created = pushed.Digest, now()
	if err := r.attachProof(ctx, sink, in, release); err != nil {
		return registry.Release{}, err
	}
	if err := r.keepSizes(in.built); err != nil {
		return registry.Release{}, err
	}
	r.outcome.Release = &release
	sink.Emit(events.Event{Kind: events.Released, Text: "released " + release.Repository + ":" + release.Tag, Fields: map[string]string{
		events.FieldRepository: release.Repository, events.FieldTag: release.Tag, events.FieldDigest: release.Digest,
	}})
	return release, r.handOver(ctx, r.events, release)
}

// release is what the release of the image will say.
func (r *run) release(in buildable, image imagebuild.Image) registry.Release {
	project, proof := in.ready.git, in.tested.Proof
	return registry.Release{
		Schema: registry.ReleaseSchema, Name: r.cfg.Name, Version: in.ready.version.Text,
		Repository: r.cfg.Image.Repository, Tag: in.tag, Platform: image.Platform,
		Revision: project.Commit, Branch: r.branch(project), Dirty: project.Dirty, Created: now(), CI: r.ci(),
		Tests: proof.Tests, Tested: in.tested.Proven, Database: proof.Database, Tool: r.set.Tool,
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// branch prefers what the CI system says: its checkouts have no branch.
func (r *run) branch(project git.Status) string {
	if r.set.CI.Branch != "" {
		return r.set.CI.Branch
	}
	return project.Branch
}

// handOver writes the files by which the release reaches the deploy step, and
// keeps the release for a later run of the stage deploy.
func (r *run) handOver(ctx context.Context, sink events.Sink, release registry.Release) error {
	if err := release.Write(r.dir.State(ReleaseFile)); err != nil {
		return &WorkdirError{"keep the release", err}
	}
	r.outcome.Deploy = r.deployCommand(release)
	over := Handover{Release: release, RunID: r.outcome.RunID, Summary: r.record.summary(&r.outcome, nil)}
	if err := over.Write(r.dir.Out("")); err != nil {
		return &WorkdirError{"hand over", err}
	}
	return r.bundle(ctx, sink)
}

// published is the release of an earlier run, handed over once more: out/ has
// been emptied since.
func (r *run) published(ctx context.Context) (registry.Release, error) {
	release, err := registry.ReadRelease(r.dir.State(ReleaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return release, &UsageError{"deploy: no release was published from this folder yet; run: pipeline run --stage=image"}
	}
	if err != nil {
		return release, err
	}
	r.outcome.Release = &release
	return release, r.handOver(ctx, r.events, release)
}

// handOff runs the deploy command with the release.
func (r *run) handOff(ctx context.Context, sink events.Sink, release registry.Release) (struct{}, error) {
	err := r.logged(ctx, sink, StepHandOff, command.Command{Args: r.deployCommand(release), Env: r.set.Environ})
	r.outcome.HandedOver = err == nil
	return struct{}{}, err
}

// deployCommand is deploy.command with the release filled in.
func (r *run) deployCommand(release registry.Release) []string {
	fill := strings.NewReplacer("{release}", r.dir.Out(ReleaseFile), "{image}", release.Image(), "{tag}", release.Tag)
	args := make([]string, 0, len(r.cfg.Deploy.Command))
	for _, arg := range r.cfg.Deploy.Command {
		args = append(args, fill.Replace(arg))
	}
	return args
}
