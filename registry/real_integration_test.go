//go:build integration

package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// openReal opens shop/orders of a real registry, with its login and its trust.
func openReal(t *testing.T, r *registrytest.Registry, user, password string) *registry.Repository {
	t.Helper()
	env := map[string]string{"HOME": t.TempDir(), "REG_USER": user, "REG_PASSWORD": password}
	creds := registry.Credentials{Lookup: func(name string) string { return env[name] }}
	if user != "" {
		creds.UserEnv, creds.PasswordEnv = "REG_USER", "REG_PASSWORD"
	}
	keys, err := registry.NewKeychain(creds)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := registry.OpenTrusting(t.Context(), r.Host+"/shop/orders", false, keys, r.Certs)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func TestARealRegistryTakesAReleaseOnce(t *testing.T) {
	eng := connect(t)
	image := build(t, eng, "real")
	for name, o := range map[string]registrytest.Options{
		"plain":         {},
		"with a login":  {User: "ci", Password: "right-word"},
		"with TLS":      {TLS: true},
		"TLS and login": {TLS: true, User: "ci", Password: "right-word"},
	} {
		t.Run(name, func(t *testing.T) {
			real := registrytest.Start(t, o)
			repo := openReal(t, real, o.User, o.Password).Hasty()
			started := time.Now()
			if there, err := repo.Preflight(t.Context(), registry.Push{Tag: "1.0.0-7", Revision: "aaaa"}); err != nil || there != (registry.Tag{}) {
				t.Fatalf("preflight of a free tag: %+v, %v", there, err)
			}
			t.Logf("preflight took %v", time.Since(started))
			pushed, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"})
			if err != nil || pushed.Existing {
				t.Fatalf("push: %+v, %v", pushed, err)
			}
			if now := real.Digest(t, "shop/orders", "1.0.0-7"); now != pushed.Digest || now == "" {
				t.Errorf("pushed %s, the registry has %s", pushed.Digest, now)
			}
			again, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"})
			if err != nil || !again.Existing || again.Digest != pushed.Digest {
				t.Errorf("again: %+v, %v", again, err)
			}
			for _, set := range []bool{true, false} { // the second time all is right already
				results, err := repo.SetTags(t.Context(), pushed.Digest, registry.FinalTags("1.0.0"), registry.TagPolicy{Version: "1.0.0"})
				if err != nil || slices.ContainsFunc(results, func(r registry.TagResult) bool { return r.Set != set }) {
					t.Errorf("set tags: %+v, %v", results, err)
				}
			}
			if tags := real.Tags(t, "shop/orders"); len(tags) != 5 {
				t.Errorf("tags = %v", tags)
			}
			var taken *registry.TagTakenError
			if _, err := repo.Preflight(t.Context(), registry.Push{Tag: "1.0.0-7", Revision: "bbbb"}); !errors.As(err, &taken) || taken.Build != "7" {
				t.Errorf("preflight of another commit: %v", err)
			}
		})
	}
}

func TestARealRegistryRefusesAWrongLoginAtOnce(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{User: "ci", Password: "right-word"})
	for name, c := range map[string]struct{ user, password, origin string }{
		"wrong": {"ci", "wrong-word", "login from variables REG_USER and REG_PASSWORD"},
		"none":  {"", "", "no login configured"},
	} {
		_, err := openReal(t, real, c.user, c.password).Preflight(t.Context(), registry.Push{Tag: "1.0.0-7"})
		if !errors.Is(err, registry.ErrDenied) || !strings.Contains(err.Error(), c.origin) || strings.Contains(err.Error(), "wrong-word") {
			t.Errorf("%s login: %v", name, err)
		}
	}
}

func TestACertificateOfAStrangerIsNotTrusted(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{TLS: true})
	other := registrytest.Start(t, registrytest.Options{TLS: true})
	for name, certs := range map[string]string{"no trust": t.TempDir(), "another authority": other.Certs} {
		if name == "another authority" { // the folder is named after the registry that it is trusted for
			if err := os.Rename(filepath.Join(certs, other.Host), filepath.Join(certs, real.Host)); err != nil {
				t.Fatal(err)
			}
		}
		stranger := *real
		stranger.Certs = certs
		_, err := openReal(t, &stranger, "", "").Preflight(t.Context(), registry.Push{Tag: "1.0.0-7"})
		if !errors.Is(err, registry.ErrUnreachable) || !strings.Contains(err.Error(), "certificate") || !strings.Contains(err.Error(), "/etc/docker/certs.d/"+real.Host) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnyRequestMayFail lets each request of a release fail once, one after the
// other. Whatever that does, what is said is true, and a second run ends it.
// The engine waits for seconds now and then, so all of them run at once.
func TestAnyRequestMayFail(t *testing.T) {
	eng := connect(t)
	image := build(t, eng, "faults")
	real := registrytest.Start(t, registrytest.Options{})
	release := func(repo *registry.Repository) (string, error) {
		if _, err := repo.Preflight(t.Context(), registry.Push{Tag: "1.0.0-7", Revision: "aaaa"}); err != nil {
			return "", err
		}
		pushed, err := repo.Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"})
		if err != nil {
			return "", err
		}
		if _, err := repo.Attach(t.Context(), pushed.Digest, registry.Attachment{Type: "text/plain", Data: []byte("proof")}); err != nil {
			return "", err
		}
		_, err = repo.SetTags(t.Context(), pushed.Digest, []string{"1.0.0"}, registry.TagPolicy{Version: "1.0.0"})
		return pushed.Digest, err
	}
	calm := real.Front(t)
	digest, err := release(open(t, calm.Host+"/shop/calm", nil).Hasty())
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for n, request := range calm.Requests() {
		p, repository := real.Front(t), fmt.Sprintf("shop/r%d", n)
		repo := open(t, p.Host+"/"+repository, nil).Hasty()
		p.Set(registrytest.Nth(n))
		wait.Go(func() {
			started := time.Now()
			got, err := release(repo)
			t.Logf("%d %s: %v after %v", n, request, err, time.Since(started).Round(time.Millisecond))
			if err == nil && got != digest {
				t.Errorf("%d %s: digest %s, want %s", n, request, got, digest)
			}
			if err != nil && (!errors.Is(err, registry.ErrUnreachable) || !strings.Contains(err.Error(), p.Host)) {
				t.Errorf("%d %s: %v", n, request, err)
			}
			p.Set(nil)
			if got, err := release(repo); err != nil || got != digest {
				t.Errorf("%d %s: a second run: %s, %v", n, request, got, err)
			}
			if list, err := repo.Attachments(t.Context(), digest); err != nil || len(list) != 1 {
				t.Errorf("%d %s: attached %+v, %v", n, request, list, err)
			}
			for _, tag := range []string{"1.0.0", "1.0.0-7"} {
				if now := real.Digest(t, repository, tag); now != digest {
					t.Errorf("%d %s: %s is %s, want %s", n, request, tag, now, digest)
				}
			}
		})
	}
	wait.Wait()
}

func TestAnInterruptedPushContinuesWhereItStopped(t *testing.T) {
	eng := connect(t)
	image := build(t, eng, "interrupt")
	real := registrytest.Start(t, registrytest.Options{})
	p := real.Front(t)
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	p.Set(func(w http.ResponseWriter, r *http.Request) bool {
		if registrytest.IsManifest(r) {
			cancel(stop)
			return p.Hang(w, r)
		}
		return false
	})
	repo := open(t, p.Host+"/shop/orders", nil)
	push := registry.Push{ImageID: image.ID, Tag: "1.0.0-7", Revision: "aaaa"}
	if _, err := repo.Push(ctx, eng, push); !errors.Is(err, stop) {
		t.Fatalf("err = %v", err)
	}
	p.Set(nil)
	pushed, err := repo.Push(t.Context(), eng, push)
	if err != nil || pushed.Digest != real.Digest(t, "shop/orders", "1.0.0-7") {
		t.Errorf("pushed = %+v, %v", pushed, err)
	}
	if slices.ContainsFunc(p.Requests(), func(r string) bool { return strings.HasPrefix(r, "PATCH") }) {
		t.Errorf("layers were sent again: %v", p.Requests())
	}
}

func TestAnInterruptedWriteContinuesWhereItStopped(t *testing.T) {
	image, err := random.Image(1<<20, 3)
	if err != nil {
		t.Fatal(err)
	}
	real := registrytest.Start(t, registrytest.Options{})
	p := real.Front(t)
	stop := errors.New("stopped by the test")
	for _, request := range []string{http.MethodPatch, http.MethodPut} { // of a layer, of the manifest
		ctx, cancel := context.WithCancelCause(t.Context())
		p.Set(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == request && (request == http.MethodPatch || registrytest.IsManifest(r)) {
				cancel(stop)
				return p.Hang(w, r)
			}
			return false
		})
		if _, err := open(t, p.Host+"/shop/orders", nil).Write(ctx, image, registry.Push{Tag: "1.0.0-7"}); !errors.Is(err, stop) {
			t.Errorf("%s: err = %v", request, err)
		}
		if there, err := open(t, real.Host+"/shop/orders", nil).Look(t.Context(), "1.0.0-7"); err != nil || there.Digest != "" {
			t.Errorf("%s: the tag is %+v, %v", request, there, err)
		}
	}
	p.Set(nil)
	pushed, err := open(t, p.Host+"/shop/orders", nil).Write(t.Context(), image, registry.Push{Tag: "1.0.0-7"})
	if err != nil || pushed.Digest != real.Digest(t, "shop/orders", "1.0.0-7") {
		t.Errorf("pushed = %+v, %v", pushed, err)
	}
	if slices.ContainsFunc(p.Requests(), func(r string) bool { return strings.HasPrefix(r, "PATCH") }) {
		t.Errorf("layers were sent again: %v", p.Requests())
	}
}

func TestASlowRegistryIsLeftWhenAskedTo(t *testing.T) {
	p := registrytest.Start(t, registrytest.Options{}).Front(t)
	p.Set(p.Hang)
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, stop)
	defer cancel()
	started := time.Now()
	_, err := open(t, p.Host+"/shop/orders", nil).Preflight(ctx, registry.Push{Tag: "1"})
	if !errors.Is(err, stop) || time.Since(started) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(started))
	}
}

func TestARegistryThatSendsElsewhere(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{})
	eng := connect(t)
	image := build(t, eng, "redirect")
	if _, err := open(t, real.Host+"/shop/orders", nil).Push(t.Context(), eng, registry.Push{ImageID: image.ID, Tag: "1"}); err != nil {
		t.Fatal(err)
	}
	p := real.Front(t)
	_, port, _ := strings.Cut(real.Host, ":")
	for name, c := range map[string]struct{ to, problem string }{
		"to a store that may be used":  {"http://" + real.Host, ""},
		"to another private address":   {"http://127.0.0.2:" + port, "externalurl"},
		"to a store that is not there": {"http://127.0.0.1:1", "connection refused"},
	} {
		p.Set(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/blobs/") {
				http.Redirect(w, r, c.to+r.URL.Path, http.StatusTemporaryRedirect)
				return true
			}
			return false
		})
		there, err := open(t, p.Host+"/shop/orders", nil).Look(t.Context(), "1")
		if c.problem == "" && (err != nil || there.Revision != "aaaa") {
			t.Errorf("%s: %+v, %v", name, there, err)
		}
		if c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACredentialHelperThatCannotHelp(t *testing.T) {
	real := registrytest.Start(t, registrytest.Options{User: "ci", Password: "right-word"})
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for name, text := range map[string]string{
		"good":    `echo '{"Username":"ci","Secret":"right-word"}'`,
		"other":   `echo '{"Username":"ci","Secret":"wrong-word"}'`,
		"garbled": "echo nonsense-word",
		"failing": "echo locked; exit 1",
	} {
		if err := os.WriteFile(filepath.Join(bin, "docker-credential-"+name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for helper, c := range map[string]struct {
		kind error
		text string
	}{
		"good":    {nil, ""},
		"other":   {registry.ErrDenied, "docker-credential-other"},
		"garbled": {registry.ErrCredentials, "did not answer in JSON"},
		"failing": {registry.ErrCredentials, "locked"},
		"missing": {registry.ErrCredentials, "docker-credential-missing"},
	} {
		config := fmt.Sprintf(`{"credHelpers":{%q:%q}}`, real.Host, helper)
		env := map[string]string{"DOCKER_AUTH_CONFIG": config, "HOME": t.TempDir()}
		keys, err := registry.NewKeychain(registry.Credentials{Lookup: func(name string) string { return env[name] }})
		if err != nil {
			t.Fatal(err)
		}
		repo, err := registry.Open(t.Context(), real.Host+"/shop/orders", false, keys)
		if err == nil {
			_, err = repo.Preflight(t.Context(), registry.Push{Tag: "1"})
		}
		if !errors.Is(err, c.kind) || (err != nil && !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%s: %v, want %v", helper, err, c.kind)
		}
		if err != nil && (strings.Contains(err.Error(), "wrong-word") || strings.Contains(err.Error(), "nonsense-word")) {
			t.Errorf("%s: %v shows what the helper said", helper, err)
		}
	}
}
