package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// BuildImage is the first half of the stage image: it builds the image of the
// tested tree and leaves it in the engine, for PushImage. With set.Reports the
// proof comes from these test reports, and is kept.
func BuildImage(ctx context.Context, cfg Config, set Settings) (Outcome, error) {
	set.Stages = []Stage{StageImage}
	return execute(ctx, cfg, set, func(r *run, ctx context.Context) error {
		ready, err := step(ctx, r.events, StepPrepare, r.prepare, set.Stages)
		if err != nil {
			return err
		}
		defer func() { _ = ready.Close() }() // nothing was created that could be left
		r.outcome.Facts, r.outcome.Version = r.facts(ready), ready.version.Text
		prove := r.proven
		if len(set.Reports) > 0 {
			prove = r.proveByReports
		}
		tested, err := step(ctx, r.events, StepProof, prove, ready)
		if err != nil {
			return err
		}
		built, err := step(ctx, r.events, StepImageBuild, r.buildImage, r.toBuild(ready, tested))
		r.outcome.Built = built.Release.Repository + ":" + built.Release.Tag
		return err
	})
}

// PushImage is the second half of the stage image: it publishes what
// BuildImage has left. With final it then sets the tags that people follow,
// <version>, <minor>, <major> and latest, to the same digest.
func PushImage(ctx context.Context, cfg Config, set Settings, final bool) (Outcome, error) {
	set.Stages = []Stage{StageImage}
	return execute(ctx, cfg, set, func(r *run, ctx context.Context) error {
		built, err := r.lastBuilt()
		if err != nil {
			return err
		}
		if final {
			if err := mayBeFinal(built); err != nil {
				return err
			}
		}
		ready, err := step(ctx, r.events, StepPrepare, r.preparePush, built)
		if err != nil {
			return err
		}
		defer func() { _ = ready.Close() }() // nothing was created that could be left
		r.outcome.Facts, r.outcome.Version, r.outcome.Layers = r.facts(ready), built.Release.Version, built.Parts
		release, err := step(ctx, r.events, StepImagePush, r.pushImage, pushable{ready, built})
		if err != nil || !final {
			return err
		}
		_, err = step(ctx, r.events, StepImageTag, r.tagFinal, tagging{ready, release})
		return err
	})
}

// preparePush finds the engine that holds the image, if one does, and the registry's login.
func (r *run) preparePush(ctx context.Context, _ events.Sink, built candidate) (ready *Ready, err error) {
	ready = &Ready{}
	if built.Layers == nil {
		if ready.engine, err = engine.Connect(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.openRepository(ctx, ready); err != nil {
		return nil, errors.Join(err, ready.Close())
	}
	return ready, nil
}

// lastBuilt is the image that BuildImage has left.
func (r *run) lastBuilt() (candidate, error) {
	text, err := os.ReadFile(r.dir.State(builtFile))
	if errors.Is(err, fs.ErrNotExist) {
		return candidate{}, &UsageError{"no image was built in this folder yet; run: pipeline image build"}
	}
	if err != nil {
		return candidate{}, &WorkdirError{"find the built image", err}
	}
	var built candidate
	if err := json.Unmarshal(text, &built); err != nil || built.ImageID == "" {
		return candidate{}, &UsageError{fmt.Sprintf("%s is damaged; run: pipeline image build", r.relative(r.dir.State(builtFile)))}
	}
	return built, nil
}

// mayBeFinal refuses to give the tags that people follow to what is no
// finished version.
func mayBeFinal(built candidate) error {
	release := built.Release
	switch {
	case release.Dirty:
		return &UsageError{"--final: the image was built from a tree with changes that are not committed"}
	case built.Snapshot:
		return &UsageError{fmt.Sprintf("--final: version %s-SNAPSHOT is no finished version; only those get the tags that people follow", release.Version)}
	case !release.Tested:
		return &UsageError{"--final: the image was built with --allow-untested"}
	}
	return nil
}

// A tagging is a release that gets the tags that people follow.
type tagging struct {
	ready   *Ready
	release registry.Release
}

// tagFinal sets <version>, <minor>, <major> and latest to the release's digest.
func (r *run) tagFinal(ctx context.Context, sink events.Sink, in tagging) (struct{}, error) {
	policy := registry.TagPolicy{Version: tagText(in.release.Version), Immutable: r.cfg.Registry.Immutable}
	results, err := in.ready.repository.SetTags(ctx, in.release.Digest, registry.FinalTags(policy.Version), policy)
	for _, result := range results {
		text := "tag " + result.Tag + " set"
		if !result.Set {
			text = "tag " + result.Tag + ": " + result.Note
		}
		sink.Emit(events.Event{Kind: events.Note, Text: text})
	}
	return struct{}{}, err
}
