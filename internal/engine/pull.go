package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
)

// A PullError is the engine's refusal to pull, in its own words.
type PullError struct{ Text string }

// Error gives the engine's words.
func (e *PullError) Error() string { return e.Text }

// PullImage pulls an image and blocks until the engine has it. progress may be
// nil; it is told what the engine tells, line by line. A failure that the
// engine reports is a *PullError.
func (e *Engine) PullImage(ctx context.Context, ref string, as Login, progress func(line string)) error {
	auth, err := as.encode()
	if err != nil {
		return fmt.Errorf("pull %s: encode login: %w", ref, err)
	}
	body, err := e.api.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: auth})
	if err != nil {
		return e.pullError(ctx, err)
	}
	defer body.Close()
	_, err = readPush(body, progress)
	if ctx.Err() != nil { // the engine reports our own leaving as an error
		return context.Cause(ctx)
	}
	if refused, ok := errors.AsType[*PushError](err); ok {
		return &PullError{Text: refused.Text}
	}
	return err
}

// RemoteDigest asks the registry, through the engine, which digest a name has
// now. A failure that the engine reports is a *PullError.
func (e *Engine) RemoteDigest(ctx context.Context, ref string, as Login) (string, error) {
	auth, err := as.encode()
	if err != nil {
		return "", fmt.Errorf("look up %s: encode login: %w", ref, err)
	}
	found, err := e.api.DistributionInspect(ctx, ref, auth)
	if err != nil {
		return "", e.pullError(ctx, err)
	}
	return found.Descriptor.Digest.String(), nil
}

func (e *Engine) pullError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if isConnection(err) {
		return e.explained(ctx, err)
	}
	return &PullError{Text: strings.TrimPrefix(err.Error(), "Error response from daemon: ")}
}

func (l Login) encode() (string, error) {
	return registry.EncodeAuthConfig(registry.AuthConfig{
		Username: l.Username, Password: l.Password, IdentityToken: l.IdentityToken,
		RegistryToken: l.RegistryToken, ServerAddress: l.Registry,
	})
}
