//go:build integration

package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/registry"
)

// serve runs a registry on loopback; gate may answer a request itself.
func serve(t *testing.T, gate func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	handler := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate == nil || !gate(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func connect(t *testing.T) *engine.Engine {
	t.Helper()
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatalf("these tests need a Docker engine: %v", err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

// build makes an image of a static program, of the revision aaaa.
func build(t *testing.T, eng *engine.Engine, content string) imagebuild.Image {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(t.TempDir(), "main.go")
	source := fmt.Sprintf("package main\n\nfunc main() { println(%q) }\n", content)
	if err := os.WriteFile(src, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "app"), src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
	dockerfile := "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	tag := fmt.Sprintf("pipeline-test-registry:%d", time.Now().UnixNano())
	files, err := imagebuild.OpenContext(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	image, err := imagebuild.Build(t.Context(), eng, imagebuild.Request{
		Context: files, Tag: tag, SharedKey: "pipeline-test-registry", Epoch: time.Unix(1700000000, 0),
		Labels: map[string]string{registry.RevisionLabel: "aaaa", registry.VersionLabel: "1.0.0", registry.BuildLabel: "7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.UntagImage(context.WithoutCancel(t.Context()), image.ID, tag) })
	return image
}

func open(t *testing.T, repository string, env map[string]string) *registry.Repository {
	t.Helper()
	if env == nil {
		env = map[string]string{"HOME": t.TempDir()}
	}
	creds := registry.Credentials{Lookup: func(name string) string { return env[name] }}
	if env["REG_USER"] != "" {
		creds.UserEnv, creds.PasswordEnv = "REG_USER", "REG_PASSWORD"
	}
	keys, err := registry.NewKeychain(creds)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := registry.Open(t.Context(), repository, false, keys)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// digestOf asks the registry itself.
func digestOf(t *testing.T, host, path, tag string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodHead, "http://"+host+"/v2/"+path+"/manifests/"+tag, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Docker-Content-Digest")
}

func TestPushProvesTheDigestAndLeavesNoName(t *testing.T) {
	eng, host := connect(t), serve(t, nil)
	image := build(t, eng, "one")
	repo := open(t, host+"/shop/orders", nil)
	pushed, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"})
	if err != nil {
		t.Fatal(err)
	}
	if want := digestOf(t, host, "shop/orders", "1.0.0-7"); pushed.Digest != want || want == "" || pushed.Existing {
		t.Errorf("pushed = %+v, the registry has %s", pushed, want)
	}
	if _, err := eng.Image(t.Context(), host+"/shop/orders:1.0.0-7"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the engine keeps the name: %v", err)
	}

	t.Run("the same image again is a success that pushes nothing", func(t *testing.T) {
		again, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7"})
		if err != nil || again.Digest != pushed.Digest || !again.Existing || again.Note == "" {
			t.Errorf("again = %+v, %v", again, err)
		}
	})
	other := build(t, eng, "two")
	t.Run("another build of the same commit keeps what is there", func(t *testing.T) {
		again, err := repo.Push(t.Context(), eng, registry.Push{ImageID: other.ID, Tag: "1.0.0-7", Revision: "aaaa"})
		if err != nil || again.Digest != pushed.Digest || !again.Existing {
			t.Errorf("again = %+v, %v", again, err)
		}
	})
	t.Run("another image never overwrites", func(t *testing.T) {
		_, err := repo.Push(t.Context(), eng, registry.Push{ImageID: other.ID, Tag: "1.0.0-7", Revision: "bbbb"})
		var taken *registry.TagTakenError
		if !errors.As(err, &taken) || taken.Existing != pushed.Digest || taken.Build != "7" || !errors.Is(err, registry.ErrTagTaken) {
			t.Errorf("err = %v", err)
		}
		if now := digestOf(t, host, "shop/orders", "1.0.0-7"); now != pushed.Digest {
			t.Errorf("the tag has moved to %s", now)
		}
	})
	t.Run("release tags get the same digest", func(t *testing.T) {
		results, err := repo.SetTags(t.Context(), pushed.Digest, registry.FinalTags("1.0.0"), registry.TagPolicy{Version: "1.0.0"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if got := digestOf(t, host, "shop/orders", r.Tag); got != pushed.Digest || !r.Set {
				t.Errorf("%+v: digest %s", r, got)
			}
		}
	})
}

func TestPushSurvivesAManifestThatIsRefusedOnce(t *testing.T) {
	var puts atomic.Int32
	eng := connect(t)
	host := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") && puts.Add(1) == 1 {
			http.Error(w, "try later", http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	image := build(t, eng, "retry")
	pushed, err := open(t, host+"/shop/orders", nil).Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "2"})
	if err != nil || puts.Load() != 2 {
		t.Errorf("pushed = %+v, %v after %d manifests", pushed, err, puts.Load())
	}
}

func TestPushLogsInWithTheNamedVariables(t *testing.T) {
	eng := connect(t)
	host := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "ci" && password == "right-word" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
		return true
	})
	image := build(t, eng, "login")
	env := map[string]string{"HOME": t.TempDir(), "REG_USER": "ci", "REG_PASSWORD": "right-word"}
	if _, err := open(t, host+"/shop/orders", env).Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "3"}); err != nil {
		t.Errorf("right password: %v", err)
	}
	env["REG_PASSWORD"] = "wrong-word"
	_, err := open(t, host+"/shop/orders", env).Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "4"})
	if !errors.Is(err, registry.ErrDenied) || strings.Contains(err.Error(), "wrong-word") || !strings.Contains(err.Error(), "REG_PASSWORD") {
		t.Errorf("wrong password: %v", err)
	}
}
