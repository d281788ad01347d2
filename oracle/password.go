package oracle

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
)

const (
	hidden         = "[secret]"
	passwordLength = 26
	letters        = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
	alphabet       = letters + "23456789"
)

// A Password never prints itself: every way of formatting, logging or encoding
// it gives [secret]. Reveal is the one way to its text.
type Password struct {
	// A pointer, because fmt looks into unexported fields of other structs
	// without asking methods: it finds an address there.
	text *string
}

// NewPassword wraps a password's text.
func NewPassword(text string) Password { return Password{&text} }

// Reveal returns the text, for a login or for a file that only its owner reads.
// The zero Password is the empty text.
func (p Password) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// String returns [secret].
func (p Password) String() string { return hidden }

// GoString returns [secret].
func (p Password) GoString() string { return hidden }

// Format writes [secret] whatever the verb.
func (p Password) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue returns [secret].
func (p Password) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns [secret], for JSON, YAML and the like.
func (p Password) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// randomPassword makes one that every Oracle password rule accepts: it starts
// with a letter and holds letters and digits only.
func randomPassword() Password {
	text := make([]byte, passwordLength)
	for i := range text {
		from := alphabet
		if i == 0 {
			from = letters
		}
		text[i] = from[randomIndex(len(from))]
	}
	// Password rules ask for a digit and for both cases.
	text[1], text[2], text[3] = alphabet[len(letters)+randomIndex(8)], letters[randomIndex(25)], letters[25+randomIndex(24)]
	return NewPassword(string(text))
}

func randomIndex(n int) int {
	limit := 256 - 256%n // above it the remainder would not be fair
	var b [1]byte
	for {
		_, _ = rand.Read(b[:]) // never fails, says its contract
		if int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}
