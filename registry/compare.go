package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// A Comparison says in what a published image and one that was built again
// differ. The times of builds are not compared.
type Comparison struct {
	Layers []LayerDifference
	Config []string // names of what differs in the configuration
}

// Equal reports whether nothing differs.
func (c Comparison) Equal() bool { return len(c.Layers) == 0 && len(c.Config) == 0 }

// A LayerDifference is a layer that is not the same.
type LayerDifference struct {
	Index int    // from 0, the base image's first
	Step  string // that made it, as the image's history says
	Files []FileDifference
}

// A FileDifference is a file of a layer that is not the same.
type FileDifference struct {
	Path string
	How  string
}

// Compare compares the image with this digest with one that was built again.
// Both may be normalised or not; epoch is their commit's time.
func (r *Repository) Compare(ctx context.Context, digest string, again v1.Image, epoch time.Time) (Comparison, error) {
	published, err := remote.Image(r.repo.Digest(digest), r.options(ctx)...)
	if err != nil {
		return Comparison{}, r.fail(ctx, "read", digest, err)
	}
	difference, err := Normal{Epoch: epoch}.compare(ctx, published, again)
	if err != nil {
		return difference, fmt.Errorf("compare with %s: %w", r.ref(digest), err)
	}
	return difference, nil
}

func (n Normal) compare(ctx context.Context, published, again v1.Image) (Comparison, error) {
	var c Comparison
	one, err := published.Layers()
	if err != nil {
		return c, err
	}
	two, err := again.Layers()
	if err != nil {
		return c, err
	}
	steps, err := stepsOf(published)
	if err != nil {
		return c, err
	}
	for i := range max(len(one), len(two)) {
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		files, err := n.compareLayers(at(one, i), at(two, i))
		if err != nil {
			return c, fmt.Errorf("layer %d: %w", i, err)
		}
		if len(files) > 0 {
			c.Layers = append(c.Layers, LayerDifference{Index: i, Step: at(steps, i), Files: files})
		}
	}
	c.Config, err = n.compareConfigs(published, again)
	return c, err
}

// stepsOf names the step of each layer.
func stepsOf(image v1.Image) ([]string, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, h := range config.History {
		if !h.EmptyLayer {
			steps = append(steps, h.CreatedBy)
		}
	}
	return steps, nil
}

// compareLayers reads two layers only when they are not the same archive. One
// of them may be nil.
func (n Normal) compareLayers(one, two v1.Layer) ([]FileDifference, error) {
	if one != nil && two != nil {
		a, errA := one.DiffID()
		b, errB := two.DiffID()
		if errA == nil && errB == nil && a == b {
			return nil, nil
		}
	}
	before, err := n.list(one)
	if err != nil {
		return nil, err
	}
	after, err := n.list(two)
	if err != nil {
		return nil, err
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	var found []FileDifference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if how := differs(before[name], after[name]); how != "" {
			found = append(found, FileDifference{Path: name, How: how})
		}
	}
	return found, nil
}

// entry is what counts of a file in a layer.
type entry struct {
	kind       byte
	mode       int64
	owner      string
	link       string
	time       time.Time
	attributes string
	sum        string
	size       int64
}

func (n Normal) list(layer v1.Layer) (map[string]entry, error) {
	files := map[string]entry{}
	if layer == nil {
		return files, nil
	}
	r, err := uncompressed(layer)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for in := tar.NewReader(r); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		n.header(head)
		sum := sha256.New()
		if _, err := io.Copy(sum, in); err != nil {
			return nil, err
		}
		attributes, err := json.Marshal(head.PAXRecords)
		if err != nil {
			return nil, err
		}
		files[path.Join("/", head.Name)] = entry{
			kind: head.Typeflag, mode: head.Mode, owner: fmt.Sprintf("%d:%d", head.Uid, head.Gid), link: head.Linkname,
			time: head.ModTime.UTC(), attributes: string(attributes), sum: hex.EncodeToString(sum.Sum(nil)), size: head.Size,
		}
	}
}

// uncompressed opens a layer; those that were made without an engine are only
// there compressed.
func uncompressed(layer v1.Layer) (io.ReadCloser, error) {
	r, err := layer.Uncompressed()
	if !errors.Is(err, errors.ErrUnsupported) {
		return r, err
	}
	file, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	small, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{small, file}, nil
}

// differs says how a file differs; empty is not at all.
func differs(one, two entry) string {
	switch {
	case one == two:
		return ""
	case two == entry{}:
		return "only in the release"
	case one == entry{}:
		return "only in what was built again"
	}
	var how []string
	for _, c := range []struct {
		is   bool
		what string
	}{
		{one.kind != two.kind, "kind"},
		{one.sum != two.sum, fmt.Sprintf("content (%d and %d bytes)", one.size, two.size)},
		{one.link != two.link, "link"},
		{one.mode != two.mode, fmt.Sprintf("mode (%#o and %#o)", one.mode, two.mode)},
		{one.owner != two.owner, "owner (" + one.owner + " and " + two.owner + ")"},
		{one.attributes != two.attributes, "extended attributes"},
		{one.time != two.time, "time"},
	} {
		if c.is {
			how = append(how, c.what)
		}
	}
	return strings.Join(how, ", ")
}

// compareConfigs names the parts of the configuration that differ.
func (n Normal) compareConfigs(published, again v1.Image) ([]string, error) {
	var parts [2]map[string]string
	for i, image := range []v1.Image{published, again} {
		raw, err := image.RawConfigFile()
		if err != nil {
			return nil, err
		}
		text, err := n.config(raw, 0, []string{}) // the layers are compared by what is in them
		if err != nil {
			return nil, err
		}
		if parts[i], err = flatten(text); err != nil {
			return nil, err
		}
	}
	names := maps.Clone(parts[0])
	maps.Copy(names, parts[1])
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool {
		return parts[0][name] == parts[1][name]
	}), nil
}

// flatten gives each part of a configuration by name; those of config, such as
// its labels and environment, by their own.
func flatten(text []byte) (map[string]string, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, err
	}
	parts := map[string]string{}
	for name, value := range top {
		var inner map[string]json.RawMessage
		if name != "config" || json.Unmarshal(value, &inner) != nil {
			parts[name] = string(bytes.TrimSpace(value))
			continue
		}
		for key, value := range inner {
			if text := string(value); text != "null" && text != `""` && text != "[]" && text != "{}" {
				parts["config."+key] = text
			}
		}
	}
	return parts, nil
}
