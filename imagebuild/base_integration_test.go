//go:build integration

package imagebuild_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestABaseImageIsFetchedWithTheLogin(t *testing.T) {
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ci" || password != "right-word" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(host+"/base/java:21", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	base, err := random.Image(256, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, base, remote.WithAuth(&authn.Basic{Username: "ci", Password: "right-word"})); err != nil {
		t.Fatal(err)
	}

	p := newProject(t, "FROM "+ref.String()+"\nCOPY sh /bin/sh\n")
	_, err = p.try(t.Context(), nil)
	if !errors.Is(err, imagebuild.ErrBaseUnreachable) {
		t.Errorf("without a login: %v", err)
	}
	p.req.Auth = func(_ context.Context, asked string) (user, secret string, err error) {
		if asked != host {
			t.Errorf("asked for %s", asked)
		}
		return "ci", "right-word", nil
	}
	image := p.build(t)
	if got := image.Labels["org.opencontainers.image.base.name"]; got != ref.String() || len(image.Layers) != 2 {
		t.Errorf("base.name = %q, layers %v", got, image.Layers)
	}
}

// imageFor is an image that an engine takes for one of its own platform.
func imageFor(t *testing.T, eng *engine.Engine) (v1.Image, *v1.ConfigFile) {
	t.Helper()
	image, err := random.Image(256, 1)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.OS, config.Architecture = eng.OS, eng.Arch
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	return image, config
}

func TestANewerBaseImageIsTakenWhenAskedFor(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://")+"/base/java:21", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, "FROM "+ref.String()+"\nCOPY sh /bin/sh\n")
	var published []string // the layer of each
	for range 2 {
		base, config := imageFor(t, p.eng)
		if err := remote.Write(ref, base); err != nil {
			t.Fatal(err)
		}
		if published = append(published, config.RootFS.DiffIDs[0].String()); len(published) == 1 {
			if err := p.eng.PullImage(t.Context(), ref.String(), engine.Login{}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	pulled, err := p.eng.Image(t.Context(), ref.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.eng.UntagImage(context.WithoutCancel(t.Context()), pulled.ID, ref.String()) })
	for i, pull := range []bool{false, true} {
		p.req.Pull = pull
		if got := p.build(t).Layers[0]; got != published[i] {
			t.Errorf("pull %t: built on %s, want %s of %v", pull, got, published[i], published)
		}
	}
}

func TestANameThatMovedOnIsNotTakenAway(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY sh /bin/sh\n")
	first := p.build(t)
	p.req.Labels = map[string]string{"another": "image"}
	second := p.build(t)
	if err := p.eng.UntagImage(t.Context(), first.ID, p.req.Tag); err != nil {
		t.Fatal(err)
	}
	if now, err := p.eng.Image(t.Context(), p.req.Tag); err != nil || now.ID != second.ID {
		t.Errorf("the name is now %+v, %v", now, err)
	}
}
