package imagebuild

import (
	"errors"
	"fmt"
	"strings"
)

// What the surroundings can refuse, for errors.Is.
var (
	ErrNoSpace         = errors.New("no space left for the engine")
	ErrBaseUnreachable = errors.New("base image cannot be fetched")
)

// A BuildError says what is wrong with a Dockerfile or the files it uses.
type BuildError struct {
	Dockerfile string // relative to the context where it is inside
	Line       int    // 0 when unknown
	Step       string // the instruction; empty when none was reached
	Reason     string // one phrase: exit code 37
	ExitCode   int    // of a RUN, else 0
	Hint       string // what may help; may be empty
	Log        []string
	Err        error // may be nil
}

// Error is one sentence with the place, the step and the reason; the last
// thing that the step said follows when there is one.
func (e *BuildError) Error() string {
	var b strings.Builder
	b.WriteString(e.Dockerfile)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Step != "" {
		b.WriteString(": " + firstLine(e.Step))
	}
	b.WriteString(": " + e.Reason)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if n := len(e.Log); n > 0 {
		fmt.Fprintf(&b, " (it said: %s)", e.Log[n-1])
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause, if there is one.
func (e *BuildError) Unwrap() error { return e.Err }

// Tail is the end of what the failing step wrote.
func (e *BuildError) Tail() []string { return e.Log }

func firstLine(s string) string {
	first, rest, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if runes := []rune(first); len(runes) > 100 {
		return string(runes[:97]) + "..."
	}
	if rest != "" {
		return first + " ..."
	}
	return first
}
