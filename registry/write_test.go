package registry

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func TestWriteKeepsToTheRulesOfPush(t *testing.T) {
	s := newServer(t)
	r := s.open(t, "", "")
	ours, other := image(t, "abc", "1.0"), image(t, "def", "1.0")
	first, err := r.Write(t.Context(), ours, Push{Tag: "1.0-1", Revision: "abc"})
	if err != nil || first.Digest != digestOf(t, ours) || first.Existing {
		t.Fatalf("first write: %+v, %v", first, err)
	}
	again, err := r.Write(t.Context(), ours, Push{Tag: "1.0-1", Revision: "abc"})
	if err != nil || again.Digest != first.Digest || !again.Existing {
		t.Errorf("second write: %+v, %v", again, err)
	}
	if _, err := r.Write(t.Context(), other, Push{Tag: "1.0-1", Revision: "def"}); !errors.Is(err, ErrTagTaken) {
		t.Errorf("another image: %v, want ErrTagTaken", err)
	}
	if there, err := r.Look(t.Context(), "1.0-1"); err != nil || there.Digest != first.Digest {
		t.Errorf("the tag has %+v, %v", there, err)
	}
}

func TestATagThatIsTakenDuringTheUploadStays(t *testing.T) {
	s := newServer(t)
	r := s.open(t, "", "")
	other := image(t, "def", "1.0")
	var once sync.Once
	s.intercept(func(_ http.ResponseWriter, q *http.Request) bool {
		if q.Method == http.MethodPost && strings.Contains(q.URL.Path, "/blobs/uploads/") {
			once.Do(func() {
				s.intercept(func(http.ResponseWriter, *http.Request) bool { return false })
				s.put(t, "1.0-1", other)
			})
		}
		return false
	})
	if pushed, err := r.Write(t.Context(), image(t, "abc", "1.0"), Push{Tag: "1.0-1", Revision: "abc"}); !errors.Is(err, ErrTagTaken) {
		t.Errorf("wrote %+v, %v, want ErrTagTaken", pushed, err)
	}
	if there, err := r.Look(t.Context(), "1.0-1"); err != nil || there.Digest != digestOf(t, other) {
		t.Errorf("the tag has %+v, %v, want the other image", there, err)
	}
}

func TestLayersOfABaseInTheSameRegistryAreNotSent(t *testing.T) {
	s := newServer(t)
	s.put(t, "base", image(t, "base", "1"))
	r := s.open(t, "", "")
	base, ref, err := Pull(t.Context(), s.host()+"/shop/orders:base", false, &Keychain{})
	if err != nil || ref != s.host()+"/shop/orders@"+digestOf(t, base) {
		t.Fatalf("pull: %s, %v", ref, err)
	}
	layer, err := random.Layer(64, types.DockerLayer)
	if err != nil {
		t.Fatal(err)
	}
	built, err := mutate.AppendLayers(base, layer)
	if err != nil {
		t.Fatal(err)
	}
	var uploads atomic.Int32
	s.intercept(func(_ http.ResponseWriter, q *http.Request) bool {
		if q.Method == http.MethodPost && strings.Contains(q.URL.Path, "/blobs/uploads/") {
			uploads.Add(1)
		}
		return false
	})
	if _, err := r.Write(t.Context(), built, Push{Tag: "2"}); err != nil || uploads.Load() != 2 {
		t.Errorf("%d uploads (%v), want the new layer and the configuration", uploads.Load(), err)
	}
}
