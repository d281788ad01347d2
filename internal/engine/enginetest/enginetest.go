//go:build integration

// Package enginetest gives integration tests something harmless to run: an
// image from nothing with one static program, and containers of it. What a
// test creates is removed when it ends.
package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/haddock-ci/pipeline/internal/command"
)

// tool is the program in the image.
const tool = "github.com/haddock-ci/pipeline/internal/engine/enginetest/testdata/tool"

// Client returns a client of the engine, for what package engine does not do.
func Client(tb testing.TB) *client.Client {
	tb.Helper()
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = api.Close() })
	return api
}

// Unique returns a name that no other test uses.
func Unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:10]) }

// Image loads the test image and returns its name. Its program is /tool with
// the verbs sleep (the default), say, cat and show.
func Image(tb testing.TB) string {
	tb.Helper()
	ref, err := name.NewTag(Unique("pipeline-enginetest") + ":1")
	if err != nil {
		tb.Fatal(err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(ref, Build(tb, nil), &archive); err != nil {
		tb.Fatal(err)
	}
	api := Client(tb)
	loaded, err := api.ImageLoad(tb.Context(), &archive)
	if err != nil {
		tb.Fatal(err)
	}
	defer loaded.Body.Close()
	if _, err := io.Copy(io.Discard, loaded.Body); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_, err := api.ImageRemove(context.Background(), ref.Name(), image.RemoveOptions{Force: true})
		if err != nil {
			tb.Errorf("remove test image: %v", err)
		}
	})
	return strings.TrimPrefix(ref.Name(), "index.docker.io/library/")
}

// Create creates a container, not started, and removes it when the test ends.
func Create(tb testing.TB, image string, labels map[string]string, cmd ...string) string {
	tb.Helper()
	api := Client(tb)
	created, err := api.ContainerCreate(tb.Context(),
		&container.Config{Image: image, Labels: labels, Cmd: cmd, Entrypoint: []string{"/tool"}},
		&container.HostConfig{NetworkMode: "bridge"}, nil, nil, Unique("pipeline-enginetest"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = api.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	return created.ID
}

// Run creates a container and starts it.
func Run(tb testing.TB, image string, labels map[string]string, cmd ...string) string {
	tb.Helper()
	id := Create(tb, image, labels, cmd...)
	if err := Client(tb).ContainerStart(tb.Context(), id, container.StartOptions{}); err != nil {
		tb.Fatal(err)
	}
	return id
}

// Build makes the test image with these labels more, in memory: two images with
// other labels are two images.
func Build(tb testing.TB, labels map[string]string) v1.Image {
	tb.Helper()
	layer, err := toolLayer()
	if err != nil {
		tb.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		tb.Fatal(err)
	}
	all := map[string]string{"pipeline.test": "enginetest"}
	maps.Copy(all, labels)
	img, err = mutate.Config(img, v1.Config{Entrypoint: []string{"/tool"}, Labels: all})
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

// toolLayer holds the tool, compiled and packed once for all tests of a package.
var toolLayer = sync.OnceValues(func() (v1.Layer, error) { //nolint:gochecknoglobals // it never changes
	program, err := compile()
	if err != nil {
		return nil, err
	}
	archive, err := archiveOf(program)
	if err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	}, tarball.WithCompressedCaching)
})

func compile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "enginetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tool")
	err = command.Command{
		Args: []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, tool},
		Env:  append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="),
	}.Run(context.Background())
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func archiveOf(program []byte) ([]byte, error) {
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for _, head := range []*tar.Header{
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "tool", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(program))},
	} {
		if err := w.WriteHeader(head); err != nil {
			return nil, err
		}
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	err := w.Close()
	return layer.Bytes(), err
}
