package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

// LabelImage marks the images that we build; its value is the repository.
const LabelImage = "pipeline.image"

// ErrInUse says that a container still needs an image.
var ErrInUse = errors.New("in use")

// A HistoryEntry is one instruction that an image was made by.
type HistoryEntry struct {
	Step string // as the Dockerfile has it, where the engine tells
	Size int64  // of its layer, uncompressed; 0 for one that made none
}

// History tells how an image was made, its base first.
func (e *Engine) History(ctx context.Context, id string) ([]HistoryEntry, error) {
	items, err := e.api.ImageHistory(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the history of image %s: %w", short(id), e.explained(ctx, err))
	}
	entries := make([]HistoryEntry, 0, len(items))
	for _, item := range slices.Backward(items) {
		step, _, _ := strings.Cut(item.CreatedBy, " # buildkit")
		entries = append(entries, HistoryEntry{Step: step, Size: item.Size})
	}
	return entries, nil
}

// NoteBuild lets the engine note that an image was built now. Those before 23 do
// so only when an image is given a name by another call than its build.
func (e *Engine) NoteBuild(ctx context.Context, id, ref string) error { return e.tag(ctx, id, ref) }

// BuiltImages lists the images that were built for a repository, the one that
// was built last first.
func (e *Engine) BuiltImages(ctx context.Context, repository string) ([]Image, error) {
	items, err := e.api.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("label", LabelImage+"="+repository))})
	if err != nil {
		return nil, fmt.Errorf("list images of %s: %w", repository, e.explained(ctx, err))
	}
	var images []Image
	for _, item := range items {
		one, err := e.Image(ctx, item.ID)
		if errors.Is(err, ErrNotFound) { // gone since
			continue
		}
		if err != nil {
			return nil, err
		}
		if one.Labels[LabelImage] == repository { // not the engine's word alone
			images = append(images, one)
		}
	}
	slices.SortStableFunc(images, func(a, b Image) int {
		return cmp.Or(b.Named.Compare(a.Named), b.Created.Compare(a.Created))
	})
	return images, nil
}

// RemoveBuilt removes an image that was built for a repository, with its names.
// One that carries another label, or a name outside of the repository that
// somebody gave it, is not touched. One that a container needs is ErrInUse.
func (e *Engine) RemoveBuilt(ctx context.Context, repository, id string) error {
	now, err := e.Image(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if repository == "" || now.Labels[LabelImage] != repository {
		return fmt.Errorf("remove image %s: it was not built for %s", short(id), repository)
	}
	for _, tag := range now.Tags {
		if !strings.HasPrefix(tag, repository+":") {
			return fmt.Errorf("remove image %s: %w: somebody calls it %s", short(id), ErrInUse, tag)
		}
	}
	names := now.Tags
	if len(names) == 0 {
		names = []string{now.ID}
	}
	for _, name := range names {
		_, err := e.api.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
		switch {
		case cerrdefs.IsNotFound(err):
		case cerrdefs.IsConflict(err):
			return fmt.Errorf("remove image %s: %w: %w", short(id), ErrInUse, err)
		case err != nil:
			return fmt.Errorf("remove image %s: %w", short(id), e.explained(ctx, err))
		}
	}
	return nil
}
