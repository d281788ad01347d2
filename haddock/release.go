package haddock

import (
	"context"
	"fmt"
	"strings"

	"github.com/haddock-ci/pipeline/haddock/host"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/registry"
)

// FactsOf are the facts of a release as the history keeps them.
func FactsOf(r registry.Release) Facts {
	return Facts{
		Version: r.Version, Image: r.Image(), Tag: r.Tag, Commit: r.Revision, Branch: r.Branch,
		Build: r.CI.Build, URL: r.CI.URL,
	}
}

// FactsOfImage are the facts of a bare repository[:tag]@digest.
func FactsOfImage(ref string) (Facts, error) {
	name, digest, ok := strings.Cut(ref, "@")
	if !ok || !strings.HasPrefix(digest, "sha256:") || len(digest) != len("sha256:")+64 || name == "" {
		return Facts{}, fmt.Errorf("image %q is not pinned: write repository@sha256: and its digest", ref)
	}
	facts := Facts{Image: ref, Version: digest[len("sha256:"):][:12]}
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		facts.Tag, facts.Version = name[i+1:], name[i+1:]
		facts.Image = name[:i] + "@" + digest
	}
	return facts, nil
}

// Accepts checks a release against what the environment requires; r is nil for
// a bare image, of which nothing is known. The error is a *RequireError.
func (e Environment) Accepts(r *registry.Release) error {
	need := e.Require
	refuse := func(reason string) error { return &RequireError{Env: e.Name, Reason: reason} }
	switch {
	case r == nil && (need.Tested || !need.StandIn):
		return refuse("a bare image does not say whether it was tested; give --release release.json")
	case r == nil:
		return nil
	case need.Tested && !r.Tested:
		return refuse("it was built untested")
	case need.Tested && r.Tests.Failed > 0:
		return refuse(fmt.Sprintf("%d of its tests failed", r.Tests.Failed))
	case !need.StandIn && r.Database.StandIn:
		return refuse(fmt.Sprintf("it was tested against a stand-in database, %s", r.Database.Image))
	}
	return nil
}

// login is who the host's engine is to the image's registry.
func (s *Service) login(ctx context.Context, image string) (host.Login, error) {
	chain, err := registry.NewKeychain(registry.Credentials{
		Lookup: s.Lookup, UserEnv: s.env.Registry.UserEnv, PasswordEnv: s.env.Registry.PasswordEnv,
	})
	if err != nil {
		return host.Login{}, err
	}
	name, _, _ := strings.Cut(image, "@")
	domain, _, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(domain, ".:") && domain != "localhost" {
		domain = "docker.io"
	}
	login, err := chain.Login(ctx, domain)
	if err != nil {
		return host.Login{}, err
	}
	s.Secrets.Add(login.Password, login.IdentityToken)
	return host.Login{
		Username: login.Username, Password: redact.Secret(login.Password), IdentityToken: redact.Secret(login.IdentityToken),
	}, nil
}
