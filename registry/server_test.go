package registry

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// server is a registry on loopback. gate sees each request first and may
// answer it.
type server struct {
	*httptest.Server
	gate atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	handler := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate := s.gate.Load(); gate == nil || !(*gate)(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) intercept(gate func(http.ResponseWriter, *http.Request) bool) { s.gate.Store(&gate) }

func (s *server) host() string { return strings.TrimPrefix(s.URL, "http://") }

// open opens shop/orders with this login.
func (s *server) open(t *testing.T, user, password string) *Repository {
	t.Helper()
	env := map[string]string{"HOME": t.TempDir(), "U": user, "P": password}
	c := Credentials{Lookup: func(n string) string { return env[n] }}
	if user != "" {
		c.UserEnv, c.PasswordEnv = "U", "P"
	}
	keys, err := NewKeychain(c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), s.host()+"/shop/orders", false, keys)
	if err != nil {
		t.Fatal(err)
	}
	r.delays, r.settle = []time.Duration{1, 1, 1}, time.Millisecond
	return r
}

// image makes an image that says where it comes from.
func image(t *testing.T, revision, version string) v1.Image {
	t.Helper()
	return labelled(t, map[string]string{RevisionLabel: revision, VersionLabel: version, BuildLabel: "SHOP-" + version})
}

func labelled(t *testing.T, labels map[string]string) v1.Image {
	t.Helper()
	img, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func (s *server) put(t *testing.T, tag string, img v1.Image) (digest string) {
	t.Helper()
	ref, err := name.NewTag(s.host()+"/shop/orders:"+tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	return digestOf(t, img)
}

func digestOf(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}
