package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// Images that we use carry names of ours in the engine, because their labels
// are what the build wrote: haddock.local/<service>/<environment>:<seq> for
// each instance that was made of one, and :pulled-<digest> when it is here
// because of us.
const (
	claims     = "haddock.local/"
	pulledMark = "pulled-"
)

// An Image is one that a service in an environment has run, or was about to.
type Image struct {
	ID      string
	Digests []string // repository@digest
	Seq     int      // of the last instance that was made of it; 0 when there was none yet
	Size    int64
	InUse   bool // a container needs it, whosever and running or not

	tags []string
}

// Images lists the images of a service in an environment, the last used first.
func (h *Host) Images(ctx context.Context, key Key) ([]Image, error) {
	if err := key.validate(); err != nil {
		return nil, err
	}
	return again(ctx, h.engines, func() ([]Image, error) { return h.images(ctx, key) })
}

// Prune removes all but the last keep images of a service in an environment
// and says which. An image that any container needs stays, and so does one
// that another service or environment uses, that has another name, or that was
// on the host before us: then only our own name of it goes. It goes on after a
// failure and returns all of them.
func (h *Host) Prune(ctx context.Context, key Key, keep int) (removed []Image, err error) {
	images, err := h.Images(ctx, key)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, image := range images {
		if i < keep || image.InUse {
			continue
		}
		switch err := h.letGo(ctx, key, image); {
		case errors.Is(err, engine.ErrInUse): // by a container that is new
		case err != nil:
			errs = append(errs, err)
		default:
			removed = append(removed, image)
		}
	}
	return removed, errors.Join(errs...)
}

func (h *Host) images(ctx context.Context, key Key) ([]Image, error) {
	list, err := h.eng.ImagesNamed(ctx, key.repository())
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	containers, err := h.eng.Containers(ctx, nil)
	if err != nil {
		return nil, err
	}
	inUse := map[string]bool{}
	for _, c := range containers {
		inUse[c.ImageID] = true
	}
	var images []Image
	for _, one := range list {
		image := Image{ID: one.ID, Digests: one.Digests, Size: one.Size, InUse: inUse[one.ID], tags: one.Tags}
		for _, tag := range one.Tags {
			image.Seq = max(image.Seq, key.seqOf(tag))
		}
		images = append(images, image)
	}
	slices.SortFunc(images, func(a, b Image) int { return cmp.Or(cmp.Compare(b.Seq, a.Seq), cmp.Compare(a.ID, b.ID)) })
	return images, nil
}

// letGo takes our names from an image, and with the last one the image itself.
func (h *Host) letGo(ctx context.Context, key Key, image Image) error {
	mine := func(tag string) bool { return strings.HasPrefix(tag, key.repository()+":") }
	if last := !slices.ContainsFunc(image.tags, func(tag string) bool { return !mine(tag) }); last {
		for _, tag := range image.tags {
			if err := h.dropPulled(ctx, image, tag); err != nil {
				return err
			}
		}
	}
	for _, tag := range image.tags {
		if !mine(tag) {
			continue
		}
		if err := h.eng.UntagImage(ctx, image.ID, tag); err != nil {
			return fmt.Errorf("prune images of %s: %w", key, err)
		}
	}
	return nil
}

// dropPulled removes the name under which we pulled an image, when tag says
// that we did.
func (h *Host) dropPulled(ctx context.Context, image Image, tag string) error {
	_, hash, ok := strings.Cut(tag, ":"+pulledMark)
	if !ok {
		return nil
	}
	for _, ref := range image.Digests {
		if !strings.HasSuffix(ref, "@sha256:"+hash) || strings.HasPrefix(ref, claims) {
			continue
		}
		if err := h.eng.UntagImage(ctx, image.ID, ref); err != nil {
			return err
		}
	}
	return nil
}

// claim names the image of an instance so that it stays until Prune.
func (h *Host) claim(ctx context.Context, i Identity) error {
	image, err := h.eng.Image(ctx, i.Image)
	if err != nil {
		return err
	}
	_, err = h.eng.TagImage(ctx, image.ID, i.repository()+":"+strconv.Itoa(i.Seq))
	return err
}

func (k Key) repository() string { return claims + k.Service + "/" + k.Env }

func (k Key) pulledMark(digest string) string {
	return k.repository() + ":" + pulledMark + strings.TrimPrefix(digest, "sha256:")
}

func (k Key) seqOf(tag string) int {
	text, ok := strings.CutPrefix(tag, k.repository()+":")
	seq, err := strconv.Atoi(text)
	if !ok || err != nil {
		return 0
	}
	return seq
}

func isPulledMark(tag string) bool {
	return strings.HasPrefix(tag, claims) && strings.Contains(tag, ":"+pulledMark)
}
