//go:build integration

package registry_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// toolSource is a program that writes a file, with the time of day.
const toolSource = `package main

import "os"

func main() {
	if err := os.MkdirAll("/made/by/run", 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile("/made/by/run/file", []byte("always the same"), 0o644); err != nil {
		panic(err)
	}
}
`

func compile(t *testing.T, path string) {
	t.Helper()
	src := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(src, []byte(toolSource), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
}

// buildIn builds the folder without any cache.
func buildIn(t *testing.T, eng *engine.Engine, dir string, epoch time.Time) imagebuild.Image {
	t.Helper()
	tag := fmt.Sprintf("pipeline-test-registry:%d", time.Now().UnixNano())
	files, err := imagebuild.OpenContext(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	image, err := imagebuild.Build(t.Context(), eng, imagebuild.Request{
		Context: files, Tag: tag, SharedKey: "pipeline-test-normal", Epoch: epoch, NoCache: true,
		Labels: map[string]string{registry.RevisionLabel: "aaaa", registry.VersionLabel: "1.0.0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.UntagImage(context.WithoutCancel(t.Context()), image.ID, tag) })
	return image
}

// clone writes the same files into a folder of its own, with other times and
// other permissions.
func clone(t *testing.T, files map[string]string, mode os.FileMode, when time.Time) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), mode|0o111); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// layersOf lists the compressed layers of a tag.
func layersOf(t *testing.T, real *registrytest.Registry, repository, tag string) (digests []string) {
	t.Helper()
	var manifest struct{ Layers []struct{ Digest string } }
	decode(t, real.Get(t, repository, "manifests/"+tag), &manifest)
	for _, l := range manifest.Layers {
		digests = append(digests, l.Digest)
	}
	return digests
}

func TestTwoClonesGiveOneDigest(t *testing.T) {
	eng, real := connect(t), registrytest.Start(t, registrytest.Options{})
	base := t.TempDir()
	compile(t, filepath.Join(base, "tool"))
	if err := os.WriteFile(filepath.Join(base, "Dockerfile"), []byte("FROM scratch\nWORKDIR /made\nCOPY tool /tool\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	below := buildIn(t, eng, base, time.Time{})
	if _, err := open(t, real.Host+"/shop/base", nil).Push(t.Context(), eng, registry.Push{ImageID: below.ID, Tag: "1"}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"Dockerfile": "FROM " + real.Host + "/shop/base:1\nWORKDIR /app/deep\nCOPY lib lib\nRUN [\"/tool\"]\nENTRYPOINT [\"/tool\"]\n",
		"lib/a.txt":  "a", "lib/sub/b.txt": "b",
	}
	repo := open(t, real.Host+"/shop/orders", nil)
	epoch := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	digests := map[string]string{}
	for tag, dir := range map[string]string{
		"1.0.0-1": clone(t, files, 0o600, time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)),
		"1.0.0-2": clone(t, files, 0o666, time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)),
	} {
		image := buildIn(t, eng, dir, epoch)
		started := time.Now()
		pushed, err := repo.Push(t.Context(), eng, registry.Push{
			ImageID: image.ID, Tag: tag, Revision: "aaaa", Normal: &registry.Normal{Epoch: epoch, Base: below.Layers},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: pushed in %v", tag, time.Since(started).Round(time.Millisecond))
		digests[tag] = pushed.Digest
		if now := real.Digest(t, "shop/orders", tag); now != pushed.Digest {
			t.Errorf("%s: pushed %s, the registry has %s", tag, pushed.Digest, now)
		}
		if again, err := repo.Push(t.Context(), eng, registry.Push{
			ImageID: image.ID, Tag: tag, Normal: &registry.Normal{Epoch: epoch, Base: below.Layers},
		}); err != nil || !again.Existing || again.Digest != pushed.Digest {
			t.Errorf("again, of a tree without a revision: %+v, %v", again, err)
		}
	}
	if digests["1.0.0-1"] != digests["1.0.0-2"] || digests["1.0.0-1"] == "" {
		t.Errorf("two digests: %v", digests)
	}
	under, over := layersOf(t, real, "shop/base", "1"), layersOf(t, real, "shop/orders", "1.0.0-1")
	if len(under) == 0 || len(over) <= len(under) || !slices.Equal(over[:len(under)], under) {
		t.Errorf("base %v, image %v: the base's layers are not its own", under, over)
	}
	for _, tag := range real.Tags(t, "shop/orders") {
		if !slices.Contains([]string{"1.0.0-1", "1.0.0-2", "pipeline-staging"}, tag) {
			t.Errorf("a tag is left: %s", tag)
		}
	}

	t.Run("the image comes back and runs", func(t *testing.T) {
		ref := real.Host + "/shop/orders@" + digests["1.0.0-1"]
		out, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", ref).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		_ = exec.Command("docker", "rmi", ref).Run()
	})
	t.Run("another image does not get the tag", func(t *testing.T) {
		files["lib/a.txt"] = "changed"
		image := buildIn(t, eng, clone(t, files, 0o644, time.Now()), epoch)
		_, err := repo.Push(t.Context(), eng, registry.Push{
			ImageID: image.ID, Tag: "1.0.0-1", Normal: &registry.Normal{Epoch: epoch, Base: below.Layers},
		})
		if err == nil || !strings.Contains(err.Error(), "exists already with digest "+digests["1.0.0-1"]) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("without knowing the base", func(t *testing.T) {
		files["lib/a.txt"] = "a"
		image := buildIn(t, eng, clone(t, files, 0o644, time.Now()), epoch)
		for _, tag := range []string{"1.0.0-4", "1.0.0-5"} {
			pushed, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: tag, Normal: &registry.Normal{Epoch: epoch}})
			if err != nil {
				t.Fatal(err)
			}
			digests[tag] = pushed.Digest
		}
		if digests["1.0.0-4"] != digests["1.0.0-5"] {
			t.Errorf("two digests: %v", digests)
		}
	})
}

func TestWhereNoTagMovesTheStagingTagIsTheImagesOwn(t *testing.T) {
	eng, real := connect(t), registrytest.Start(t, registrytest.Options{})
	image := build(t, eng, "staged")
	p := real.Front(t)
	p.Set(func(w http.ResponseWriter, r *http.Request) bool {
		if !registrytest.IsManifest(r) || !strings.HasSuffix(r.URL.Path, "/pipeline-staging") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}`)
		return true
	})
	pushed, err := open(t, p.Host+"/shop/orders", nil).Push(t.Context(), eng, registry.Push{
		ImageID: image.ID, Tag: "1.0.0-7", Normal: &registry.Normal{Epoch: time.Unix(1700000000, 0)},
	})
	if err != nil || pushed.Digest != real.Digest(t, "shop/orders", "1.0.0-7") {
		t.Fatalf("pushed = %+v, %v", pushed, err)
	}
	if tags := real.Tags(t, "shop/orders"); len(tags) != 2 || !strings.HasPrefix(tags[1], "pipeline-staging-") {
		t.Errorf("tags = %v", tags)
	}
	if _, err := eng.Image(t.Context(), p.Host+"/shop/orders:pipeline-staging"); err == nil {
		t.Error("the engine keeps a name")
	}
}
