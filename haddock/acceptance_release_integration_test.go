//go:build integration

package haddock_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/registry"
)

// program compiles a command of this repository once for all tests.
func program(tb testing.TB, pkg string) string {
	tb.Helper()
	compiled.mu.Lock()
	defer compiled.mu.Unlock()
	if path, ok := compiled.paths[pkg]; ok {
		return path
	}
	path := filepath.Join(compiled.dir, filepath.Base(pkg))
	build := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/haddock-ci/pipeline/"+pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	compiled.paths[pkg] = path
	return path
}

var compiled struct {
	mu    sync.Mutex
	dir   string
	paths map[string]string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "haddock")
	if err != nil {
		panic(err)
	}
	compiled.dir, compiled.paths = dir, map[string]string{}
	flag.Parse()
	_ = flag.Set("test.parallel", "3") // they wait for most of their time, whatever the number of processors
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// release publishes a shop with these arguments and gives its release.json.
func (s *scene) release(version string, args ...string) string {
	s.t.Helper()
	repository := s.reg.Host + "/" + s.key.Service
	ref, err := name.NewTag(repository + ":" + version)
	if err != nil {
		s.t.Fatal(err)
	}
	img := shopImage(s.t, append([]string{"-version", version}, args...))
	if err := remote.Write(ref, img); err != nil {
		s.t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_, _ = enginetest.Client(s.t).ImageRemove(context.Background(), repository+"@"+digest.String(), image.RemoveOptions{})
	})
	file := filepath.Join(s.dir, "release-"+version+".json")
	made := registry.Release{
		Schema: registry.ReleaseSchema, Name: s.key.Service, Version: version, Repository: repository, Tag: version, Digest: digest.String(),
		Platform: "linux/amd64", Revision: strings.Repeat("a", 40), Branch: "main", Created: time.Now().UTC(),
		CI: registry.CI{Vendor: "bamboo", Build: "SHOP-" + version}, Tests: registry.Tests{Total: 1, Tree: strings.Repeat("b", 40)}, Tested: true,
		Database: registry.Database{Image: "gvenzl/oracle-free:23.26.0-slim-faststart"}, Tool: "pipeline test",
	}
	if err := made.Write(file); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// shopImage puts the example's program into an image from nothing.
func shopImage(tb testing.TB, args []string) v1.Image {
	tb.Helper()
	data, err := os.ReadFile(program(tb, "examples/shop"))
	if err != nil {
		tb.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		var layer bytes.Buffer
		w := tar.NewWriter(&layer)
		err := w.WriteHeader(&tar.Header{Name: "shop", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(data))})
		_, werr := w.Write(data)
		return io.NopCloser(&layer), errors.Join(err, werr, w.Close())
	})
	if err != nil {
		tb.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		tb.Fatal(err)
	}
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", Created: v1.Time{Time: time.Now()},
		Config: v1.Config{Entrypoint: []string{"/shop"}, Cmd: args, User: "65534:65534"},
		RootFS: mustConfig(tb, img).RootFS,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

func mustConfig(tb testing.TB, img v1.Image) *v1.ConfigFile {
	tb.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		tb.Fatal(err)
	}
	return config
}
