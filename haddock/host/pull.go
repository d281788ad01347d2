package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/redact"
)

// Why an image cannot be had, for errors.Is.
var (
	ErrNoImage  = errors.New("the registry has no such image")
	ErrDenied   = errors.New("the registry does not let us read it")
	ErrRegistry = errors.New("the registry cannot be used")
	ErrDigest   = errors.New("the registry's content does not match the digest")
)

// A Login is who the engine is to a registry. The zero value is nobody.
type Login struct {
	Username      string
	Password      redact.Secret
	IdentityToken redact.Secret // instead of both
}

// A PullError says why an image cannot be had.
type PullError struct {
	Image string
	Kind  error // ErrNoImage, ErrDenied, ErrRegistry, ErrDigest; nil when the engine said something else
	Text  string
}

// Error is one line: what is wrong, and the engine's words.
func (e *PullError) Error() string {
	if e.Kind == nil {
		return fmt.Sprintf("pull %s: %s", e.Image, e.Text)
	}
	return fmt.Sprintf("pull %s: %v: %s", e.Image, e.Kind, e.Text)
}

// Unwrap gives the kind.
func (e *PullError) Unwrap() error { return e.Kind }

// Pull makes sure that the engine has repository@digest for this service and
// environment; one that is there is not asked for again, so that what was kept
// can be deployed without the registry. progress may be nil; it is told what
// the engine tells, line by line. The error is a *PullError when the image
// cannot be had.
func (h *Host) Pull(ctx context.Context, key Key, ref string, as Login, progress func(line string)) error {
	if err := key.validate(); err != nil {
		return err
	}
	name, digest, err := splitDigest(ref)
	if err != nil {
		return err
	}
	ref = name + "@" + digest
	there, err := h.eng.Image(ctx, ref)
	pulled := false
	if errors.Is(err, engine.ErrNotFound) {
		if err := h.eng.PullImage(ctx, ref, as.forEngine(name), progress); err != nil {
			return as.pullError(ref, err)
		}
		pulled = true
		there, err = h.eng.Image(ctx, ref)
	}
	if err != nil {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	if pulled || slices.ContainsFunc(there.Tags, isPulledMark) {
		_, err = h.eng.TagImage(ctx, there.ID, key.pulledMark(digest))
	}
	return err
}

// Has reports whether the engine has repository@digest, so that Pull needs no
// login.
func (h *Host) Has(ctx context.Context, ref string) (bool, error) {
	name, digest, err := splitDigest(ref)
	if err != nil {
		return false, err
	}
	_, err = again(ctx, h.engines, func() (engine.Image, error) { return h.eng.Image(ctx, name+"@"+digest) })
	if errors.Is(err, engine.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Resolve asks the registry which digest a name such as repository:tag has now
// and returns repository@digest. The error is a *PullError when it has none.
func (h *Host) Resolve(ctx context.Context, ref string, as Login) (string, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", fmt.Errorf("look up image %q: %w", ref, err)
	}
	name := reference.FamiliarName(named)
	digest, err := again(ctx, h.engines, func() (string, error) {
		return h.eng.RemoteDigest(ctx, ref, as.forEngine(name))
	})
	if err != nil {
		return "", as.pullError(ref, err)
	}
	return name + "@" + digest, nil
}

// splitDigest takes repository@sha256:... apart; a tag between the two is of
// no use to a machine and left out.
func splitDigest(ref string) (repository, digest string, err error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", "", fmt.Errorf("use image %q: %w", ref, err)
	}
	pinned, ok := named.(reference.Digested)
	if !ok || !strings.HasPrefix(pinned.Digest().String(), "sha256:") {
		return "", "", fmt.Errorf("use image %q: it is not pinned, write repository@sha256:<digest>", ref)
	}
	return reference.FamiliarName(named), pinned.Digest().String(), nil
}

func (l Login) forEngine(repository string) engine.Login {
	out := engine.Login{Username: l.Username, Password: l.Password.Reveal(), IdentityToken: l.IdentityToken.Reveal()}
	if named, err := reference.ParseNormalizedNamed(repository); err == nil {
		out.Registry = reference.Domain(named)
	}
	return out
}

// pullError sorts what the engine said and takes our secrets out of it.
func (l Login) pullError(ref string, err error) error {
	refused, ok := errors.AsType[*engine.PullError](err)
	if !ok {
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	text := refused.Text
	for _, secret := range []redact.Secret{l.Password, l.IdentityToken} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret.Reveal(), redact.Mask)
		}
	}
	name, _, _ := strings.Cut(ref, "@")
	return &PullError{Image: ref, Kind: pullKind(strings.ReplaceAll(text, name, "")), Text: text}
}

// pullKind reads the engine's prose: it has no codes.
func pullKind(text string) error {
	text = strings.ToLower(text)
	for _, of := range []struct {
		kind  error
		words []string
	}{
		{ErrDigest, []string{"verification failed", "does not match digest", "unexpected commit digest", "failed precondition"}},
		{ErrDenied, []string{"unauthorized", "denied", "no basic auth", "authentication required", "forbidden"}},
		{ErrNoImage, []string{"manifest unknown", "not found", "name unknown", "does not exist"}},
		{ErrRegistry, []string{
			"connection refused", "no such host", "timeout", "deadline exceeded", "no route", "unreachable", "eof", "reset by peer",
			"x509", "tls", "http response to https", "server misbehaving", "unexpected http status",
		}},
	} {
		for _, word := range of.words {
			if strings.Contains(text, word) {
				return of.kind
			}
		}
	}
	return nil
}
