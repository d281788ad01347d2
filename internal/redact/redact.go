// Package redact keeps secrets out of what is written. It masks values, not
// names: whoever knows a secret adds it, and every writer below the redactor
// is safe from then on.
package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	// Mask stands where a secret stood.
	Mask = "[secret]"
	// Shortest is the length below which a value is no secret: masking every
	// "1" or "no" would make the log unreadable and say what the value is.
	Shortest = 4
	// maxPending is where a line without an end is passed on nevertheless.
	maxPending = 64 << 10
)

// A Redactor masks the secrets it knows. It is safe for concurrent use; the
// zero value knows none.
type Redactor struct {
	mu      sync.RWMutex
	forms   map[string]bool
	ordered []string // longest first, so that no secret is masked half
}

// New returns a redactor that knows these secrets.
func New(secrets ...string) *Redactor {
	r := &Redactor{}
	r.Add(secrets...)
	return r
}

// Add makes more secrets known, with the forms in which they leak: each line
// of a text of several, base64, URL, XML and JSON encoding. Values shorter than
// four characters are ignored.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forms == nil {
		r.forms = map[string]bool{}
	}
	for _, secret := range secrets {
		for _, form := range formsOf(secret) {
			if len(form) >= Shortest && !r.forms[form] {
				r.forms[form] = true
				r.ordered = append(r.ordered, form)
			}
		}
	}
	slices.SortStableFunc(r.ordered, func(a, b string) int { return len(b) - len(a) })
}

// TooShort reports whether Add would ignore the secret.
func TooShort(secret string) bool { return len(strings.TrimSpace(secret)) < Shortest }

// String returns s with every known secret masked. A nil Redactor knows none.
func (r *Redactor) String(s string) string {
	if r == nil {
		return s
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, form := range r.ordered {
		if strings.Contains(s, form) {
			s = strings.ReplaceAll(s, form, Mask)
		}
	}
	return s
}

func formsOf(secret string) []string {
	if TooShort(secret) {
		return nil
	}
	trimmed := strings.TrimSpace(secret)
	forms := []string{secret, trimmed}
	if lines := strings.FieldsFunc(secret, func(c rune) bool { return c == '\n' || c == '\r' }); len(lines) > 1 {
		for _, line := range lines {
			forms = append(forms, strings.TrimSpace(line))
		}
	}
	for _, plain := range []string{secret, trimmed} {
		forms = append(forms, escapedForms(plain)...)
		if quoted, err := json.Marshal(plain); err == nil {
			forms = append(forms, string(quoted[1:len(quoted)-1]))
		}
		forms = append(forms, base64Forms(plain)...)
	}
	return append(forms, wrappedForms(trimmed)...)
}

// escapedForms are those of URLs, whose hexadecimal digits may be small, and of
// XML.
func escapedForms(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	return []string{query, path, smallHex(query), smallHex(path), html.EscapeString(secret)}
}

// smallHex turns %2F into %2f.
func smallHex(escaped string) string {
	small := []byte(escaped)
	for i, char := range small {
		if char == '%' && i+2 < len(small) {
			copy(small[i+1:], strings.ToLower(escaped[i+1:i+3]))
		}
	}
	return string(small)
}

// wrappedForms are the lines of the encodings of a long secret, as base64 and
// PEM break them, with the line end of echo and without.
func wrappedForms(secret string) []string {
	var forms []string
	for _, text := range []string{secret, secret + "\n"} {
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		for _, width := range []int{64, 76} {
			for rest := encoded; len(encoded) > width && rest != ""; {
				line := rest[:min(width, len(rest))]
				if rest = rest[len(line):]; len(line) >= 2*Shortest {
					forms = append(forms, line)
				}
			}
		}
	}
	return forms
}

// base64Forms are the encodings of the secret alone and in the middle of
// something else (user:secret), where it may begin at any of three offsets:
// the characters that depend on nothing but the secret.
func base64Forms(secret string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, encoding.EncodeToString([]byte(secret)))
		if len(secret) < 8 {
			continue // too little would be left to be sure
		}
		for offset := range 3 {
			padded := append(make([]byte, offset), secret...)
			encoded := encoding.EncodeToString(padded[:len(padded)/3*3])
			forms = append(forms, encoded[(offset*8+5)/6:])
		}
	}
	return forms
}

// A Writer masks secrets in what passes through it. It passes on whole lines,
// so that a secret cut in two by a buffer is still seen; Close passes on the
// last one. It does not close what is below. It is safe for concurrent use.
type Writer struct {
	r       *Redactor
	mu      sync.Mutex
	below   io.Writer
	pending []byte
}

// Writer returns a writer to w that masks secrets.
func (r *Redactor) Writer(w io.Writer) *Writer {
	return &Writer{r: r, below: w}
}

// Write takes all of p, and passes on the lines that are whole.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := 0
	if at := bytes.LastIndexByte(p, '\n'); at >= 0 {
		end = len(w.pending) + at + 1
	}
	w.pending = append(w.pending, p...)
	if end == 0 && len(w.pending) > maxPending {
		end = w.safeCut()
	}
	if end == 0 {
		return len(p), nil
	}
	if err := w.pass(end); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close passes on what has no line end yet.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) == 0 {
		return nil
	}
	return w.pass(len(w.pending))
}

func (w *Writer) pass(end int) error {
	text := w.r.String(string(w.pending[:end]))
	w.pending = append(w.pending[:0], w.pending[end:]...)
	_, err := w.below.Write([]byte(text))
	return err
}

// safeCut masks what is there and leaves enough behind that a secret whose
// second half is still to come is not cut.
func (w *Writer) safeCut() int {
	w.pending = []byte(w.r.String(string(w.pending)))
	w.r.mu.RLock()
	defer w.r.mu.RUnlock()
	longest := 0
	if len(w.r.ordered) > 0 {
		longest = len(w.r.ordered[0])
	}
	return max(0, len(w.pending)-longest)
}
