package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/registry"
)

// builtFile keeps the last built image in .pipeline/state, for a push by
// another process.
const builtFile = "image.json"

// A candidate is a built image and what its release will say; only the digest
// is still open.
type candidate struct {
	ImageID  string           `json:"imageId"`
	Snapshot bool             `json:"snapshot"` // the version is not a finished one
	Release  registry.Release `json:"release"`
	Context  string           `json:"context"`          // hash of what the build was sent
	Config   string           `json:"config"`           // hash of pipeline.yaml
	Source   string           `json:"source,omitempty"` // of the git repository
	Tree     string           `json:"tree,omitempty"`   // see buildable

	Parts  imagebuild.Parts    `json:"parts"`
	Layers *imagebuild.Layered `json:"layers,omitempty"` // the image itself, when it is in no engine
	Normal *registry.Normal    `json:"normal,omitempty"` // of image.reproducible

	base v1.Image // of Layers, as this process has opened it; nil in another one
}

// buildImage builds the image of the tested tree and keeps its name for a push
// by another process.
func (r *run) buildImage(ctx context.Context, sink events.Sink, in buildable) (candidate, error) {
	build := r.buildDockerfile
	if r.cfg.Image.Mode == modeLayers {
		build = r.buildLayers
	}
	built, err := build(ctx, sink, in)
	if err != nil {
		return candidate{}, err
	}
	r.tellSizes(ctx, sink, in, built.Parts)
	built.Context, built.Source, built.Config = in.tested.Proof.Context, git.SourceURL(ctx, r.cfg.Dir), r.configHash()
	built.Tree = in.tree
	if err := r.keepBOM(sink); err != nil {
		return candidate{}, err
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return candidate{}, fmt.Errorf("keep the image's name: %w", err)
	}
	if err := atomicfile.Write(r.dir.State(builtFile), append(text, '\n'), 0o644); err != nil {
		return candidate{}, &WorkdirError{"keep the image's name", err}
	}
	return built, nil
}

// buildDockerfile builds with the engine's BuildKit.
func (r *run) buildDockerfile(ctx context.Context, sink events.Sink, in buildable) (candidate, error) {
	files := in.tested.files
	if files == nil {
		files = r.buildFiles()
	}
	sent, err := files.open()
	if err != nil {
		return candidate{}, fmt.Errorf("build image: %w", err)
	}
	secrets, err := r.buildSecrets()
	if err != nil {
		return candidate{}, err
	}
	file, err := r.dir.Log(StepImageBuild)
	if err != nil {
		return candidate{}, err
	}
	log := r.set.Secrets.Writer(file)
	image, err := imagebuild.Build(ctx, in.ready.engine, imagebuild.Request{
		Context: sent, Target: r.cfg.Image.Target, NoCache: in.ready.rebuild, Pull: r.cfg.Image.Pull,
		Args: r.cfg.Image.Args, Labels: r.imageLabels(in), Secrets: secrets,
		Tag: r.cfg.Image.Repository + ":" + in.tag, Epoch: in.ready.git.Time, SharedKey: r.cfg.Image.Repository,
		Auth: in.ready.keys.Auth, Events: sink, Log: log,
	})
	if err := errors.Join(err, log.Close(), file.Close()); err != nil {
		return candidate{}, err
	}
	return candidate{
		ImageID: image.ID, Snapshot: in.ready.version.Snapshot, Release: r.release(in, image), Normal: r.normal(ctx, sink, in.ready, image),
		Parts: image.Parts,
	}, nil
}

// buildable is what an image build needs.
type buildable struct {
	ready  *Ready
	tested Tested
	tag    string // of the release
	tree   string // hash of the files, where neither commit nor build number says which they are
}

// toBuild names the release of a tree.
func (r *run) toBuild(ready *Ready, tested Tested) buildable {
	in := buildable{ready: ready, tested: tested}
	if !ready.git.NamesTree(r.set.CI.Number) {
		in.tree = r.treeOf(tested.Proof)
	}
	in.tag = r.releaseTag(ready, in.tree)
	return in
}

// treeOf is one hash for the files that an image is built of. Without git the
// project's files are also those that its tests write, so that there it is what
// the build is sent, and how.
func (r *run) treeOf(p Proof) string {
	if p.Method == git.ByGit {
		return p.Tree
	}
	sum := sha256.Sum256([]byte(p.Context + " " + r.configHash()))
	return hex.EncodeToString(sum[:])
}

// imageLabels are the labels of the Open Containers Initiative that say where
// an image comes from, and the project's own.
func (r *run) imageLabels(in buildable) map[string]string {
	ready := in.ready
	labels := map[string]string{
		engine.LabelImage:                r.cfg.Image.Repository,
		registry.VersionLabel:            ready.version.Text,
		"org.opencontainers.image.title": r.cfg.Name,
	}
	if ready.git.Commit != "" {
		labels[registry.RevisionLabel] = ready.git.Commit
	}
	if r.set.CI.Key != "" && !r.cfg.Image.Reproducible { // another build of the commit is the same image
		labels[registry.BuildLabel] = r.set.CI.Key
	}
	if in.tree != "" {
		labels[registry.TreeLabel] = in.tree
	}
	if !in.tested.Proven {
		labels[registry.UntestedLabel] = "true"
	}
	maps.Copy(labels, r.cfg.Image.Labels)
	return labels
}
