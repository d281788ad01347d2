package registry

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// Write publishes an image without an engine, by the rules of Push. Layers
// that the registry has are not sent; those of a base image in the same
// registry are linked to.
func (r *Repository) Write(ctx context.Context, image v1.Image, p Push) (Pushed, error) {
	if _, err := parse(r.Name, p.Tag, false); err != nil {
		return Pushed{}, err
	}
	release, err := r.lock(ctx, p.Events, p.Tag)
	if err != nil {
		return Pushed{}, err
	}
	defer release()
	there, err := r.Look(ctx, p.Tag)
	if err != nil {
		return Pushed{}, err
	}
	if there.Digest != "" {
		return r.accept(there, p)
	}
	digest, err := image.Digest()
	if err != nil {
		return Pushed{}, fmt.Errorf("push %s: %w", r.ref(p.Tag), err)
	}
	blobs, err := blobsOf(image)
	if err != nil {
		return Pushed{}, r.fail(ctx, "push", p.Tag, err)
	}
	if err := r.putWhenFree(ctx, p.Tag, blobs, image, digest.String()); err != nil {
		return Pushed{}, err
	}
	shown, err := r.prove(ctx, p.Tag, digest.String())
	return Pushed{Digest: shown}, err
}

// blobsOf is all that an image's manifest names.
func blobsOf(image v1.Image) ([]v1.Layer, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	config, err := partial.ConfigLayer(image)
	return append(layers, config), err
}

// putWhenFree uploads what a manifest names and the registry does not have, and
// then writes the manifest under a tag, unless another one has got there in the
// time that the upload took.
func (r *Repository) putWhenFree(ctx context.Context, tag string, blobs []v1.Layer, image remote.Taggable, ours string) error {
	uploads, uploading := errgroup.WithContext(ctx)
	uploads.SetLimit(4)
	for _, blob := range blobs {
		uploads.Go(func() error { return remote.WriteLayer(r.repo, blob, r.options(uploading)...) })
	}
	if err := uploads.Wait(); err != nil {
		return r.fail(ctx, "push", tag, err)
	}
	switch now, err := r.head(ctx, tag); {
	case err != nil:
		return err
	case now == ours:
		return nil
	case now != "":
		return r.lost(ctx, tag, now, ours)
	}
	if err := remote.Put(r.repo.Tag(tag), image, r.options(ctx)...); err != nil {
		return r.fail(ctx, "push", tag, err)
	}
	return nil
}

// Pull opens an image for reading; its layers stay in the registry until they
// are asked for. It returns the image's name with its digest. Of an image for
// several platforms it is the one for this machine's architecture. Plain HTTP
// works as in Open.
func Pull(ctx context.Context, ref string, insecure bool, keys *Keychain) (v1.Image, string, error) {
	opts := []name.Option{name.WeakValidation}
	host, _, _ := strings.Cut(ref, "/")
	if insecure || isLoopback(host) {
		opts = append(opts, name.Insecure)
	}
	parsed, err := name.ParseReference(ref, opts...)
	if err != nil {
		return nil, "", fmt.Errorf("image %q is no name of one: %w", ref, err)
	}
	r, err := Open(ctx, parsed.Context().Name(), insecure, keys)
	if err != nil {
		return nil, "", err
	}
	platform := remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH})
	image, err := remote.Image(parsed, append(r.options(ctx), platform)...)
	if err != nil {
		return nil, "", r.fail(ctx, "read", parsed.Identifier(), err)
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, "", r.fail(ctx, "read", parsed.Identifier(), err)
	}
	return image, r.Name + "@" + digest.String(), nil
}
