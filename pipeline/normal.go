package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/registry"
)

// baseLabel is where an image build writes the name of its base image.
const baseLabel = "org.opencontainers.image.base.name"

// normal says what the image is brought into when it is released; nil when
// nobody has asked for that.
func (r *run) normal(ctx context.Context, sink events.Sink, ready *Ready, image imagebuild.Image) *registry.Normal {
	if !r.cfg.Image.Reproducible {
		return nil
	}
	n := &registry.Normal{Epoch: ready.git.Time}
	name := image.Labels[baseLabel]
	if name == "" {
		return n
	}
	for _, find := range []func(context.Context, *Ready, string) ([]string, error){r.localLayers, r.remoteLayers} {
		layers, err := find(ctx, ready, name)
		if err == nil && len(layers) <= len(image.Layers) && slices.Equal(layers, image.Layers[:len(layers)]) {
			n.Base = layers
			return n
		}
	}
	sink.Warn(fmt.Sprintf("the layers of %s cannot be told from the project's own; all are made reproducible", name))
	return n
}

func (r *run) localLayers(ctx context.Context, ready *Ready, name string) ([]string, error) {
	image, err := ready.engine.Image(ctx, name)
	return image.Layers, err
}

func (r *run) remoteLayers(ctx context.Context, ready *Ready, name string) ([]string, error) {
	image, _, err := registry.Pull(ctx, name, r.plainHTTP(name), ready.keys)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	layers := make([]string, 0, len(config.RootFS.DiffIDs))
	for _, id := range config.RootFS.DiffIDs {
		layers = append(layers, id.String())
	}
	return layers, nil
}
