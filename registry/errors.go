package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Why a registry did not do what was asked, for errors.Is. All are the
// surroundings' fault.
var (
	ErrUnreachable = errors.New("registry cannot be reached")
	ErrDenied      = errors.New("registry refuses the login")
	ErrTagTaken    = errors.New("tag is taken")
	ErrCredentials = errors.New("credentials cannot be read")
)

// An Error says what a registry refused, where, and whose login was used. The
// login's origin is named, never its secret.
type Error struct {
	Op         string // push, look up, set
	Registry   string
	Repository string // with the registry
	Tag        string // or digest; may be empty
	Origin     string // of the login: variable, file or helper
	Kind       error  // ErrUnreachable, ErrDenied, ErrTagTaken, or nil
	Err        error
}

// Error is one sentence.
func (e *Error) Error() string {
	text := e.Op + " " + join(e.Repository, e.Tag) + ": "
	if e.Kind != nil {
		text += e.Kind.Error() + ": "
	}
	return fmt.Sprintf("%s%s (registry %s, %s)", text, describe(e.Err, e.Registry), e.Registry, e.Origin)
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

// A TagTakenError says that a tag exists and is another image. It was not
// overwritten.
type TagTakenError struct {
	Repository string
	Tag        string
	Existing   string // digest that the registry has
	Revision   string // commit that the existing image was built from, if it says so
	Build      string // CI build that pushed it, if it says so
	Untested   bool   // the existing image says that nobody has tested it
	Ours       string // our digest, or the image's ID when it has none yet; empty before the build
}

// Error is one sentence.
func (e *TagTakenError) Error() string {
	text := fmt.Sprintf("%s:%s exists already with digest %s", e.Repository, e.Tag, e.Existing)
	var about []string
	if e.Revision != "" {
		about = append(about, fmt.Sprintf("commit %.12s", e.Revision))
	}
	if e.Build != "" {
		about = append(about, "build "+e.Build)
	}
	if e.Untested {
		about = append(about, "pushed untested")
	}
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	if e.Ours != "" {
		text += ", ours is " + e.Ours
	}
	return text + ": a tag is never overwritten, raise the version"
}

// Is makes every TagTakenError an ErrTagTaken.
func (e *TagTakenError) Is(target error) bool { return target == ErrTagTaken }

// fail wraps what a registry or the engine answered.
func (r *Repository) fail(ctx context.Context, op, tag string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", op, r.ref(tag), context.Cause(ctx))
	}
	return &Error{
		Op: op, Registry: r.Registry, Repository: r.Name, Tag: tag,
		Origin: r.login.Origin, Kind: kindOf(err), Err: err,
	}
}

// In an engine's or a registry's words: a status stands alone there, while its
// digits may be part of a digest or a port.
var (
	brokenStatus = regexp.MustCompile(`(?:status(?: code)?:? |HTTP )(?:429|5\d\d)\b|` +
		`\b(?:429 Too Many Requests|500 Internal Server Error|502 Bad Gateway|503 Service Unavailable|504 Gateway)`)
	immutableTag = regexp.MustCompile(`(?i)immutable|cannot be overwritten|does not allow updating|overwrite is not allowed`)
)

// wantsCertificate is how a server ends a connection with who shows none.
const wantsCertificate = "tls: certificate required"

func kindOf(err error) error {
	if immutableTag.MatchString(err.Error()) {
		return ErrTagTaken
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		switch answer.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			return ErrDenied
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
			return ErrUnreachable
		}
		if speaksTLS(answer) {
			return ErrUnreachable
		}
		return nil
	}
	text := err.Error()
	for _, sign := range []string{
		wantsCertificate, "no basic auth credentials", "unauthorized", "authentication required", "denied: ", "403 Forbidden", "401 Unauthorized",
	} {
		if strings.Contains(text, sign) {
			return ErrDenied
		}
	}
	for _, sign := range []string{
		"no such host", "connection refused", "i/o timeout", "TLS handshake", "x509:", "network is unreachable", "EOF",
		"connection reset", "server gave HTTP response to HTTPS client", "deadline exceeded",
		"Temporary failure in name resolution", "server misbehaving",
	} {
		if strings.Contains(text, sign) {
			return ErrUnreachable
		}
	}
	if brokenStatus.MatchString(text) {
		return ErrUnreachable
	}
	return nil
}

// describe says an answer in as few words as it needs, and what can be done
// where the answer alone does not tell.
func describe(err error, host string) string {
	distrust := "; put its authority into " + certsDir + "/" + host + "/ca.crt"
	var answer *transport.Error
	if !errors.As(err, &answer) {
		text := err.Error()
		switch {
		case strings.Contains(text, "server gave HTTP response to HTTPS client"):
			text += "; it speaks plain HTTP: set registry.insecure, and insecure-registries in the engine's daemon.json"
		case strings.Contains(text, "x509: "):
			text += distrust
		case strings.Contains(text, wantsCertificate):
			text += "; put one that it trusts into " + certsDir + "/" + host + "/client.cert, and client.key"
		case strings.Contains(text, "private or link-local address"):
			text += "; it sends the login to a service by an address: let the registry name that service by its host name"
		case strings.Contains(text, "SSRF protection"):
			text += "; it sends to an address of another network: set its external address (http.host, externalurl) to the name it is reached by"
		}
		return text
	}
	if speaksTLS(answer) { // on loopback HTTPS was tried first
		return "it speaks HTTPS, with a certificate that is not trusted" + distrust + ", and client.cert with client.key where it wants one of ours"
	}
	words := []string{fmt.Sprintf("it answers %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))}
	for _, d := range answer.Errors {
		if d.Message != "" {
			words = append(words, d.Message)
		}
	}
	return strings.Join(words, ": ")
}

func speaksTLS(answer *transport.Error) bool {
	return answer.StatusCode == http.StatusBadRequest && strings.Contains(answer.Error(), "HTTP request to an HTTPS server")
}
