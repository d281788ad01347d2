//go:build integration

package registry_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// TestATokenMayEndDuringARelease lets the token end right before each request
// that writes, one after the other.
func TestATokenMayEndDuringARelease(t *testing.T) {
	const life = 2 * time.Second
	env := map[string]string{"HOME": t.TempDir(), "REG_USER": "ci", "REG_PASSWORD": "right-word"}
	for name, matches := range map[string]func(*http.Request) bool{
		"an upload begins": func(r *http.Request) bool { return r.Method == http.MethodPost },
		"a layer is sent":  func(r *http.Request) bool { return r.Method == http.MethodPatch },
		"an upload ends":   func(r *http.Request) bool { return r.Method == http.MethodPut && !registrytest.IsManifest(r) },
		"the manifest":     registrytest.IsManifest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image, err := random.Image(1<<20, 1)
			if err != nil {
				t.Fatal(err)
			}
			real := registrytest.Start(t, registrytest.Options{User: "ci", Password: "right-word", TokenLife: life})
			p := real.Front(t)
			var ended sync.Once
			p.Set(func(_ http.ResponseWriter, r *http.Request) bool {
				if matches(r) && r.Header.Get("Authorization") != "" {
					ended.Do(func() { <-time.After(life + time.Second) }) // the registry counts whole seconds
				}
				return false
			})
			repo := open(t, p.Host+"/shop/orders", env)
			pushed, err := repo.Write(t.Context(), image, registry.Push{Tag: "1.0.0-7"})
			if err != nil {
				t.Fatal(err)
			}
			if given := real.TokensGiven(); given < 3 { // one to read, one to write, and the one after it
				t.Errorf("no token has ended: %d were given", given)
			}
			if there, err := repo.Look(t.Context(), "1.0.0-7"); err != nil || there.Digest != pushed.Digest {
				t.Errorf("the tag is %+v, %v, want %s", there, err, pushed.Digest)
			}
		})
	}
}

func TestATokenServiceIsLoggedInTo(t *testing.T) {
	eng := connect(t)
	image := build(t, eng, "token")
	real := registrytest.Start(t, registrytest.Options{User: "ci", Password: "right-word", TokenLife: time.Minute})
	repo := openReal(t, real, "ci", "right-word").Hasty()
	if _, err := repo.Preflight(t.Context(), registry.Push{Tag: "1.0.0-7"}); err != nil {
		t.Fatal(err)
	}
	pushed, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.SetTags(t.Context(), pushed.Digest, []string{"1.0.0"}, registry.TagPolicy{Version: "1.0.0"}); err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Attach(t.Context(), pushed.Digest, registry.Attachment{Type: "text/plain", Data: []byte("proof")}); err != nil {
		t.Fatal(err)
	}
	_, err = openReal(t, real, "ci", "wrong-word").Preflight(t.Context(), registry.Push{Tag: "1.0.0-8"})
	if !errors.Is(err, registry.ErrDenied) || !strings.Contains(err.Error(), "REG_PASSWORD") || strings.Contains(err.Error(), "wrong-word") {
		t.Errorf("a wrong login: %v", err)
	}
}

func TestACertificateOfOursIsShown(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{TLS: true, ClientCerts: true})
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	repo := openReal(t, real, "", "")
	if _, err := repo.Preflight(t.Context(), registry.Push{Tag: "1"}); err != nil {
		t.Errorf("preflight: %v", err)
	}
	pushed, err := repo.Write(t.Context(), image, registry.Push{Tag: "1"})
	if err != nil || real.Digest(t, "shop/orders", "1") != pushed.Digest {
		t.Errorf("write: %+v, %v", pushed, err)
	}
	for _, name := range []string{"client.cert", "client.key"} {
		if err := os.Remove(filepath.Join(real.Certs, real.Host, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = openReal(t, real, "", "").Preflight(t.Context(), registry.Push{Tag: "2"})
	if !errors.Is(err, registry.ErrUnreachable) || !strings.Contains(err.Error(), "client.cert") {
		t.Errorf("without one: %v", err)
	}
}
