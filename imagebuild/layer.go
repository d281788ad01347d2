package imagebuild

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// cacheLimit is how much compressed content is kept; what was used longest ago
// goes first.
const cacheLimit = 2 << 30

// A Layer is one layer of ours: what it holds, and its content in the cache.
type Layer struct {
	Name   string          `json:"name"`
	DiffID v1.Hash         `json:"diffId"` // of the uncompressed layer
	Digest v1.Hash         `json:"digest"`
	Size   int64           `json:"size"` // compressed
	Files  int             `json:"files"`
	Type   types.MediaType `json:"type"`
}

// A LayerCache keeps compressed layers by the digest of their content, so that
// what did not change is not compressed again. It may be shared by projects
// and by runs at the same time, and may be removed at any time.
type LayerCache struct{ Dir string }

// epoch is every file's time. Not zero: Java takes that for a missing file.
func epoch() time.Time { return time.Unix(1, 0).UTC() }

// layer makes one layer. Its content is hashed every time and compressed only
// when the cache does not know it.
func (c LayerCache) layer(ctx context.Context, group layerGroup, mediaType types.MediaType) (Layer, error) {
	slices.SortFunc(group.files, func(a, b layerFile) int { return strings.Compare(a.path, b.path) })
	sum := sha256.New()
	if err := writeTar(ctx, sum, group.files); err != nil {
		return Layer{}, err
	}
	diffID := hashOf(sum)
	layer := Layer{Name: group.name, DiffID: diffID, Files: len(group.files), Type: mediaType}
	if c.find(&layer) {
		return layer, nil
	}
	return layer, c.compress(ctx, group, &layer)
}

// find fills in what the cache knows.
func (c LayerCache) find(layer *Layer) bool {
	text, err := os.ReadFile(c.note(layer.DiffID))
	if err != nil {
		return false
	}
	var known Layer
	if json.Unmarshal(text, &known) != nil {
		return false
	}
	info, err := os.Stat(c.blob(known.Digest))
	if err != nil || info.Size() != known.Size {
		return false
	}
	layer.Digest, layer.Size = known.Digest, known.Size
	now := time.Now()
	_ = os.Chtimes(c.blob(known.Digest), now, now) // only decides what goes first when the cache is full
	return true
}

// compress writes the layer into the cache, hashing both forms on the way.
func (c LayerCache) compress(ctx context.Context, group layerGroup, layer *Layer) (err error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	file, err := os.CreateTemp(c.Dir, ".layer-*")
	if err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	defer func() {
		if err != nil {
			_ = file.Close() // the first error says more
			_ = os.Remove(file.Name())
		}
	}()
	packed, plain := sha256.New(), sha256.New()
	zip, err := gzip.NewWriterLevel(io.MultiWriter(file, packed), gzip.DefaultCompression)
	if err != nil {
		return fmt.Errorf("compress layer %s: %w", group.name, err)
	}
	if err := writeTar(ctx, io.MultiWriter(zip, plain), group.files); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	if hashOf(plain) != layer.DiffID {
		return &BuildError{Dockerfile: "layer " + group.name, Reason: "its files changed while they were read", Hint: "let the build end first"}
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	layer.Digest, layer.Size = hashOf(packed), info.Size()
	if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	if err := os.Rename(file.Name(), c.blob(layer.Digest)); err != nil {
		return fmt.Errorf("keep layer %s: %w", group.name, err)
	}
	return c.remember(*layer)
}

// remember notes what the cache has. Nothing is synced to the disk: what a
// power cut damages is found out and made again.
func (c LayerCache) remember(layer Layer) error {
	text, err := json.Marshal(layer)
	if err != nil {
		return fmt.Errorf("keep layer %s: %w", layer.Name, err)
	}
	file, err := os.CreateTemp(c.Dir, ".note-*")
	if err != nil {
		return fmt.Errorf("keep layer %s: %w", layer.Name, err)
	}
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keep layer %s: %w", layer.Name, errors.Join(err, os.Remove(file.Name())))
	}
	if err := os.Rename(file.Name(), c.note(layer.DiffID)); err != nil {
		return fmt.Errorf("keep layer %s: %w", layer.Name, err)
	}
	return nil
}

func (c LayerCache) note(diffID v1.Hash) string { return filepath.Join(c.Dir, diffID.Hex+".json") }

func (c LayerCache) blob(digest v1.Hash) string { return filepath.Join(c.Dir, digest.Hex+".tar.gz") }

// trim removes what was used longest ago until the rest fits. A cache that
// cannot be tidied is no reason to fail.
func (c LayerCache) trim(limit int64) {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	total := int64(0)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
			total += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range files {
		// What is young may belong to a run that is about to push it.
		if total <= limit || time.Since(info.ModTime()) < time.Hour {
			return
		}
		if os.Remove(filepath.Join(c.Dir, info.Name())) == nil {
			total -= info.Size()
		}
	}
}

// writeTar writes the files and the folders above them: in order, and with
// nothing of this machine or this day.
func writeTar(ctx context.Context, w io.Writer, files []layerFile) error {
	out := tar.NewWriter(w)
	made := map[string]bool{".": true}
	for _, f := range files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := writeFolders(out, path.Dir(f.path), made); err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.path, Size: f.size, Mode: 0o644, ModTime: epoch()}
		if err := out.WriteHeader(header); err != nil {
			return fmt.Errorf("pack %s: %w", f.from, err)
		}
		if err := f.copyTo(&ending{ctx, out}); err != nil {
			return fmt.Errorf("pack %s: %w", f.from, err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("pack layer: %w", err)
	}
	return nil
}

func writeFolders(out *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := writeFolders(out, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	header := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: epoch()}
	if err := out.WriteHeader(header); err != nil {
		return fmt.Errorf("pack folder %s: %w", dir, err)
	}
	return nil
}

// ending stops a copy within a large file when the run ends.
type ending struct {
	ctx context.Context
	to  io.Writer
}

func (e *ending) Write(p []byte) (int, error) {
	if e.ctx.Err() != nil {
		return 0, context.Cause(e.ctx)
	}
	return e.to.Write(p)
}

func hashOf(sum hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
}
