package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Normal says what an image is brought into, so that the same commit has the
// same digest whoever builds it, where and when: every time that a build has
// written into it becomes the commit's. Layers of the base image stay as they
// are, byte for byte.
type Normal struct {
	Epoch time.Time `json:"epoch"` // the commit's time
	// Base are the digests of the base image's uncompressed layers. When the
	// image does not begin with them, layers that hold no time of a build stay.
	Base []string `json:"base"`
}

// setByHand is the year before which a file's time was not taken from a clock:
// package imagebuild gives the files that it sends a time of the years 2000 to
// 2008, made from their content, and reproducible archives use 1970 or 1980.
// All later times are those of a build: not only the ones after the commit,
// because a layer from the engine's cache is older than that.
const setByHand = 2009

// baseLayers counts the layers that are the base image's.
func (n Normal) baseLayers(layers []string) int {
	if len(n.Base) == 0 || len(n.Base) > len(layers) || !slices.Equal(n.Base, layers[:len(n.Base)]) {
		return 0
	}
	return len(n.Base)
}

// copyLayer copies an uncompressed layer and normalises it; changed is false
// when there was nothing to do.
func (n Normal) copyLayer(w io.Writer, r io.Reader) (changed bool, err error) {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return changed, fmt.Errorf("read layer: %w", err)
		}
		if n.header(head) {
			changed = true
		}
		if err := out.WriteHeader(head); err != nil {
			return changed, fmt.Errorf("write layer: %w", err)
		}
		if _, err := io.Copy(out, in); err != nil {
			return changed, fmt.Errorf("copy %s of layer: %w", head.Name, err)
		}
	}
	if err := out.Close(); err != nil {
		return changed, fmt.Errorf("write layer: %w", err)
	}
	_, err = io.Copy(io.Discard, r) // what pads the archive belongs to the layer's digest
	return changed, err
}

// header normalises one entry's times. What it leaves is written in the
// simplest form that can hold it.
func (n Normal) header(head *tar.Header) (changed bool) {
	was := head.ModTime
	if head.ModTime.Year() >= setByHand {
		head.ModTime = n.Epoch
	}
	head.ModTime = head.ModTime.Truncate(time.Second)
	changed = !head.ModTime.Equal(was) || !head.AccessTime.IsZero() || !head.ChangeTime.IsZero()
	head.AccessTime, head.ChangeTime = time.Time{}, time.Time{}
	for name := range head.PAXRecords { // extended attributes are content; all else is written anew
		if !strings.HasPrefix(name, "SCHILY.xattr.") {
			delete(head.PAXRecords, name)
		}
	}
	head.Format = tar.FormatUnknown
	return changed
}

// config normalises an image's configuration, for these uncompressed layers of
// which the first base ones are the base image's.
func (n Normal) config(text []byte, base int, layers []string) ([]byte, error) {
	var config map[string]any
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&config); err != nil {
		return nil, fmt.Errorf("read the image's configuration: %w", err)
	}
	created := n.Epoch.UTC().Format(time.RFC3339)
	config["created"] = created
	config["rootfs"] = map[string]any{"type": "layers", "diff_ids": layers}
	history, _ := config["history"].([]any)
	for below, i := base, 0; i < len(history); i++ {
		entry, ok := history[i].(map[string]any)
		if !ok {
			continue
		}
		if below > 0 { // the base image's own past is no time of this build
			if empty, _ := entry["empty_layer"].(bool); !empty {
				below--
			}
			continue
		}
		entry["created"] = created
	}
	// What engines add about themselves and about the one build that this was.
	for _, name := range []string{
		"moby.buildkit.buildinfo.v1", "moby.buildkit.cache.v0", "container", "container_config", "docker_version", "id", "parent",
	} {
		delete(config, name)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(config); err != nil {
		return nil, fmt.Errorf("write the image's configuration: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// packed is a layer that was normalised and compressed into a file.
type packed struct {
	path         string
	digest, diff v1.Hash
	size         int64
	kind         types.MediaType
	changed      bool
}

// pack normalises an uncompressed layer into the file, and compresses it.
func (n Normal) pack(r io.Reader, path string, kind types.MediaType) (_ *packed, err error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum, diff := sha256.New(), sha256.New()
	small := gzip.NewWriter(io.MultiWriter(file, sum))
	changed, err := n.copyLayer(io.MultiWriter(small, diff), r)
	if err != nil {
		return nil, err
	}
	if err := small.Close(); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return &packed{
		path: path, kind: kind, changed: changed, size: info.Size(),
		digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))},
		diff:   v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(diff.Sum(nil))},
	}, nil
}

// The methods of a layer of go-containerregistry.

func (p *packed) Digest() (v1.Hash, error)             { return p.digest, nil }
func (p *packed) DiffID() (v1.Hash, error)             { return p.diff, nil }
func (p *packed) Size() (int64, error)                 { return p.size, nil }
func (p *packed) MediaType() (types.MediaType, error)  { return p.kind, nil }
func (p *packed) Compressed() (io.ReadCloser, error)   { return os.Open(p.path) }
func (p *packed) Uncompressed() (io.ReadCloser, error) { return nil, errors.ErrUnsupported }
