package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/pipeline/provenance"
	"github.com/haddock-ci/pipeline/registry"
)

// bomMedia is how other tools call a bill of materials of CycloneDX.
const bomMedia = "application/vnd.cyclonedx+json"

// bomFile keeps the bill of materials of the last built image in
// .pipeline/state, for a push by another process.
const bomFile = "bom.json"

// attachProof lets the proof travel with the image.
func (r *run) attachProof(ctx context.Context, sink events.Sink, in pushable, release registry.Release) error {
	statement, err := provenance.Of(release, in.built.Source, in.built.Context).Attachment()
	if err != nil {
		return err
	}
	list := []registry.Attachment{statement}
	bom, err := os.ReadFile(r.dir.State(bomFile))
	switch {
	case err == nil:
		list = append(list, registry.Attachment{Type: bomMedia, Data: bom})
	case !errors.Is(err, fs.ErrNotExist):
		return &WorkdirError{"read the bill of materials", err}
	}
	added, err := in.ready.repository.Attach(ctx, release.Digest, list...)
	if errors.Is(err, registry.ErrNoAttachments) {
		sink.Warn(fmt.Sprintf("the image has no provenance: %v", err))
		return nil
	}
	if added > 0 {
		sink.Progress(fmt.Sprintf("attached %d of provenance and bill of materials", added))
	}
	return err
}

// keepBOM keeps the project's bill of materials as it is when the image is
// built; cyclonedx-maven-plugin writes target/bom.json.
func (r *run) keepBOM(sink events.Sink) error {
	for _, name := range []string{"target/bom.json", "bom.json"} {
		data, err := os.ReadFile(filepath.Join(r.cfg.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the bill of materials: %w", err)
		}
		var bom struct{ BOMFormat string }
		if json.Unmarshal(data, &bom) != nil || bom.BOMFormat != "CycloneDX" {
			sink.Warn(name + " is no CycloneDX bill of materials in JSON, and is not attached to the image")
			continue
		}
		if err := atomicfile.Write(r.dir.State(bomFile), data, 0o644); err != nil {
			return &WorkdirError{"keep the bill of materials", err}
		}
		return nil
	}
	if err := os.Remove(r.dir.State(bomFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &WorkdirError{"forget the last bill of materials", err}
	}
	return nil
}
