package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxSize is far beyond any configuration that a person wrote.
const MaxSize = 1 << 20

// A Form says which file is read.
type Form struct {
	Name     string   // such as pipeline.yaml
	Smallest string   // what the smallest complete one holds, for those who have none
	Keys     []string // every key, dotted: what an unknown one may have meant; see Keys
}

// ReadFile reads the file; what hinders it is a Fault, since a missing or
// unreadable file is a matter of configuration.
func (f Form) ReadFile(path string) ([]byte, error) {
	refuse := func(text string) error { return Faults{{File: path, Text: text}} }
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("no such file; " + f.Smallest)
	case errors.Is(err, fs.ErrPermission):
		return nil, refuse("no permission to read it")
	case err != nil:
		return nil, fmt.Errorf("open configuration: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, refuse("is a folder; name the file in it")
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > MaxSize {
		return nil, refuse("is larger than 1 MB; this is no " + f.Name)
	}
	return data, nil
}

// Parse gives the root of the one document, nil when there is none to read,
// and the Reader that holds the faults so far. It needs no file system, so that
// it can be fuzzed. The root may be any value: Reader.Mapping says when it is
// no mapping.
func (f Form) Parse(file string, data []byte) (*Reader, *yaml.Node) {
	r := &Reader{Source: Source{file: file, at: map[string]place{}}, form: f}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if fault, ok := unreadable(data); ok {
		fault.File = file
		r.Faults = append(r.Faults, fault)
		return r, nil
	}
	return r, r.document(data)
}

// document gives the one document's root, or nil when there is none to read.
func (r *Reader) document(data []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.refuse(place{}, "", "cannot be read: %v", err)
		return nil
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		r.refuse(place{1, 1}, "", "is empty; %s", r.form.Smallest)
		return nil
	case err != nil:
		r.syntax(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err)
	case len(second.Content) > 0:
		r.refuse(placeOf(second.Content[0]), "", "a second document; %s is one, without ---", r.form.Name)
	}
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		r.refuse(place{1, 1}, "", "is empty; %s", r.form.Smallest)
		return nil
	}
	return doc.Content[0]
}

// syntax reports what the YAML parser could not read.
func (r *Reader) syntax(err error) {
	at, text := place{1, 1}, err.Error()
	if load, ok := errors.AsType[*yaml.LoadError](err); ok {
		text = load.Message
		if load.Mark.Line > 0 {
			at = place{load.Mark.Line, max(1, load.Mark.Column)}
		}
	}
	if strings.Contains(text, "tab character") || strings.Contains(text, "cannot start any token") {
		text += " (indent with spaces, never with a tab)"
	}
	r.refuse(at, "", "is no YAML: %s", text)
}

// unreadable finds the first byte that no YAML text may hold: the parser would
// tell it without its place.
func unreadable(data []byte) (Fault, bool) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return Fault{Line: 1, Col: 1, Text: "is UTF-16; save it as UTF-8"}, true
	}
	line, col := 1, 1
	for rest := data; len(rest) > 0; {
		char, size := utf8.DecodeRune(rest)
		switch {
		case char == utf8.RuneError && size == 1:
			return Fault{Line: line, Col: col, Text: fmt.Sprintf("byte %#02x is no UTF-8; save the file as UTF-8", rest[0])}, true
		case char == '\n':
			line, col = line+1, 0
		case char < ' ' && char != '\t' && char != '\r', char == 0x7f:
			return Fault{Line: line, Col: col, Text: fmt.Sprintf("control character %#02x", char)}, true
		}
		rest, col = rest[size:], col+1
	}
	return Fault{}, false
}
