//go:build integration

package registry_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

const racers = 20

// publish puts images of several builds into shop/orders, and returns their
// digests by build.
func publish(t *testing.T, real *registrytest.Registry, builds int) []string {
	t.Helper()
	digests := make([]string, builds)
	for n := range digests {
		img, err := random.Image(64, 1)
		if err != nil {
			t.Fatal(err)
		}
		img, err = mutate.Config(img, v1.Config{Labels: map[string]string{
			registry.RevisionLabel: fmt.Sprintf("%040d", n), registry.VersionLabel: "1.0.0", registry.BuildLabel: fmt.Sprintf("SHOP-%d", n),
		}})
		if err != nil {
			t.Fatal(err)
		}
		tag, err := name.NewTag(fmt.Sprintf("%s/shop/orders:1.0.0-%d", real.Host, n))
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(tag, img); err != nil {
			t.Fatal(err)
		}
		digests[n] = real.Digest(t, "shop/orders", fmt.Sprintf("1.0.0-%d", n))
	}
	return digests
}

// race lets all builds set one tag at once, each as a run of its own, and
// counts those that believe that the tag is theirs.
func race(t *testing.T, open func() *registry.Repository, real *registrytest.Registry, tag string, digests []string) (winners int) {
	t.Helper()
	begin, done := make(chan struct{}), make([]chan error, racers)
	for n := range racers {
		repo := open()
		done[n] = make(chan error, 1)
		go func() {
			<-begin
			_, err := repo.SetTags(t.Context(), digests[n], []string{tag}, registry.TagPolicy{Version: tag})
			done[n] <- err
		}()
	}
	close(begin)
	results := make([]error, racers)
	for n := range results {
		results[n] = <-done[n]
	}
	holds := real.Digest(t, "shop/orders", tag)
	for n, err := range results {
		var taken *registry.TagTakenError
		switch {
		case err == nil:
			winners++
			if digests[n] != holds {
				t.Errorf("run %d believes that it has won, the tag holds %s", n, holds)
			}
		case !errors.As(err, &taken) || taken.Ours != digests[n]:
			t.Errorf("run %d: %v", n, err)
		case !strings.Contains(err.Error(), taken.Existing) || !strings.Contains(err.Error(), "build SHOP-"):
			t.Errorf("run %d does not say who has won: %v", n, err)
		}
	}
	return winners
}

func TestOfTwentyRunsOneGetsTheTag(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{})
	digests := publish(t, real, racers)
	t.Run("on one host", func(t *testing.T) {
		locks := t.TempDir()
		winners := race(t, func() *registry.Repository {
			repo := open(t, real.Host+"/shop/orders", nil)
			repo.Locks = locks
			return repo
		}, real, "1.0.0", digests)
		if winners != 1 {
			t.Errorf("%d runs have won", winners)
		}
	})
	t.Run("on twenty hosts, with writes up to a second late", func(t *testing.T) {
		p := real.Front(t)
		p.Set(func(_ http.ResponseWriter, r *http.Request) bool {
			if registrytest.IsWrite(r) {
				<-time.After(rand.N(time.Second))
			}
			return false
		})
		winners := race(t, func() *registry.Repository { return open(t, p.Host+"/shop/orders", nil) }, real, "1.0.1", digests)
		if winners > 1 {
			t.Errorf("%d runs believe that they have won", winners)
		}
		t.Logf("%d of %d runs has won", winners, racers)
	})
}
