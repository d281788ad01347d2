package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/docker/docker/client"
)

// LoadMarker loads an image that holds nothing, under this name: containers of
// it are never started and stand for something else. Nothing is pulled. The
// same name gives the same image, whoever loads it and however often.
func (e *Engine) LoadMarker(ctx context.Context, name string, labels map[string]string) error {
	archive, err := markerArchive(name, e.OS, e.Arch, labels)
	if err != nil {
		return fmt.Errorf("make image %s: %w", name, err)
	}
	loaded, err := e.api.ImageLoad(ctx, bytes.NewReader(archive), client.ImageLoadWithQuiet(true))
	if err != nil {
		return fmt.Errorf("load image %s: %w", name, e.explained(ctx, err))
	}
	defer loaded.Body.Close()
	if _, err := readPush(loaded.Body, nil); err != nil {
		return fmt.Errorf("load image %s: %w", name, err)
	}
	return nil
}

// markerArchive is an image with one layer without files, in the form that
// `docker save` writes and every engine loads.
func markerArchive(name, system, arch string, labels map[string]string) ([]byte, error) {
	layer := make([]byte, 1024) // a tar archive's end
	sum := sha256.Sum256(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": arch, "os": system, "created": "1970-01-01T00:00:00Z",
		"config": map[string]any{"Labels": labels, "Cmd": []string{"/none"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range []struct {
		name string
		data []byte
	}{{"config.json", config}, {"layer.tar", layer}, {"manifest.json", manifest}} {
		head := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data))}
		if err := errors.Join(w.WriteHeader(head), second(w.Write(f.data))); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return archive.Bytes(), err
}

func second(_ int, err error) error { return err }
