//go:build integration

// Package registrytest gives integration tests real registries: Debian's
// docker-registry on loopback, open, with a login or with a certificate of an
// authority of its own, and a proxy before it that makes trouble. All ends with
// the test.
package registrytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/haddock-ci/pipeline/internal/command"
)

// Options say what a registry asks of its clients; the zero value asks nothing.
type Options struct {
	User, Password string
	// TokenLife leaves the login to a token service of its own, whose tokens
	// live that long: whole seconds.
	TokenLife   time.Duration
	TLS         bool
	ClientCerts bool // with TLS: who has no certificate of the authority is turned away
}

// A Registry is a running registry.
type Registry struct {
	Host string // 127.0.0.1:port
	// Certs is a certs.d folder, holding the authority of a registry with TLS.
	Certs string

	user, password string
	client         *http.Client
	scheme         string
	tokens         *tokens
}

// TokensGiven is how many tokens a registry's service has given out.
func (r *Registry) TokensGiven() int64 { return r.tokens.given.Load() }

// Start starts a registry with a storage of its own.
func Start(tb testing.TB, o Options) *Registry {
	tb.Helper()
	dir := tb.TempDir()
	r := &Registry{user: o.User, password: o.Password, client: &http.Client{}, scheme: "http", Certs: filepath.Join(dir, "certs.d")}
	config := map[string]any{
		"version": 0.1,
		"log":     map[string]any{"level": "info", "formatter": "text", "accesslog": map[string]any{"disabled": true}},
		"storage": map[string]any{
			"filesystem":  map[string]any{"rootdirectory": filepath.Join(dir, "data")},
			"delete":      map[string]any{"enabled": true},
			"maintenance": map[string]any{"uploadpurging": map[string]any{"enabled": false}},
		},
	}
	listen := map[string]any{"addr": "127.0.0.1:0", "secret": "only-for-tests"}
	switch {
	case o.TokenLife > 0:
		config["auth"] = map[string]any{"token": r.tokenService(tb, dir, o)}
	case o.User != "":
		hash, err := bcrypt.GenerateFromPassword([]byte(o.Password), bcrypt.MinCost)
		check(tb, err)
		write(tb, filepath.Join(dir, "htpasswd"), o.User+":"+string(hash)+"\n")
		config["auth"] = map[string]any{"htpasswd": map[string]any{"realm": "test", "path": filepath.Join(dir, "htpasswd")}}
	}
	if o.TLS {
		authority := newAuthority(tb)
		listen["tls"] = r.certificates(tb, dir, authority, o.ClientCerts)
		defer r.trust(tb, authority, o.ClientCerts)
	}
	config["http"] = listen
	text, err := json.Marshal(config) // which is YAML as well
	check(tb, err)
	write(tb, filepath.Join(dir, "config.yml"), string(text))
	r.Host = serve(tb, filepath.Join(dir, "config.yml"))
	return r
}

// tokenService starts a token service, and configures the registry for it.
func (r *Registry) tokenService(tb testing.TB, dir string, o Options) map[string]any {
	tb.Helper()
	r.tokens = &tokens{authority: newAuthority(tb), user: o.User, password: o.Password, life: o.TokenLife}
	write(tb, filepath.Join(dir, "tokens.crt"), r.tokens.authority.pem)
	return map[string]any{
		"realm": r.tokens.serve(tb), "service": "registrytest", "issuer": "registrytest",
		"rootcertbundle": filepath.Join(dir, "tokens.crt"),
	}
}

// certificates configures the registry for TLS.
func (r *Registry) certificates(tb testing.TB, dir string, authority *authority, clients bool) map[string]any {
	tb.Helper()
	cert, key := authority.issue(tb, "127.0.0.1")
	write(tb, filepath.Join(dir, "server.crt"), cert)
	write(tb, filepath.Join(dir, "server.key"), key)
	write(tb, filepath.Join(dir, "clients.crt"), authority.pem)
	tls := map[string]any{"certificate": filepath.Join(dir, "server.crt"), "key": filepath.Join(dir, "server.key")}
	if clients {
		tls["clientcas"] = []string{filepath.Join(dir, "clients.crt")}
	}
	r.scheme, r.client = "https", authority.client(tb)
	return tls
}

// trust fills the certs.d folder of a registry that listens by now.
func (r *Registry) trust(tb testing.TB, authority *authority, clients bool) {
	tb.Helper()
	dir := filepath.Join(r.Certs, r.Host)
	check(tb, os.MkdirAll(dir, 0o755))
	write(tb, filepath.Join(dir, "ca.crt"), authority.pem)
	if clients {
		cert, key := authority.issue(tb, "127.0.0.1")
		write(tb, filepath.Join(dir, "client.cert"), cert)
		write(tb, filepath.Join(dir, "client.key"), key)
	}
}

// serve runs the registry until the test ends, and says where it listens.
func serve(tb testing.TB, config string) (host string) {
	tb.Helper()
	address := regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)
	found, ended := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := command.Command{
		Args: []string{program(tb), "serve", config},
		OnLine: func(_ command.Stream, line string) {
			if match := address.FindStringSubmatch(line); match != nil {
				found <- match[1]
			}
		},
	}
	go func() { ended <- cmd.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err == nil {
			tb.Log("docker-registry had ended by itself")
		}
	})
	select {
	case host = <-found:
	case err := <-ended:
		ended <- err
		tb.Fatalf("docker-registry has ended: %v", err)
	case <-time.After(20 * time.Second):
		tb.Fatal("docker-registry does not listen after 20 s")
	}
	return host
}

// program finds what scripts/registry.sh has installed.
func program(tb testing.TB) string {
	tb.Helper()
	if path, err := exec.LookPath("docker-registry"); err == nil {
		return path
	}
	_, here, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(here), "..", "..", "bin", "docker-registry")
	if _, err := os.Stat(path); err != nil {
		tb.Fatal("these tests need Debian's docker-registry: run scripts/registry.sh")
	}
	return path
}

// Digest asks the registry itself what it has under a tag, or a digest; empty
// is nothing.
func (r *Registry) Digest(tb testing.TB, repository, tag string) string {
	tb.Helper()
	answer := r.Do(tb, http.MethodHead, "/v2/"+repository+"/manifests/"+tag)
	defer answer.Body.Close()
	return answer.Header.Get("Docker-Content-Digest")
}

// Tags lists the tags of a repository.
func (r *Registry) Tags(tb testing.TB, repository string) []string {
	tb.Helper()
	var list struct{ Tags []string }
	answer := r.Do(tb, http.MethodGet, "/v2/"+repository+"/tags/list")
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		check(tb, json.NewDecoder(answer.Body).Decode(&list))
	}
	slices.Sort(list.Tags) // it lists them as its disk does
	return list.Tags
}

// Get reads a manifest or a blob, by its path below the repository.
func (r *Registry) Get(tb testing.TB, repository, path string) []byte {
	tb.Helper()
	answer := r.Do(tb, http.MethodGet, "/v2/"+repository+"/"+path)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	check(tb, err)
	if answer.StatusCode != http.StatusOK {
		tb.Fatalf("GET %s/%s: %s: %s", repository, path, answer.Status, data)
	}
	return data
}

// Do makes one request with the registry's login; the caller closes the answer.
// Nothing of the code under test is between.
func (r *Registry) Do(tb testing.TB, method, path string) *http.Response {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, fmt.Sprintf("%s://%s%s", r.scheme, r.Host, path), http.NoBody)
	check(tb, err)
	for _, kind := range []string{
		"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json", "*/*",
	} {
		req.Header.Add("Accept", kind)
	}
	if r.user != "" {
		req.SetBasicAuth(r.user, r.password)
	}
	answer, err := r.client.Do(req)
	check(tb, err)
	return answer
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	check(tb, os.WriteFile(path, []byte(text), 0o600))
}
