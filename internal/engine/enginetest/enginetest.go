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
	"os"
	"path/filepath"
	"strings"
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
func Client(t testing.TB) *client.Client {
	t.Helper()
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return api
}

// Unique returns a name that no other test uses.
func Unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:10]) }

// Image loads the test image and returns its name. Its program is /tool with
// the verbs sleep (the default), say, cat and show.
func Image(t testing.TB) string {
	t.Helper()
	ref, err := name.NewTag(Unique("pipeline-enginetest") + ":1")
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(ref, build(t), &archive); err != nil {
		t.Fatal(err)
	}
	api := Client(t)
	loaded, err := api.ImageLoad(t.Context(), &archive)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Body.Close()
	if _, err := io.Copy(io.Discard, loaded.Body); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := api.ImageRemove(context.Background(), ref.Name(), image.RemoveOptions{Force: true})
		if err != nil {
			t.Errorf("remove test image: %v", err)
		}
	})
	return strings.TrimPrefix(ref.Name(), "index.docker.io/library/")
}

// Create creates a container, not started, and removes it when the test ends.
func Create(t testing.TB, image string, labels map[string]string, cmd ...string) string {
	t.Helper()
	api := Client(t)
	created, err := api.ContainerCreate(t.Context(),
		&container.Config{Image: image, Labels: labels, Cmd: cmd, Entrypoint: []string{"/tool"}},
		&container.HostConfig{NetworkMode: "bridge"}, nil, nil, Unique("pipeline-enginetest"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = api.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	})
	return created.ID
}

// Run creates a container and starts it.
func Run(t testing.TB, image string, labels map[string]string, cmd ...string) string {
	t.Helper()
	id := Create(t, image, labels, cmd...)
	if err := Client(t).ContainerStart(t.Context(), id, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	return id
}

func build(t testing.TB) v1.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tool")
	err := command.Command{
		Args: []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, tool},
		Env:  append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="),
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layerOf(t, program))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{
		Entrypoint: []string{"/tool"}, Labels: map[string]string{"pipeline.test": "enginetest"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func layerOf(t testing.TB, program []byte) []byte {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for _, head := range []*tar.Header{
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
		{Name: "tool", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(program))},
	} {
		if err := w.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return layer.Bytes()
}
