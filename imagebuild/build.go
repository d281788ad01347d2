// Package imagebuild turns a Dockerfile and its files into an image, with the
// BuildKit that is inside the engine. It owns what is sent and what is said
// about it, and keeps one rule: an image is made of the files that are there
// now, never of an older copy that looks alike.
package imagebuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	bkclient "github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/events"
)

// recipeName is how the engine knows the Dockerfile, whatever it is called.
const recipeName = "Dockerfile"

// A Request says what to build.
type Request struct {
	Context   *Context // the files to send, hashed by now or not
	Target    string   // stage to build; empty: the last one
	Tag       string   // name for the image in the engine, repository:tag
	Args      map[string]string
	Labels    map[string]string
	Secrets   map[string][]byte // by id, for RUN --mount=type=secret
	Epoch     time.Time         // the commit's time: SOURCE_DATE_EPOCH and the label created; zero: none
	NoCache   bool
	Pull      bool   // ask the registries for newer base images than the engine has
	SharedKey string // the same for every build of a project: what was sent once is not sent again

	Auth   Auth        // logs in to the registries of base images; may be nil
	Events events.Sink // log lines and progress
	Log    io.Writer   // the whole build log; may be nil
}

// Auth answers with the login for a registry's host; empty strings are nobody.
// With an empty user the secret is an identity token.
type Auth func(ctx context.Context, host string) (user, secret string, err error)

// An Image is a built image in the engine.
type Image struct {
	ID           string // sha256:...; not the digest that a registry knows it by
	Ref          string // the request's tag
	Platform     string
	Labels       map[string]string
	Layers       []string // digests of the uncompressed layers, base first
	Parts        Parts    // the same layers, with their names and sizes
	Size         int64
	ContextBytes int64 // of content that had to be sent
	Steps        []Step
}

// A Step is one instruction as it was built.
type Step struct {
	Name    string
	Line    int // in the Dockerfile; 0 when unknown
	Cached  bool
	Seconds float64
}

// Build builds the image. It returns a *BuildError when the Dockerfile or its
// files are at fault, else an error of the surroundings: an
// engine.UnavailableError, engine.ErrNoBuildKit, ErrNoSpace or
// ErrBaseUnreachable. When ctx ends the running step is ended with it, and the
// error is the context's cause.
func Build(ctx context.Context, eng *engine.Engine, req Request) (Image, error) {
	recipe, err := parseRecipe(req.Context)
	if err != nil {
		return Image{}, fmt.Errorf("build image: %w", err)
	}
	warnOfSecrets(req)
	bk, err := eng.BuildKit(ctx)
	if err != nil {
		return Image{}, fmt.Errorf("build image: %w", err)
	}
	defer bk.Close()

	progress := newProgress(req, recipe)
	solving, stop := context.WithCancel(ctx)
	defer stop()
	req.Context.stopWhenChanged(stop)
	if err := solve(solving, bk, solveOpt(req, recipe), progress); err != nil {
		if changed := req.Context.changed(); changed != nil && ctx.Err() == nil {
			return Image{}, fmt.Errorf("build image: %w", changed)
		}
		return Image{}, fmt.Errorf("build image: %w", progress.explain(ctx, err))
	}
	built, err := eng.Image(ctx, req.Tag)
	if err != nil {
		return Image{}, fmt.Errorf("build image: %w", err)
	}
	if err := eng.NoteBuild(ctx, built.ID, req.Tag); err != nil {
		return Image{}, fmt.Errorf("build image: %w", err)
	}
	history, err := eng.History(ctx, built.ID)
	if err != nil {
		return Image{}, fmt.Errorf("build image: %w", err)
	}
	return Image{
		ID: built.ID, Ref: req.Tag, Platform: built.Platform, Labels: built.Labels, Layers: built.Layers,
		Parts: partsOf(history, built.Layers), Size: built.Size, ContextBytes: req.Context.sender.sent.Load(), Steps: progress.finished(),
	}, nil
}

// warnOfSecrets speaks up about arguments that should have been secrets.
func warnOfSecrets(req Request) {
	for _, name := range slices.Sorted(maps.Keys(req.Args)) {
		if regexp.MustCompile(`(?i)passw|secret|token|api_?key|private_?key|credential`).MatchString(name) {
			req.Events.Warn("build argument " + name + " looks like a secret, but everyone who has the image can read it in the history: " +
				"use image.secrets and RUN --mount=type=secret")
		}
	}
}

// solve runs the build. The status channel must be drained until it is closed,
// or the client never returns.
func solve(ctx context.Context, bk *bkclient.Client, opt bkclient.SolveOpt, progress *progress) error {
	status := make(chan *bkclient.SolveStatus)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for s := range status {
			progress.take(s)
		}
		progress.flush()
	}()
	_, err := bk.Solve(ctx, nil, opt, status)
	<-drained
	return err
}

func solveOpt(req Request, recipe *recipe) bkclient.SolveOpt {
	attrs := map[string]string{"filename": recipeName}
	if req.Target != "" {
		attrs["target"] = req.Target
	}
	if req.NoCache {
		attrs["no-cache"] = ""
	}
	if req.Pull {
		attrs["image-resolve-mode"] = "pull"
	}
	if !req.Epoch.IsZero() {
		attrs["build-arg:SOURCE_DATE_EPOCH"] = fmt.Sprint(req.Epoch.Unix())
	}
	for name, value := range req.Args {
		attrs["build-arg:"+name] = value
	}
	for name, value := range labels(req, recipe) {
		attrs["label:"+name] = value
	}
	return bkclient.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		// The engine's own exporter: the only one that every engine has.
		Exports: []bkclient.ExportEntry{{Type: "moby", Attrs: map[string]string{"name": req.Tag}}},
		LocalMounts: map[string]fsutil.FS{
			"context": req.Context.sender,
			"dockerfile": recipeFS{
				recipeName:                   req.Context.recipe,
				recipeName + ".dockerignore": req.Context.ignoreText(),
			},
		},
		SharedKey: req.SharedKey,
		Session:   []session.Attachable{secretsprovider.FromMap(req.Secrets), &logins{auth: req.Auth}},
	}
}

// labels adds the standard labels that only the build knows. Facts about the
// image are labels, because what an engine pushes has no annotations.
func labels(req Request, recipe *recipe) map[string]string {
	out := map[string]string{}
	if !req.Epoch.IsZero() {
		out["org.opencontainers.image.created"] = req.Epoch.UTC().Format(time.RFC3339)
	}
	if base := recipe.base(req.Target, req.Args); base != "" {
		out["org.opencontainers.image.base.name"] = base
	}
	maps.Copy(out, req.Labels)
	return out
}

// cause is the context's reason once it has ended, else the error itself.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		return context.Cause(ctx)
	}
	return err
}
