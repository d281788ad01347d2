package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/git"
	"github.com/haddock-ci/pipeline/registry"
)

// StepCompare compares a release with what its commit builds.
const StepCompare = "compare"

// A Verification says whether a release is what its commit builds.
type Verification struct {
	Image      string // repository@digest
	Revision   string
	Difference registry.Comparison
}

// A DifferentError says that a release is not what its commit builds.
type DifferentError struct{ Verification }

func (e *DifferentError) Error() string {
	return fmt.Sprintf("%s is not what commit %.12s builds", e.Image, e.Revision)
}

// Verify builds a release again, from its commit and without any cache, in a
// work tree of its own that is removed afterwards, and compares the two file
// by file. A release that differs is a *DifferentError.
func Verify(ctx context.Context, cfg Config, set Settings, ref string) (Verification, error) {
	repository, tag, err := openRef(ctx, cfg, set, ref)
	if err != nil {
		return Verification{}, err
	}
	there, err := repository.Look(ctx, tag)
	if err != nil {
		return Verification{}, err
	}
	switch {
	case there.Digest == "":
		return Verification{}, &UsageError{fmt.Sprintf("%s has no %s", repository.Name, tag)}
	case there.Revision == "":
		return Verification{}, &UsageError{fmt.Sprintf("%s:%s does not say which commit it was built from", repository.Name, tag)}
	}
	found := Verification{Image: repository.Name + "@" + there.Digest, Revision: there.Revision}
	err = atCommit(ctx, cfg, there.Revision, func(old Config) error {
		set.Stages = []Stage{StageImage}
		_, err := execute(ctx, old, set, func(r *run, ctx context.Context) error {
			found.Difference, err = r.verify(ctx, repository, there)
			return err
		})
		return err
	})
	if err == nil && !found.Difference.Equal() {
		err = &DifferentError{found}
	}
	return found, err
}

// atCommit gives do the project as it was at a commit, in a work tree of its
// own.
func atCommit(ctx context.Context, cfg Config, revision string, do func(Config) error) (err error) {
	temp, err := os.MkdirTemp("", "pipeline-verify-")
	if err != nil {
		return &WorkdirError{"make a folder for the commit", err}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	tree, err := git.AddWorktree(ctx, cfg.Dir, revision, filepath.Join(temp, "tree"))
	if errors.Is(err, git.ErrNoCommit) {
		return &UsageError{fmt.Sprintf("this clone does not have commit %s, fetch it: git fetch origin %s", revision, revision)}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.Remove(ctx)) }()
	old, err := Load(filepath.Join(tree.Dir, filepath.Base(cfg.File)))
	if err != nil {
		return fmt.Errorf("at commit %.12s: %w", revision, err)
	}
	return do(old)
}

// verify builds the project again and compares.
func (r *run) verify(ctx context.Context, repository *registry.Repository, there registry.Tag) (registry.Comparison, error) {
	ready, err := step(ctx, r.events, StepPrepare, r.prepareVerify, there)
	if err != nil {
		return registry.Comparison{}, err
	}
	defer func() { _ = ready.Close() }() // nothing was created that could be left
	if r.cfg.Build.Compile != "" {
		if _, err := step(ctx, r.events, StepCompile, r.compile, newBudget(r.cfg.Build.Timeout)); err != nil {
			return registry.Comparison{}, err
		}
	}
	in := buildable{
		ready: ready, tested: Tested{Proven: !there.Untested}, tag: "verify-" + strings.ToLower(rand.Text()[:12]), tree: there.Tree,
	}
	built, err := step(ctx, r.events, StepImageBuild, r.buildImage, in)
	if err != nil {
		return registry.Comparison{}, err
	}
	if ready.engine != nil {
		defer r.forget(ctx, ready, built)
	}
	return step(ctx, r.events, StepCompare, func(ctx context.Context, _ events.Sink, _ candidate) (registry.Comparison, error) {
		again, err := r.openBuilt(ctx, ready, built)
		if err != nil {
			return registry.Comparison{}, err
		}
		return repository.Compare(ctx, there.Digest, again, ready.git.Time)
	}, built)
}

// prepareVerify is what the release's own build has found, as far as its image
// tells.
func (r *run) prepareVerify(ctx context.Context, _ events.Sink, there registry.Tag) (_ *Ready, err error) {
	ready := &Ready{rebuild: true}
	r.set.CI.Key, r.set.AllowUntested = there.Build, true
	ready.version = Version{Text: there.Version}
	ready.git = git.Status{Commit: there.Revision}
	if ready.git.Time, err = git.CommitTime(ctx, r.cfg.Dir, there.Revision); err != nil {
		return nil, err
	}
	if err := r.openRepository(ctx, ready); err != nil {
		return nil, err
	}
	if r.usesEngine() {
		ready.engine, err = engine.Connect(ctx)
	}
	return ready, err
}

// forget takes the image that was built for the comparison away again.
func (r *run) forget(ctx context.Context, ready *Ready, built candidate) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := ready.engine.UntagImage(ctx, built.ImageID, r.cfg.Image.Repository+":"+built.Release.Tag); err != nil {
		r.events.Warn(fmt.Sprintf("the image of the comparison stays in the engine: %v", err))
	}
}

// openBuilt opens what was built for reading.
func (r *run) openBuilt(ctx context.Context, ready *Ready, built candidate) (v1.Image, error) {
	if built.Layers != nil {
		base, _, err := registry.Pull(ctx, built.Layers.BaseRef, r.plainHTTP(r.cfg.Image.Base), ready.keys)
		if err != nil {
			return nil, err
		}
		return built.Layers.Image(base), nil
	}
	path := r.dir.State("image.tar")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fs.FileMode(0o600))
	if err != nil {
		return nil, &WorkdirError{"keep the image for the comparison", err}
	}
	err = ready.engine.SaveImage(ctx, r.cfg.Image.Repository+":"+built.Release.Tag, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	image, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		return nil, fmt.Errorf("read the image for the comparison: %w", err)
	}
	return image, nil
}
