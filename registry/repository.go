package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Labels by which an image says where it comes from.
const (
	RevisionLabel = "org.opencontainers.image.revision"
	VersionLabel  = "org.opencontainers.image.version"
	BuildLabel    = "pipeline.build"    // the CI build that made it
	TreeLabel     = "pipeline.tree"     // hash of the files it was built from, where no commit says which
	UntestedLabel = "pipeline.untested" // there when nothing proves that its tests have passed
)

// A Repository is one repository of a registry and the login used for it.
type Repository struct {
	Name     string // registry.example.com/shop/orders, as it was given
	Registry string // host and port
	// Locks is a folder in which the runs on this host that share it keep
	// others from writing the same tag at the same time. Empty locks nothing.
	Locks string

	repo   name.Repository
	login  Login
	opts   []remote.Option // of every request, but for the context
	trip   http.RoundTripper
	delays []time.Duration // between tries of a push
	settle time.Duration   // after which a tag is taken for written
}

// Open finds the login for a repository. It says nothing to the registry yet.
// Registries on loopback are plain HTTP, others only when insecure is true.
func Open(ctx context.Context, repository string, insecure bool, keys *Keychain) (*Repository, error) {
	return openTrusting(ctx, repository, insecure, keys, certsDir)
}

func openTrusting(ctx context.Context, repository string, insecure bool, keys *Keychain, certs string) (*Repository, error) {
	repo, err := parse(repository, "", insecure)
	if err != nil {
		return nil, err
	}
	host := repo.RegistryStr()
	login, err := keys.Login(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("log in to %s: %w", host, err)
	}
	trip, err := newTransport(host, insecure, certs)
	if err != nil {
		return nil, fmt.Errorf("trust %s: %w", host, err)
	}
	opts, err := sessions(
		remote.WithAuth(authn.FromConfig(login.config())), remote.WithTransport(trip), remote.WithUserAgent("pipeline"),
	)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", repository, err)
	}
	return &Repository{
		Name: repository, Registry: host, repo: repo, login: login, trip: trip, opts: opts,
		delays: []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second},
		settle: 2 * time.Second,
	}, nil
}

// sessions adds what lets requests share one greeting and one token.
func sessions(opts ...remote.Option) ([]remote.Option, error) {
	reads, err := remote.NewPuller(opts...)
	if err != nil {
		return nil, err
	}
	writes, err := remote.NewPusher(opts...)
	if err != nil {
		return nil, err
	}
	return append(opts, remote.Reuse(reads), remote.Reuse(writes)), nil
}

func (l Login) config() authn.AuthConfig {
	return authn.AuthConfig{
		Username: l.Username, Password: l.Password, IdentityToken: l.IdentityToken, RegistryToken: l.RegistryToken,
	}
}

// parse checks a repository's name, and a tag when there is one.
func parse(repository, tag string, insecure bool) (name.Repository, error) {
	opts := []name.Option{name.WeakValidation}
	if host, _, _ := strings.Cut(repository, "/"); insecure || isLoopback(host) {
		opts = append(opts, name.Insecure)
	}
	repo, err := name.NewRepository(repository, opts...)
	if err != nil {
		return repo, fmt.Errorf("repository %q is no name of one: %w", repository, err)
	}
	if tag == "" {
		return repo, nil
	}
	if _, err := name.NewTag(repository+":"+tag, opts...); err != nil {
		return repo, fmt.Errorf("tag %q cannot be one: %w", tag, err)
	}
	return repo, nil
}

func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (r *Repository) options(ctx context.Context) []remote.Option {
	return append([]remote.Option{remote.WithContext(ctx)}, r.opts...)
}

func (r *Repository) ref(tag string) string { return join(r.Name, tag) }

// join makes the name of an image from its repository and a tag or a digest.
func join(repository, tag string) string {
	switch {
	case tag == "":
		return repository
	case isDigest(tag):
		return repository + "@" + tag
	}
	return repository + ":" + tag
}

// isDigest tells a digest from a tag, which has no colon.
func isDigest(tag string) bool { return strings.Contains(tag, ":") }

// A Tag is what the registry has under a tag. The zero value is: nothing.
type Tag struct {
	Digest   string // of the manifest
	Config   string // digest of the image's configuration: the ID that an engine shows
	Revision string // commit it was built from, if it says so
	Version  string
	Build    string // CI build that made it, if it says so
	Tree     string // hash of the files it was built from, if it says so
	Untested bool   // it says that nothing proves its tests
}

// Look asks what the registry has under a tag, or a digest; nothing is no
// error.
func (r *Repository) Look(ctx context.Context, tag string) (Tag, error) {
	digest, err := r.head(ctx, tag)
	if err != nil || digest == "" {
		return Tag{}, err
	}
	found := Tag{Digest: digest}
	ref := r.repo.Digest(digest)
	image, err := remote.Image(ref, r.options(ctx)...)
	var config *v1.ConfigFile
	if err == nil {
		config, err = image.ConfigFile()
	}
	if err != nil {
		return Tag{}, r.fail(ctx, "look up", tag, err)
	}
	if id, err := image.ConfigName(); err == nil {
		found.Config = id.String()
	}
	labels := config.Config.Labels
	found.Revision, found.Version, found.Build = labels[RevisionLabel], labels[VersionLabel], labels[BuildLabel]
	found.Tree, found.Untested = labels[TreeLabel], labels[UntestedLabel] != ""
	return found, nil
}

// head asks for a tag's digest; empty is free. A registry that refuses to tell
// is an error, never a free tag.
func (r *Repository) head(ctx context.Context, tag string) (string, error) {
	var ref name.Reference = r.repo.Tag(tag)
	if isDigest(tag) {
		ref = r.repo.Digest(tag)
	}
	d, err := remote.Head(ref, r.options(ctx)...)
	if isNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", r.fail(ctx, "look up", tag, err)
	}
	return d.Digest.String(), nil
}

func isNotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
