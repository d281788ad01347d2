package redact

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a text that prints as [secret] wherever it may get to. Only
// Reveal gives it away.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Format hides the secret from fmt, whatever the verb: a wrong one would
// otherwise print it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String is [secret], or nothing when there is none.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Mask
}

// GoString hides the secret from what prints Go syntax.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON, YAML and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
