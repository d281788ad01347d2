package registry

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
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
	if err := remote.Write(r.repo.Tag(p.Tag), image, r.options(ctx)...); err != nil {
		return Pushed{}, r.fail(ctx, "push", p.Tag, err)
	}
	shown, err := r.prove(ctx, p.Tag, digest.String())
	return Pushed{Digest: shown}, err
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
