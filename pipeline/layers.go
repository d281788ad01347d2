package pipeline

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// modeLayers is the image.mode for Java projects that need no Dockerfile and
// no engine.
const modeLayers = "layers"

var classPattern = regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$`)

// className accepts the name of a Java class.
func className(name string) string {
	if !classPattern.MatchString(name) {
		return quote(name) + " is no class, such as com.example.orders.Main"
	}
	return ""
}

// imageMode refuses keys that the chosen mode would ignore.
func (r *reader) imageMode(c *Config) {
	layered := c.Image.Mode == modeLayers
	refused, text := []string{"base", "mainClass", "jvmArgs", "dependencies"}, "is only for image.mode: layers"
	if layered {
		refused, text = []string{"dockerfile", "target", "args", "secrets", "pull"}, "is of no use with image.mode: layers, which needs no Dockerfile"
	}
	for _, name := range refused {
		if key := "image." + name; r.Has(key) {
			r.RefuseKey(key, "%s", text)
		}
	}
}

// usesEngine reports whether the chosen stages need an engine.
func (r *run) usesEngine() bool {
	return r.wants(StageITest) || r.cfg.Image.Mode != modeLayers
}

func (c Config) javaSource() imagebuild.JavaSource {
	return imagebuild.JavaSource{Dir: c.contextDir(), MainClass: c.Image.MainClass, Dependencies: c.Image.Dependencies}
}

// hashJava hashes the files that reach a layered image.
func (r *run) hashJava(ctx context.Context) (hash string, files map[string]string, err error) {
	app, err := imagebuild.OpenJavaApp(r.cfg.javaSource())
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	return app.Hash(ctx)
}

// buildLayers is buildImage without an engine.
func (r *run) buildLayers(ctx context.Context, sink events.Sink, in buildable) (built candidate, err error) {
	app, err := imagebuild.OpenJavaApp(r.cfg.javaSource())
	if err != nil {
		return candidate{}, err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	base, ref, err := registry.Pull(ctx, r.cfg.Image.Base, r.plainHTTP(r.cfg.Image.Base), in.ready.keys)
	if err != nil {
		return candidate{}, err
	}
	sink.Progress(fmt.Sprintf("%s on %s", app.Origin, r.cfg.Image.Base))
	image, layers, err := imagebuild.BuildLayers(ctx, imagebuild.LayersRequest{
		App: app, Base: base, BaseRef: r.cfg.Image.Base, JVMArgs: r.cfg.Image.JVMArgs,
		Labels: r.imageLabels(in), Epoch: in.ready.git.Time,
		Cache: imagebuild.LayerCache{Dir: r.layerCache()}, Events: sink,
	})
	if err != nil {
		return candidate{}, err
	}
	layers.BaseRef = ref
	return candidate{
		ImageID: image.ID, Snapshot: in.ready.version.Snapshot, Release: r.release(in, image), Parts: image.Parts, Layers: &layers, base: base,
	}, nil
}

// pushLayers publishes what buildLayers has made.
func (r *run) pushLayers(ctx context.Context, in pushable, push registry.Push) (registry.Pushed, error) {
	base := in.built.base
	if base == nil {
		var err error
		if base, _, err = registry.Pull(ctx, in.built.Layers.BaseRef, r.plainHTTP(r.cfg.Image.Base), in.ready.keys); err != nil {
			return registry.Pushed{}, err
		}
	}
	return in.ready.repository.Write(ctx, in.built.Layers.Image(base), push)
}

// plainHTTP reports whether an image comes over plain HTTP: registry.insecure is
// said of the release's registry alone.
func (r *run) plainHTTP(image string) bool {
	host, _, _ := strings.Cut(r.cfg.Image.Repository, "/")
	return r.cfg.Registry.Insecure && strings.HasPrefix(image, host+"/")
}

// layerCache is the user's own cache, so that a fresh clone finds what another
// one has compressed; without a home it is the project's.
func (r *run) layerCache() string {
	return append(r.caches("layers"), r.dir.State("layers"))[0]
}
