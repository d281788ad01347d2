package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// staging is the tag under which the engine pushes an image that is not yet
// what will be released. It moves with every build; nobody should follow it.
const staging = "pipeline-staging"

// pushNormal lets the engine push an image as it is, normalises it in the
// registry, and gives the result its tag.
func (r *Repository) pushNormal(ctx context.Context, eng Engine, p Push, there Tag) (Pushed, error) {
	raw, err := r.stage(ctx, eng, p)
	if err != nil {
		return Pushed{}, err
	}
	dir, err := os.MkdirTemp("", "pipeline-layers-")
	if err != nil {
		return Pushed{}, fmt.Errorf("normalise %s: %w", r.ref(p.Tag), err)
	}
	defer os.RemoveAll(dir)
	image, err := r.normalise(ctx, raw, *p.Normal, dir)
	if err != nil {
		return Pushed{}, r.fail(ctx, "normalise", p.Tag, err)
	}
	ours, err := image.Digest()
	if err != nil {
		return Pushed{}, err
	}
	switch there.Digest {
	case ours.String():
		return Pushed{Digest: there.Digest, Existing: true, Note: r.ref(p.Tag) + " has this image already"}, nil
	case "":
	default:
		return Pushed{}, r.taken(p.Tag, there, ours.String())
	}
	if err := r.putNormal(ctx, p.Tag, image); err != nil {
		return Pushed{}, err
	}
	digest, err := r.prove(ctx, p.Tag, ours.String())
	return Pushed{Digest: digest}, err
}

// stage lets the engine push, and returns what it pushed. A registry in which
// no tag moves gets a tag that is the image's own.
func (r *Repository) stage(ctx context.Context, eng Engine, p Push) (image v1.Image, err error) {
	own := "image"
	if id, err := v1.NewHash(p.ImageID); err == nil {
		own = id.Hex[:12]
	}
	for _, tag := range []string{staging, staging + "-" + own} {
		image, err = r.stageAs(ctx, eng, p, tag)
		if refused, ok := errors.AsType[*Error](err); !ok || (refused.Kind != nil && !errors.Is(refused.Kind, ErrTagTaken)) {
			break // pushed, or a trouble that another name does not help
		}
	}
	return image, err
}

func (r *Repository) stageAs(ctx context.Context, eng Engine, p Push, tag string) (v1.Image, error) {
	release, err := r.lock(ctx, p.Events, tag)
	if err != nil {
		return nil, err
	}
	defer release()
	p.Tag = tag
	added, err := eng.TagImage(ctx, p.ImageID, r.ref(tag))
	if err != nil {
		return nil, err
	}
	if added {
		defer r.untag(ctx, eng, p)
	}
	said, err := r.pushWithRetries(ctx, eng, r.ref(tag), p)
	if err != nil {
		return nil, err
	}
	digest := said.Digest
	if digest == "" { // an engine with containerd's store does not say
		if digest, err = r.prove(ctx, tag, ""); err != nil {
			return nil, err
		}
	}
	image, err := remote.Image(r.repo.Digest(digest), r.options(ctx)...)
	if err != nil {
		return nil, r.fail(ctx, "read", digest, err)
	}
	if id, err := image.ConfigName(); err != nil || (id.String() != p.ImageID && digest != p.ImageID) {
		return nil, r.fail(ctx, "push", tag, errors.New("another build has pushed there at the same moment, try again"))
	}
	return image, nil
}

// normal is an image after its normalisation.
type normal struct {
	manifest
	config []byte
	layers []*packed // those that were made anew
}

// Digest is the manifest's.
func (n *normal) Digest() (v1.Hash, error) { return static.NewLayer(n.raw, n.kind).Digest() }

// normalise makes the manifest, the configuration and the layers of the
// normalised image. The layers are files in dir.
func (r *Repository) normalise(ctx context.Context, image v1.Image, to Normal, dir string) (*normal, error) {
	before, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	diffs := make([]string, len(config.RootFS.DiffIDs))
	for i, d := range config.RootFS.DiffIDs {
		diffs[i] = d.String()
	}
	base := to.baseLayers(diffs)
	made, err := to.packAll(ctx, image, base, dir)
	if err != nil {
		return nil, err
	}
	after := v1.Manifest{SchemaVersion: 2, MediaType: before.MediaType, Layers: before.Layers}
	n := &normal{}
	for i, layer := range made {
		if layer == nil || (base == 0 && !layer.changed) {
			continue
		}
		diffs[i] = layer.diff.String()
		after.Layers[i] = v1.Descriptor{MediaType: layer.kind, Digest: layer.digest, Size: layer.size}
		n.layers = append(n.layers, layer)
	}
	raw, err := image.RawConfigFile()
	if err != nil {
		return nil, err
	}
	if n.config, err = to.config(raw, base, diffs); err != nil {
		return nil, err
	}
	if after.Config, err = descriptorOf(static.NewLayer(n.config, before.Config.MediaType)); err != nil {
		return nil, err
	}
	n.kind = before.MediaType
	n.raw, err = json.Marshal(after)
	return n, err
}

// packAll makes all layers above the base anew; those of the base are nil.
func (n Normal) packAll(ctx context.Context, image v1.Image, base int, dir string) ([]*packed, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	kind := types.OCILayer
	if media, err := image.MediaType(); err == nil && media == types.DockerManifestSchema2 {
		kind = types.DockerLayer
	}
	made := make([]*packed, len(layers))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(2)
	for i := base; i < len(layers); i++ {
		work.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			in, err := layers[i].Uncompressed()
			if err != nil {
				return err
			}
			defer in.Close()
			made[i], err = n.pack(in, filepath.Join(dir, strconv.Itoa(i)), kind)
			return err
		})
	}
	return made, work.Wait()
}

// putNormal uploads what is new in the image, and gives it the tag.
func (r *Repository) putNormal(ctx context.Context, tag string, image *normal) error {
	ours, err := image.Digest()
	if err != nil {
		return fmt.Errorf("push %s: %w", r.ref(tag), err)
	}
	blobs := []v1.Layer{static.NewLayer(image.config, types.DockerConfigJSON)}
	for _, layer := range image.layers {
		blobs = append(blobs, layer)
	}
	return r.putWhenFree(ctx, tag, blobs, image.manifest, ours.String())
}
