package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/haddock-ci/pipeline/internal/engine"
)

// Pruned is what PruneImages did.
type Pruned struct {
	Removed []string // names of the images, or IDs of those without
	Kept    []string // those that are in use, with the reason
}

// PruneImages removes the project's own images from the engine, all but the
// newest. What another tool or another project has built is never touched, nor
// what somebody gave a name of his own.
func PruneImages(ctx context.Context, cfg Config, keep int) (Pruned, error) {
	if err := cfg.Require([]Stage{StageImage}); err != nil {
		return Pruned{}, err
	}
	if keep < 0 {
		return Pruned{}, &UsageError{fmt.Sprintf("--keep %d: want 0 or more", keep)}
	}
	eng, err := engine.Connect(ctx)
	if err != nil {
		return Pruned{}, err
	}
	defer func() { _ = eng.Close() }() // nothing is pending on it
	images, err := eng.BuiltImages(ctx, cfg.Image.Repository)
	if err != nil {
		return Pruned{}, err
	}
	var done Pruned
	for _, image := range images[min(keep, len(images)):] {
		name := image.ID
		if len(image.Tags) > 0 {
			name = image.Tags[0]
		}
		switch err := eng.RemoveBuilt(ctx, cfg.Image.Repository, image.ID); {
		case errors.Is(err, engine.ErrInUse):
			done.Kept = append(done.Kept, err.Error())
		case err != nil:
			return done, err
		default:
			done.Removed = append(done.Removed, name)
		}
	}
	return done, nil
}
