package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// ErrNoAttachments says that a registry takes images alone.
var ErrNoAttachments = errors.New("registry takes no attachments")

// attachmentLimit is the largest attachment that is read.
const attachmentLimit = 64 << 20

// emptyConfig is what the Open Containers Initiative gives things without a
// configuration.
const emptyConfig = types.MediaType("application/vnd.oci.empty.v1+json")

// An Attachment is a document that travels with an image: a referrer in the
// words of the Open Containers Initiative.
type Attachment struct {
	Type        string            // media type, such as application/vnd.in-toto+json
	Annotations map[string]string // say which one it is, beside its type
	Digest      string            // of its manifest; set by the registry
	Data        []byte
}

// Attach adds documents to the image with this digest, each once: when the
// image has one of the same type and annotations, whatever is in it, that one
// stays and nothing is written. It was written by the run that made the image;
// a run that comes later only finds it. A registry that refuses the kind is
// ErrNoAttachments.
//
// A registry without an interface for referrers keeps them under the tag
// sha256-<digest>; then adding is reading and writing, for which the runs on
// this host take turns.
func (r *Repository) Attach(ctx context.Context, digest string, list ...Attachment) (added int, err error) {
	release, err := r.lock(ctx, nil, digest)
	if err != nil {
		return 0, err
	}
	defer release()
	var subject *v1.Descriptor
	var there []v1.Descriptor
	var asked errgroup.Group
	asked.Go(func() (err error) {
		if there, err = r.referrers(ctx, digest); refuses(err) {
			return fmt.Errorf("%w: %w", ErrNoAttachments, err)
		}
		return err
	})
	asked.Go(func() (err error) {
		if subject, err = remote.Head(r.repo.Digest(digest), r.options(ctx)...); err != nil {
			return r.fail(ctx, "attach to", digest, err)
		}
		return nil
	})
	if err := asked.Wait(); err != nil {
		return 0, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(a Attachment) bool {
		return slices.ContainsFunc(there, func(d v1.Descriptor) bool {
			return d.ArtifactType == a.Type && maps.Equal(d.Annotations, a.Annotations)
		})
	})
	if len(list) == 0 {
		return 0, nil
	}
	for i, a := range list {
		err := r.putAttachment(ctx, *subject, a)
		switch {
		case err == nil:
		case refuses(err):
			return i, fmt.Errorf("attach %s to %s: %w: %s", a.Type, r.ref(digest), ErrNoAttachments, describe(err, r.Registry))
		default:
			return i, r.fail(ctx, "attach "+a.Type+" to", digest, err)
		}
	}
	return len(list), nil
}

func (r *Repository) putAttachment(ctx context.Context, subject v1.Descriptor, a Attachment) error {
	blobs := []v1.Layer{static.NewLayer([]byte("{}"), emptyConfig), static.NewLayer(a.Data, types.MediaType(a.Type))}
	descriptors := make([]v1.Descriptor, len(blobs))
	var writes errgroup.Group
	for i, blob := range blobs {
		writes.Go(func() (err error) {
			if err = remote.WriteLayer(r.repo, blob, r.options(ctx)...); err == nil {
				descriptors[i], err = descriptorOf(blob)
			}
			return err
		})
	}
	if err := writes.Wait(); err != nil {
		return err
	}
	raw, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: a.Type,
		Config: descriptors[0], Layers: descriptors[1:], Annotations: a.Annotations,
		Subject: &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
	})
	if err != nil {
		return err
	}
	own := static.NewLayer(raw, types.OCIManifestSchema1)
	digest, err := own.Digest()
	if err != nil {
		return err
	}
	return remote.Put(r.repo.Digest(digest.String()), manifest{raw, types.OCIManifestSchema1}, r.options(ctx)...)
}

// manifest is one that is written as it stands.
type manifest struct {
	raw  []byte
	kind types.MediaType
}

func (m manifest) RawManifest() ([]byte, error)        { return m.raw, nil }
func (m manifest) MediaType() (types.MediaType, error) { return m.kind, nil }

func descriptorOf(layer v1.Layer) (v1.Descriptor, error) {
	digest, err := layer.Digest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	size, err := layer.Size()
	if err != nil {
		return v1.Descriptor{}, err
	}
	kind, err := layer.MediaType()
	return v1.Descriptor{MediaType: kind, Digest: digest, Size: size}, err
}

// refuses tells a registry that knows no such thing from one that fails.
func refuses(err error) bool {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// Attachments reads what is attached to the image with this digest.
func (r *Repository) Attachments(ctx context.Context, digest string) ([]Attachment, error) {
	there, err := r.referrers(ctx, digest)
	if err != nil {
		return nil, err
	}
	list := make([]Attachment, 0, len(there))
	for _, d := range there {
		a := Attachment{Type: d.ArtifactType, Annotations: d.Annotations, Digest: d.Digest.String()}
		if a.Data, err = r.attached(ctx, a.Digest); err != nil {
			return nil, r.fail(ctx, "read what is attached to", digest, err)
		}
		list = append(list, a)
	}
	return list, nil
}

func (r *Repository) referrers(ctx context.Context, digest string) ([]v1.Descriptor, error) {
	index, err := remote.Referrers(r.repo.Digest(digest), r.options(ctx)...)
	if err != nil {
		return nil, r.fail(ctx, "list what is attached to", digest, err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		return nil, r.fail(ctx, "list what is attached to", digest, err)
	}
	return list.Manifests, nil
}

// attached reads the one document of an attachment; others' may have none or
// several, and are then not read.
func (r *Repository) attached(ctx context.Context, digest string) ([]byte, error) {
	image, err := remote.Image(r.repo.Digest(digest), r.options(ctx)...)
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		return nil, err
	}
	in, err := layers[0].Compressed()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, attachmentLimit+1))
	if err == nil && len(data) > attachmentLimit {
		return nil, fmt.Errorf("attachment %s is larger than %d bytes", digest, attachmentLimit)
	}
	return data, err
}
