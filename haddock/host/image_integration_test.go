//go:build integration

package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	dockerimage "github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/haddock/locator/locatortest"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/engine/enginetest"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// deploy makes the instance of an image and says which.
func deploy(t *testing.T, h *host.Host, key host.Key, seq int, ref string) host.Instance {
	t.Helper()
	if err := h.Pull(t.Context(), key, ref, host.Login{}, nil); err != nil {
		t.Fatal(err)
	}
	one, err := h.Create(t.Context(), host.Spec{
		Identity: host.Identity{Key: key, Slot: "s1", Seq: seq, Image: ref}, Network: "bridge", Port: 8080,
		HostPort: int(locatortest.FreePort(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func isThere(t *testing.T, h *host.Host, ref string) bool {
	t.Helper()
	_, err := h.Engine().Image(t.Context(), ref)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestPruneKeepsWhatIsNewInUseOrOfAnother(t *testing.T) {
	h, prod, reg := connect(t), newKey(t), registrytest.Start(t, registrytest.Options{})
	test := host.Key{Service: prod.Service, Env: "other"}
	sweep(t, test)
	var refs []string
	for range 6 {
		refs = append(refs, publish(t, reg))
	}
	before, shared, used, named, kept, newest := refs[0], refs[1], refs[2], refs[3], refs[4], refs[5]
	// One is on the host before haddock is.
	if err := h.Engine().PullImage(t.Context(), before, engine.Login{}, nil); err != nil {
		t.Fatal(err)
	}
	for i, ref := range refs {
		one := deploy(t, h, prod, i+1, ref)
		if ref != used {
			if err := h.Remove(t.Context(), one.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := deploy(t, h, test, 1, shared)
	if err := h.Remove(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	image, err := h.Engine().Image(t.Context(), named)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Engine().TagImage(t.Context(), image.ID, prod.Service+":mine"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // also when the way of the test is closed already
		_, _ = enginetest.Client(t).ImageRemove(context.Background(), prod.Service+":mine", dockerimage.RemoveOptions{})
		_, _ = enginetest.Client(t).ImageRemove(context.Background(), named, dockerimage.RemoveOptions{})
	})

	images, err := h.Images(t.Context(), prod)
	if err != nil || len(images) != 6 || images[0].Seq != 6 || !slices.Contains(images[0].Digests, newest) || images[0].InUse || !images[3].InUse {
		t.Fatalf("images: %+v, %v", images, err)
	}
	removed, err := h.Prune(t.Context(), prod, 2)
	if err != nil || len(removed) != 3 {
		t.Errorf("removed %+v, %v, want 3", removed, err)
	}
	for ref, why := range map[string]string{
		newest: "is the newest", kept: "is the second newest", used: "is in use", shared: "is of another environment",
		named: "has a name of somebody else", before: "was there before",
	} {
		if !isThere(t, h, ref) {
			t.Errorf("the image that %s is gone", why)
		}
	}
	if removed, err = h.Prune(t.Context(), test, 0); err != nil || len(removed) != 1 || isThere(t, h, shared) {
		t.Errorf("the other environment's: removed %+v, %v", removed, err)
	}
	list, err := h.Instances(t.Context(), prod)
	if err != nil || len(list) != 1 {
		t.Fatalf("instances: %+v, %v", list, err)
	}
	if err := h.Remove(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	if removed, err = h.Prune(t.Context(), prod, 1); err != nil || len(removed) != 2 || isThere(t, h, used) || isThere(t, h, kept) || !isThere(t, h, newest) {
		t.Errorf("in the end: removed %+v, %v", removed, err)
	}
}

func TestAnImageThatIsThereNeedsNoRegistry(t *testing.T) {
	h, key, reg := connect(t), newKey(t), registrytest.Start(t, registrytest.Options{})
	ref := publish(t, reg)
	front := reg.Front(t)
	there := strings.Replace(ref, reg.Host, front.Host, 1)
	for range 2 {
		if err := h.Pull(t.Context(), key, there, host.Login{}, nil); err != nil {
			t.Fatal(err)
		}
		front.Set(func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
	}
	if n := len(front.Requests()); n != 0 {
		t.Errorf("%d requests for an image that is there: %q", n, front.Requests())
	}
}

func TestPullSaysWhyItCannot(t *testing.T) {
	const password = "hunter2-hunter3"
	h, key := connect(t), newKey(t)
	open := registrytest.Start(t, registrytest.Options{})
	shut := registrytest.Start(t, registrytest.Options{User: "robot", Password: password})
	there := publish(t, open)
	inside := publish(t, shut, remote.WithAuth(&authn.Basic{Username: "robot", Password: password}))
	repository, _, _ := strings.Cut(there, "@")
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.v2+json")
			_, _ = io.WriteString(w, `{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}`)
		}
	}))
	defer liar.Close()
	absent := "@sha256:" + strings.Repeat("0", 64)
	login := host.Login{Username: "robot", Password: password}
	cases := map[string]struct {
		ref   string
		login host.Login
		want  error
	}{
		"digest that is not there":     {repository + absent, login, host.ErrNoImage},
		"repository that is not there": {open.Host + "/none" + absent, login, host.ErrNoImage},
		"no login":                     {inside, host.Login{}, host.ErrDenied},
		"wrong login":                  {inside, host.Login{Username: "robot", Password: "wrong-" + password}, host.ErrDenied},
		"registry down":                {"127.0.0.1:1/shop" + absent, login, host.ErrRegistry},
		"other content":                {strings.TrimPrefix(liar.URL, "http://") + "/shop" + absent, login, host.ErrDigest},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := h.Pull(t.Context(), key, tc.ref, tc.login, nil)
			refused, ok := errors.AsType[*host.PullError](err)
			if !errors.Is(err, tc.want) || !ok || refused.Image != tc.ref {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, tc.login), "hunter") {
				t.Errorf("the password is in %v", err)
			}
			t.Log(err)
		})
	}
	if err := h.Pull(t.Context(), key, inside, login, nil); err != nil {
		t.Errorf("with the login: %v", err)
	}
	for _, ref := range []string{"", "shop", "shop:1", "shop@sha256:12", "Shop" + absent, "shop@sha512:" + strings.Repeat("0", 128)} {
		if err := h.Pull(t.Context(), key, ref, login, nil); err == nil || errors.Is(err, host.ErrNoImage) {
			t.Errorf("image %q: %v", ref, err)
		}
	}
}

func TestATagIsResolvedToItsDigest(t *testing.T) {
	h, reg := connect(t), registrytest.Start(t, registrytest.Options{})
	ref := publish(t, reg)
	repository, _, _ := strings.Cut(ref, "@")
	if got, err := h.Resolve(t.Context(), repository+":1", host.Login{}); err != nil || got != ref {
		t.Errorf("resolved to %s, %v, want %s", got, err, ref)
	}
	if _, err := h.Resolve(t.Context(), repository+":2", host.Login{}); !errors.Is(err, host.ErrNoImage) || !strings.Contains(err.Error(), repository+":2") {
		t.Errorf("a tag that is not there: %v", err)
	}
}

func TestANetworkIsMadeOnceAndNeverChanged(t *testing.T) {
	h := connect(t)
	network, prefix := newNetwork(t, h)
	for range 2 {
		if err := h.EnsureNetwork(t.Context(), network, prefix+".0/24"); err != nil {
			t.Error(err)
		}
	}
	if err := h.EnsureNetwork(t.Context(), network, "10.199.0.0/24"); !errors.Is(err, host.ErrSubnet) || !strings.Contains(err.Error(), prefix) {
		t.Errorf("another subnet: %v", err)
	}
	if err := h.EnsureNetwork(t.Context(), network+"-2", prefix+".0/25"); err == nil || !strings.Contains(err.Error(), prefix) {
		t.Errorf("a subnet that is taken: %v", err)
	}
	for _, subnet := range []string{"", "10.0.0.1/24", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/4", "fd00::/64", "x"} {
		if err := h.EnsureNetwork(t.Context(), network+"-2", subnet); err == nil {
			t.Errorf("subnet %q was taken", subnet)
		}
	}
}
