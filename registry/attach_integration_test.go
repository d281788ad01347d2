//go:build integration

package registry_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

func TestAnAttachmentTravelsOnce(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{})
	digest := publish(t, real, 1)[0]
	repo := open(t, real.Host+"/shop/orders", nil)
	repo.Locks = t.TempDir()
	documents := []registry.Attachment{
		{Type: "application/vnd.in-toto+json", Annotations: map[string]string{"in-toto.io/predicate-type": "a"}, Data: []byte(`{"n":1}`)},
		{Type: "application/vnd.in-toto+json", Annotations: map[string]string{"in-toto.io/predicate-type": "b"}, Data: []byte(`{"n":2}`)},
		{Type: "application/vnd.cyclonedx+json", Data: []byte(`{"n":3}`)},
	}
	done := make(chan error)
	for _, a := range documents { // at once: the registry's list is read, changed and written
		go func() { _, err := repo.Attach(t.Context(), digest, a); done <- err }()
	}
	for range documents {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range documents {
		a.Data = []byte(`{"n":"another run says something else"}`)
		if added, err := repo.Attach(t.Context(), digest, a); added != 0 || err != nil {
			t.Errorf("again: %v, %v", added, err)
		}
	}
	list, err := repo.Attachments(t.Context(), digest)
	if err != nil || len(list) != len(documents) {
		t.Fatalf("list = %+v, %v", list, err)
	}
	for _, a := range list {
		if !json.Valid(a.Data) || strings.Contains(string(a.Data), "another") {
			t.Errorf("%+v", a)
		}
	}

	// The same with nothing of ours: the list is under the tag that the
	// distribution specification names, and leads to the document.
	var index struct {
		Manifests []struct {
			Digest, ArtifactType string
			Annotations          map[string]string
		}
	}
	decode(t, real.Get(t, "shop/orders", "manifests/"+strings.Replace(digest, ":", "-", 1)), &index)
	found := map[string]string{}
	for _, m := range index.Manifests {
		var manifest struct {
			Subject struct{ Digest string }
			Layers  []struct{ Digest, MediaType string }
		}
		decode(t, real.Get(t, "shop/orders", "manifests/"+m.Digest), &manifest)
		if manifest.Subject.Digest != digest || len(manifest.Layers) != 1 || manifest.Layers[0].MediaType != m.ArtifactType {
			t.Fatalf("%+v", manifest)
		}
		found[m.ArtifactType+m.Annotations["in-toto.io/predicate-type"]] = string(real.Get(t, "shop/orders", "blobs/"+manifest.Layers[0].Digest))
	}
	for _, a := range documents {
		if got := found[a.Type+a.Annotations["in-toto.io/predicate-type"]]; got != string(a.Data) {
			t.Errorf("%s: %q, want %s", a.Type, got, a.Data)
		}
	}
}

func TestARegistryThatTakesNoAttachmentsSaysSo(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{})
	digest := publish(t, real, 1)[0]
	p := real.Front(t)
	for status, kind := range map[int]error{
		http.StatusBadRequest: registry.ErrNoAttachments, http.StatusUnsupportedMediaType: registry.ErrNoAttachments,
		http.StatusForbidden: registry.ErrDenied,
	} {
		p.Set(func(w http.ResponseWriter, r *http.Request) bool {
			if registrytest.IsManifest(r) {
				http.Error(w, `{"errors":[{"code":"MANIFEST_INVALID","message":"unknown kind"}]}`, status)
				return true
			}
			return false
		})
		_, err := open(t, p.Host+"/shop/orders", nil).Attach(t.Context(), digest, registry.Attachment{Type: "text/plain", Data: []byte("x")})
		if !errors.Is(err, kind) || !strings.Contains(err.Error(), "unknown kind") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
