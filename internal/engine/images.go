package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

// An Image is what the engine knows about one of its images.
type Image struct {
	ID       string // sha256:...; the digest of its configuration, not of its manifest
	Platform string // linux/amd64
	Tags     []string
	Digests  []string // repository@digest, one for each place it was pushed to or pulled from
	Labels   map[string]string
	Layers   []string // digests of the uncompressed layers, base first
	Size     int64
	Created  time.Time // of its last layer, which the engine may have kept from an earlier build
	Named    time.Time // when it was last given a name here; zero for what the engine has not noted
}

// Image looks up an image by name or ID. One that is not there is ErrNotFound.
func (e *Engine) Image(ctx context.Context, ref string) (Image, error) {
	i, err := e.api.ImageInspect(ctx, ref)
	if err != nil {
		return Image{}, fmt.Errorf("inspect image %s: %w", ref, e.explained(ctx, err))
	}
	out := Image{
		ID: i.ID, Platform: i.Os + "/" + i.Architecture, Tags: i.RepoTags, Digests: i.RepoDigests,
		Layers: i.RootFS.Layers, Size: i.Size, Created: parseTime(i.Created), Named: i.Metadata.LastTagTime,
	}
	if i.Variant != "" {
		out.Platform += "/" + i.Variant
	}
	if i.Config != nil {
		out.Labels = i.Config.Labels
	}
	return out, nil
}

// TagImage gives an image one more name; added is false when it had it before.
func (e *Engine) TagImage(ctx context.Context, id, ref string) (added bool, err error) {
	if now, err := e.Image(ctx, ref); err == nil && now.ID == id {
		return false, nil
	}
	err = e.tag(ctx, id, ref)
	return err == nil, err
}

func (e *Engine) tag(ctx context.Context, id, ref string) error {
	if err := e.api.ImageTag(ctx, id, ref); err != nil {
		return fmt.Errorf("tag image %s as %s: %w", short(id), ref, e.explained(ctx, err))
	}
	return nil
}

// SaveImage writes an image with all its layers as an archive.
func (e *Engine) SaveImage(ctx context.Context, ref string, w io.Writer) error {
	body, err := e.api.ImageSave(ctx, []string{ref})
	if err != nil {
		return fmt.Errorf("save image %s: %w", ref, e.explained(ctx, err))
	}
	defer body.Close()
	if _, err := io.Copy(w, body); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("save image %s: %w", ref, err)
	}
	return nil
}

// UntagImage takes a name away from the image with this ID; the engine drops
// the image itself with its last name. A name that by now belongs to another
// image is somebody else's and stays.
func (e *Engine) UntagImage(ctx context.Context, id, ref string) error {
	now, err := e.Image(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if now.ID != id {
		return nil
	}
	_, err = e.api.ImageRemove(ctx, ref, image.RemoveOptions{PruneChildren: true})
	if ctx.Err() == nil && cerrdefs.IsConflict(err) {
		return fmt.Errorf("untag image %s: %w: %w", ref, ErrInUse, err)
	}
	if err != nil {
		return fmt.Errorf("untag image %s: %w", ref, e.explained(ctx, err))
	}
	return nil
}

// A Login is what the engine needs to push to a registry. The zero value is
// nobody.
type Login struct {
	Username      string
	Password      string
	IdentityToken string
	RegistryToken string
	Registry      string // host and port
}

// Pushed is what the engine said about a push that it finished.
type Pushed struct {
	Digest string // of the manifest; empty when the engine did not tell
	Size   int64
}

// A PushError is the engine's refusal to push, in its own words.
type PushError struct{ Text string }

// Error gives the engine's words.
func (e *PushError) Error() string { return e.Text }

// PushImage pushes a tagged image and blocks until the registry has it.
// progress may be nil; it is told what the engine tells, line by line; how far
// a layer has come is a line such as "4b2c1a: Pushing 1024/4096", in bytes. A
// failure that the engine reports is a *PushError.
func (e *Engine) PushImage(ctx context.Context, ref string, as Login, progress func(line string)) (Pushed, error) {
	auth, err := as.encode()
	if err != nil {
		return Pushed{}, fmt.Errorf("push %s: encode login: %w", ref, err)
	}
	body, err := e.api.ImagePush(ctx, ref, image.PushOptions{RegistryAuth: auth})
	if err != nil {
		if err := e.explained(ctx, err); ctx.Err() != nil || isConnection(err) {
			return Pushed{}, err
		}
		return Pushed{}, &PushError{Text: strings.TrimPrefix(err.Error(), "Error response from daemon: ")}
	}
	defer body.Close()
	out, err := readPush(body, progress)
	if ctx.Err() != nil { // the engine reports our own leaving as an error
		return Pushed{}, context.Cause(ctx)
	}
	return out, err
}

// readPush reads the stream of JSON messages that a push answers with.
func readPush(r io.Reader, progress func(string)) (Pushed, error) {
	var out Pushed
	for in := json.NewDecoder(r); ; {
		var msg struct {
			Status, ID     string
			ProgressDetail struct{ Current, Total int64 }
			Error          string
			ErrorDetail    struct{ Message string }
			Aux            struct {
				Digest string
				Size   int64
			}
		}
		err := in.Decode(&msg)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("read what the engine says: %w", err)
		}
		if text := orElse(msg.ErrorDetail.Message, msg.Error); text != "" {
			return out, &PushError{Text: text}
		}
		if msg.Aux.Digest != "" {
			out = Pushed{Digest: msg.Aux.Digest, Size: msg.Aux.Size}
		}
		if d := msg.ProgressDetail; d.Total > 0 {
			msg.Status = fmt.Sprintf("%s %d/%d", msg.Status, d.Current, d.Total)
		}
		if progress != nil && msg.Status != "" {
			progress(strings.TrimPrefix(msg.ID+": "+msg.Status, ": "))
		}
	}
}

// ImagesNamed lists the images that have a tag in this repository.
func (e *Engine) ImagesNamed(ctx context.Context, repository string) ([]Image, error) {
	items, err := e.api.ImageList(ctx, image.ListOptions{
		Filters: filters.NewArgs(filters.Arg("reference", repository+":*")),
	})
	if err != nil {
		return nil, fmt.Errorf("list images of %s: %w", repository, e.explained(ctx, err))
	}
	var images []Image
	for _, item := range items {
		one, err := e.Image(ctx, item.ID) // the list has only the names that match
		if errors.Is(err, ErrNotFound) {  // gone since
			continue
		}
		if err != nil {
			return nil, err
		}
		images = append(images, one)
	}
	return images, nil
}
