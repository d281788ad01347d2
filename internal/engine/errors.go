package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// Why the engine cannot be used, for errors.Is. All but ErrEndpoint are the
// surroundings' fault (exit 3); ErrEndpoint is a setting that cannot work
// (exit 2).
var (
	ErrNoEngine   = errors.New("no docker engine answers")
	ErrNoWay      = errors.New("no way to the docker engine") // ConnectVia's dial failed
	ErrPermission = errors.New("no permission to use the docker engine")
	ErrTLS        = errors.New("no trusted connection to the docker engine")
	ErrEndpoint   = errors.New("docker endpoint cannot be used")
	ErrNotFound   = errors.New("not found")
)

// An UnavailableError says why there is no engine, and what to do about it.
type UnavailableError struct {
	Endpoint string
	Kind     error  // ErrNoEngine, ErrNoWay, ErrPermission, ErrTLS or ErrEndpoint
	Advice   string // what to do, half a sentence
	Err      error  // may be nil
}

// Error is one sentence: what is wrong, and what to do.
func (e *UnavailableError) Error() string {
	text := e.Kind.Error()
	if e.Endpoint != "" {
		text += " at " + e.Endpoint
	}
	switch {
	case e.Err == nil:
		return text + ": " + e.Advice
	case e.Advice == "":
		return text + ": " + e.Err.Error()
	default:
		return text + " (" + e.Err.Error() + "): " + e.Advice
	}
}

// Unwrap gives the kind and the cause.
func (e *UnavailableError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// unavailable turns what the client said into a sentence a person can act on.
func unavailable(ctx context.Context, at Endpoint, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("reach docker engine at %s: %w", at.Host, context.Cause(ctx))
	}
	if own, ok := errors.AsType[*dialError](err); ok {
		return &UnavailableError{Endpoint: at.Host, Kind: ErrNoWay, Err: own.error}
	}
	e := &UnavailableError{Endpoint: at.Host, Kind: ErrNoEngine, Advice: "start docker, or name the engine in " + orElse(at.Setting, "DOCKER_HOST")}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Err = fmt.Errorf("no answer within %v", connectTimeout)
	case isTLS(err):
		e.Kind, e.Err = ErrTLS, rootCause(err)
		e.Advice = "check " + at.trustSetting() + "the ca.pem, cert.pem and key.pem in " + orElse(at.CertPath, "DOCKER_CERT_PATH")
	case errors.Is(err, fs.ErrPermission):
		e.Kind = ErrPermission
		e.Advice = fmt.Sprintf("add the user with id %d to the group docker and log in again, or run as root", os.Getuid())
	case cerrdefs.IsUnauthorized(err), cerrdefs.IsPermissionDenied(err):
		e.Kind, e.Err = ErrPermission, err
		e.Advice = "the engine refused this user"
	default:
		if cause := rootCause(err); !strings.Contains(cause.Error(), "Is the docker daemon running") {
			e.Err = cause
		}
	}
	return e
}

// isTLS tells a failed handshake from an engine that is not there.
func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	var alert tls.AlertError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	return errors.As(err, &record) || errors.As(err, &verification) || errors.As(err, &alert) ||
		errors.As(err, &unknown) || errors.As(err, &name) ||
		strings.Contains(err.Error(), "tls: ") || // Go's alerts from the other side are not typed
		strings.Contains(err.Error(), "HTTP request to an HTTPS server") ||
		strings.Contains(err.Error(), "HTTP response to HTTPS client")
}

// rootCause drops the layers that repeat the address.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// notFound puts ErrNotFound where the engine said so.
func notFound(err error) error {
	if cerrdefs.IsNotFound(err) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// isConnection tells an engine that cannot be reached from one that answered
// with an error.
func isConnection(err error) bool { return client.IsErrConnectionFailed(err) }
