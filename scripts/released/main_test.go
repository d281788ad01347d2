package main

import (
	"encoding/json"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/haddock-ci/pipeline/registry"
)

func TestRunComparesTheReleaseWithTheRegistry(t *testing.T) {
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(t.Output(), "", 0))))
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/demo/orders"
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(repository + ":1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, image, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for title, tc := range map[string]struct {
		tag, digest string
		ok          bool
	}{
		"same digest":  {"1.0.0", digest.String(), true},
		"other digest": {"1.0.0", "sha256:" + strings.Repeat("0", 64), false},
		"no such tag":  {"1.0.1", digest.String(), false},
	} {
		t.Run(title, func(t *testing.T) {
			text, err := json.Marshal(registry.Release{Repository: repository, Tag: tc.tag, Digest: tc.digest})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "release.json")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := run(path); (err == nil) != tc.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}
