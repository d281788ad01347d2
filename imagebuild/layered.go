package imagebuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/haddock-ci/pipeline/internal/events"
)

// A LayersRequest says how a Java project becomes an image without an engine.
type LayersRequest struct {
	App     *JavaApp
	Base    v1.Image // its layers stay where they are
	BaseRef string   // its name, for people and for the label base.name
	JVMArgs []string
	Labels  map[string]string
	Epoch   time.Time // the image's time; zero: 1970
	Cache   LayerCache
	Events  events.Sink
}

// A Layered is an image that was put together without an engine: a manifest,
// a configuration and layers in a cache. It can be kept as JSON and pushed by
// another process.
type Layered struct {
	BaseRef  string  `json:"base"`
	BaseID   string  `json:"baseDigest"`
	Manifest []byte  `json:"manifest"`
	Config   []byte  `json:"config"`
	Layers   []Layer `json:"layers"`
	Cache    string  `json:"cache"` // its folder
}

// BuildLayers puts a Java project on top of a base image: dependencies,
// snapshot dependencies, resources and classes, each a layer of its own, so
// that a changed class is a small layer. The same files give the same digest
// on every machine. Files that cannot be packed are a *BuildError.
func BuildLayers(ctx context.Context, req LayersRequest) (Image, Layered, error) {
	for _, text := range req.App.Warnings {
		req.Events.Warn(text)
	}
	started := time.Now()
	layers, err := packLayers(ctx, req)
	if err != nil {
		return Image{}, Layered{}, fmt.Errorf("build layers: %w", err)
	}
	kept := Layered{BaseRef: req.BaseRef, Layers: layers, Cache: req.Cache.Dir}
	if err := kept.assemble(req); err != nil {
		return Image{}, Layered{}, fmt.Errorf("build layers on %s: %w", req.BaseRef, err)
	}
	image, err := kept.describe(req)
	if err != nil {
		return Image{}, Layered{}, fmt.Errorf("build layers on %s: %w", req.BaseRef, err)
	}
	for _, l := range layers {
		image.Steps = append(image.Steps, Step{Name: fmt.Sprintf("layer %s: %d files", l.Name, l.Files)})
	}
	image.Steps = append(image.Steps, Step{Name: "image", Seconds: time.Since(started).Seconds()})
	req.Cache.trim(cacheLimit)
	return image, kept, nil
}

func packLayers(ctx context.Context, req LayersRequest) ([]Layer, error) {
	baseType, err := req.Base.MediaType()
	if err != nil {
		return nil, fmt.Errorf("read the base image: %w", err)
	}
	mediaType := types.OCILayer
	if baseType == types.DockerManifestSchema2 {
		mediaType = types.DockerLayer
	}
	groups := slices.DeleteFunc(slices.Clone(req.App.groups), func(g layerGroup) bool { return len(g.files) == 0 })
	layers := make([]Layer, len(groups))
	work, ctx := errgroup.WithContext(ctx)
	for i, group := range groups {
		work.Go(func() (err error) {
			layers[i], err = req.Cache.layer(ctx, group, mediaType)
			return err
		})
	}
	return layers, work.Wait()
}

// assemble writes configuration and manifest.
func (l *Layered) assemble(req LayersRequest) error {
	created := req.Epoch
	if created.IsZero() {
		created = epoch()
	}
	base, err := req.Base.ConfigFile()
	if err != nil {
		return err
	}
	id, err := req.Base.Digest()
	if err != nil {
		return err
	}
	l.BaseID = id.String()
	adds := make([]mutate.Addendum, len(l.Layers))
	for i, layer := range l.Layers {
		adds[i] = mutate.Addendum{
			Layer: cachedLayer{Layer: layer, cache: LayerCache{l.Cache}}, MediaType: layer.Type,
			History: v1.History{Created: v1.Time{Time: created}, CreatedBy: "pipeline: " + layer.Name},
		}
	}
	image, err := mutate.Append(req.Base, adds...)
	if err != nil {
		return err
	}
	config := *base.Config.DeepCopy()
	config.Entrypoint = slices.Concat([]string{"java"}, req.JVMArgs, []string{"-cp", req.App.classpath(), req.App.MainClass})
	config.Cmd = nil
	config.Labels = l.labels(config.Labels, req)
	if image, err = mutate.Config(image, config); err != nil {
		return err
	}
	if image, err = mutate.CreatedAt(image, v1.Time{Time: created}); err != nil {
		return err
	}
	if l.Config, err = image.RawConfigFile(); err != nil {
		return err
	}
	l.Manifest, err = image.RawManifest()
	return err
}

func (l *Layered) labels(of map[string]string, req LayersRequest) map[string]string {
	out := maps.Clone(of)
	if out == nil {
		out = map[string]string{}
	}
	out["org.opencontainers.image.base.name"] = req.BaseRef
	out["org.opencontainers.image.base.digest"] = l.BaseID
	if !req.Epoch.IsZero() {
		out["org.opencontainers.image.created"] = req.Epoch.UTC().Format(time.RFC3339)
	}
	maps.Copy(out, req.Labels)
	return out
}

func (l *Layered) describe(req LayersRequest) (Image, error) {
	image := l.Image(req.Base)
	config, err := image.ConfigFile()
	if err != nil {
		return Image{}, err
	}
	id, err := image.ConfigName()
	if err != nil {
		return Image{}, err
	}
	out := Image{ID: id.String(), Platform: config.OS + "/" + config.Architecture, Labels: config.Config.Labels}
	if config.Variant != "" {
		out.Platform += "/" + config.Variant
	}
	for _, diffID := range config.RootFS.DiffIDs {
		out.Layers = append(out.Layers, diffID.String())
	}
	manifest, err := image.Manifest()
	if err != nil {
		return Image{}, err
	}
	ours := len(manifest.Layers) - len(l.Layers)
	for i, layer := range manifest.Layers {
		out.Size += layer.Size
		name := "base " + req.BaseRef
		if i >= ours {
			name = l.Layers[i-ours].Name
		}
		out.Parts = append(out.Parts, Part{Name: name, DiffID: out.Layers[i], Size: layer.Size})
	}
	return out, nil
}

// Image gives the image for a push. base is needed for layers that the
// registry does not have yet.
func (l *Layered) Image(base v1.Image) v1.Image {
	if base == nil {
		base = empty.Image
	}
	return &layeredImage{kept: l, base: base}
}

// layeredImage is a v1.Image of a Layered and its base.
type layeredImage struct {
	kept *Layered
	base v1.Image
}

func (i *layeredImage) RawManifest() ([]byte, error)        { return i.kept.Manifest, nil }
func (i *layeredImage) RawConfigFile() ([]byte, error)      { return i.kept.Config, nil }
func (i *layeredImage) Manifest() (*v1.Manifest, error)     { return partial.Manifest(i) }
func (i *layeredImage) ConfigFile() (*v1.ConfigFile, error) { return partial.ConfigFile(i) }
func (i *layeredImage) ConfigName() (v1.Hash, error)        { return partial.ConfigName(i) }
func (i *layeredImage) Digest() (v1.Hash, error)            { return partial.Digest(i) }
func (i *layeredImage) Size() (int64, error)                { return partial.Size(i) }
func (i *layeredImage) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	digest, err := partial.DiffIDToBlob(i, h)
	if err != nil {
		return nil, err
	}
	return i.LayerByDigest(digest)
}

func (i *layeredImage) MediaType() (types.MediaType, error) {
	m, err := i.Manifest()
	if err != nil {
		return "", err
	}
	return m.MediaType, nil
}

func (i *layeredImage) Layers() ([]v1.Layer, error) {
	m, err := i.Manifest()
	if err != nil {
		return nil, err
	}
	layers := make([]v1.Layer, len(m.Layers))
	for n, d := range m.Layers {
		if layers[n], err = i.LayerByDigest(d.Digest); err != nil {
			return nil, err
		}
	}
	return layers, nil
}

func (i *layeredImage) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	if id, err := i.ConfigName(); err == nil && id == h {
		return partial.ConfigLayer(i)
	}
	for _, layer := range i.kept.Layers {
		if layer.Digest == h {
			return cachedLayer{Layer: layer, cache: LayerCache{i.kept.Cache}}, nil
		}
	}
	return i.base.LayerByDigest(h)
}

// cachedLayer is a v1.Layer whose content is in the cache.
type cachedLayer struct {
	Layer

	cache LayerCache
}

func (l cachedLayer) Digest() (v1.Hash, error)             { return l.Layer.Digest, nil }
func (l cachedLayer) DiffID() (v1.Hash, error)             { return l.Layer.DiffID, nil }
func (l cachedLayer) Size() (int64, error)                 { return l.Layer.Size, nil }
func (l cachedLayer) MediaType() (types.MediaType, error)  { return l.Type, nil }
func (l cachedLayer) Uncompressed() (io.ReadCloser, error) { return nil, errors.ErrUnsupported }

// Compressed opens the content. What the cache has lost or damaged is
// forgotten, so that the next build makes it again.
func (l cachedLayer) Compressed() (io.ReadCloser, error) {
	file, err := os.Open(l.cache.blob(l.Layer.Digest))
	if err != nil {
		return nil, fmt.Errorf("layer %s is not in the cache any more, build again: %w", l.Name, err)
	}
	return newProof(file, l), nil
}
