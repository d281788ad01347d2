package pipeline

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/atomicfile"
	"github.com/haddock-ci/pipeline/internal/events"
)

// sizesFile keeps in .pipeline/state what the last release consists of.
const sizesFile = "sizes.json"

// A sized release is what the next one is compared with.
type sized struct {
	Repository string           `json:"repository"`
	Tag        string           `json:"tag"`
	Parts      imagebuild.Parts `json:"parts"`
}

// tellSizes shows what the image weighs, and what of it is new.
func (r *run) tellSizes(ctx context.Context, sink events.Sink, in buildable, parts imagebuild.Parts) {
	previous := r.previousSizes(ctx, in.ready)
	lines := parts.Table(previous.Parts, previous.Tag)
	for _, line := range lines {
		sink.Emit(events.Event{Kind: events.Note, Text: line})
	}
	r.outcome.Built, r.outcome.Layers = r.cfg.Image.Repository+":"+in.tag, parts
	if previous.Tag != "" {
		r.outcome.Reused = parts.In(previous.Parts)
	}
	sink.Emit(imageBuilt(r.outcome, lines[len(lines)-1]))
}

// imageBuilt is the event that tells of a built image, in words and in numbers.
func imageBuilt(o Outcome, text string) events.Event {
	var size, fresh int64
	for i, part := range o.Layers {
		size += part.Size
		if o.Reused == nil || !o.Reused[i] {
			fresh += part.Size
		}
	}
	return events.Event{Kind: events.ImageBuilt, Text: text, Fields: map[string]string{
		events.FieldImage: o.Built, events.FieldLayers: strconv.Itoa(len(o.Layers)),
		events.FieldBytes: strconv.FormatInt(size, 10), events.FieldNew: strconv.FormatInt(fresh, 10),
	}}
}

// previousSizes is the release of this folder before, else what the registry
// calls latest. Having none is no fault, and a registry that does not answer
// will be heard of at the push.
func (r *run) previousSizes(ctx context.Context, ready *Ready) sized {
	var last sized
	text, err := os.ReadFile(r.dir.State(sizesFile))
	if err == nil && json.Unmarshal(text, &last) == nil && last.Repository == r.cfg.Image.Repository {
		return last
	}
	layers, err := r.remoteLayers(ctx, ready, r.cfg.Image.Repository+":latest")
	if err != nil {
		return sized{}
	}
	last = sized{Tag: "latest"}
	for _, layer := range layers {
		last.Parts = append(last.Parts, imagebuild.Part{DiffID: layer})
	}
	return last
}

// keepSizes notes what the release consists of, for the next one.
func (r *run) keepSizes(built candidate) error {
	text, err := json.Marshal(sized{r.cfg.Image.Repository, built.Release.Tag, built.Parts})
	if err != nil {
		return &WorkdirError{"keep the release's sizes", err}
	}
	if err := atomicfile.Write(r.dir.State(sizesFile), append(text, '\n'), 0o644); err != nil {
		return &WorkdirError{"keep the release's sizes", err}
	}
	return nil
}
