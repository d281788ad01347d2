package imagebuild

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// explain turns the engine's answer into the error that Build promises. The
// engine's texts are not typed, so they are recognised by their words; those
// of 20.10 and of newer engines differ.
func (p *progress) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	text := p.mask.Replace(unwrapped(err))
	r := p.failed()
	if r != nil && r.err != "" {
		text = r.err
	}
	switch {
	case strings.Contains(text, "no space left on device"):
		return fmt.Errorf("%w: %s", ErrNoSpace, text)
	case r == nil && isTransport(err.Error()):
		return fmt.Errorf("the engine went away: %w", err)
	case isFetch(text) && (r == nil || !strings.Contains(r.name, "] RUN ")):
		if r != nil {
			text = firstLine(r.name) + ": " + text
		}
		return fmt.Errorf("%w: %s%s", ErrBaseUnreachable, text, p.fetchHint(text))
	}
	failure := &BuildError{Dockerfile: p.recipe.file, Reason: text}
	if r != nil {
		failure.Step, failure.Log = r.name, r.tail
		if i, ok := p.recipe.find(r.name); ok {
			failure.Line, failure.Step = i.line, p.mask.Replace(i.text)
		}
	}
	if m := regexp.MustCompile(`exit code: (\d+)`).FindStringSubmatch(text); m != nil {
		failure.ExitCode, _ = strconv.Atoi(m[1]) // digits by the pattern
		failure.Reason = "exit code " + m[1]
	}
	p.locate(failure, text)
	return failure
}

// locate adds the line and the hint that the engine's text allows.
func (p *progress) locate(e *BuildError, text string) {
	if e.Line == 0 {
		e.Line = lineOf(errors.New(text))
	}
	switch {
	case strings.Contains(text, "unknown instruction"):
		for _, s := range p.recipe.stages {
			for _, i := range s.steps {
				if i.heredoc {
					e.Line, e.Step = i.line, p.mask.Replace(i.text)
					e.Hint = "this engine does not know heredocs (<<EOF): use a newer one, or write RUN a && b"
					return
				}
			}
		}
	case missingPath(e.Step, text) != "":
		e.Reason = missingPath(e.Step, text) + " is not in the build context"
		e.Hint = "is it built, spelled as it is, and not left out by .dockerignore?"
		if strings.Contains(e.Step, "../") {
			e.Hint = "nothing outside of the context can be copied, ../ leads nowhere: let image.context be a folder above"
		}
	case strings.Contains(text, "secret") && strings.Contains(text, "not found"):
		e.Hint = "name it in image.secrets, with the variable that holds it"
	case strings.Contains(text, "target stage") && strings.Contains(text, "could not be found"):
		e.Hint = "image.target must name a stage (FROM ... AS name)"
	}
}

// missingPath names the source of a COPY or ADD that the engine did not find.
func missingPath(step, text string) string {
	if keyword, _, _ := strings.Cut(step, " "); !strings.EqualFold(keyword, "COPY") && !strings.EqualFold(keyword, "ADD") {
		return ""
	}
	for _, pattern := range []string{`"/?([^"]+)"(?: not found)?: not found`, `lstat \S*?/?(\S+): no such file or directory`} {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}

// isFetch recognises a base image that cannot be had because of the registry,
// the network or the login, not because its name is wrong.
func isFetch(text string) bool {
	for _, sign := range []string{
		"no such host", "connection refused", "i/o timeout", "TLS handshake", "x509:", "network is unreachable",
		"server misbehaving", "401 Unauthorized", "403 Forbidden", "authorization failed", "no basic auth credentials",
		"unexpected status code", "503 Service Unavailable", "Too Many Requests", "toomanyrequests", "failed to fetch",
		"Temporary failure in name resolution", "connection reset", "failed to authorize", "error getting credentials",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func (p *progress) fetchHint(text string) string {
	if p.recipe.syntax != "" && strings.Contains(text, strings.Split(p.recipe.syntax, ":")[0]) {
		return "; the # syntax line of " + p.recipe.file + " fetches an image too: remove it, or mirror it"
	}
	return ""
}

// isTransport recognises a broken connection to the engine itself.
func isTransport(text string) bool {
	for _, sign := range []string{"code = Unavailable", "error reading from server: EOF", "transport is closing", "connection error"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// unwrapped drops the words that every answer begins with.
func unwrapped(err error) string {
	text := err.Error()
	for _, prefix := range []string{
		"failed to solve: ", "rpc error: code = Unknown desc = ", "failed to solve with frontend dockerfile.v0: ",
		"failed to build LLB: ", "failed to create LLB definition: ",
	} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
