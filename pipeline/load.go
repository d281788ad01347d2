package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxConfig is far beyond any pipeline.yaml that a person wrote.
const maxConfig = 1 << 20

// smallest is the shortest complete pipeline.yaml, for those who have none.
const smallest = "the smallest one has name, oracle.image, build.test and image.repository"

// Load reads pipeline.yaml, checks every line of it and fills in the defaults.
// What is wrong comes back all at once, as Faults; nothing outside the file is
// looked at but a pom.xml beside it. Which keys must be there depends on the
// stages that shall run: see Config.Require.
func Load(path string) (Config, error) {
	file, err := filepath.Abs(path)
	if err != nil {
		return Config{}, fmt.Errorf("find %s: %w", path, err)
	}
	data, err := readConfig(path)
	if err != nil {
		return Config{}, err
	}
	c, faults := parse(path, data)
	c.File, c.Dir = file, filepath.Dir(file)
	if len(faults) > 0 {
		return Config{}, faults.err()
	}
	c.setDefaults()
	return c, nil
}

// readConfig reads the file; what hinders it is a Fault, since a missing or
// unreadable pipeline.yaml is a matter of configuration.
func readConfig(path string) ([]byte, error) {
	refuse := func(text string) error { return Faults{{File: path, Text: text}} }
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse("no such file; " + smallest)
	case errors.Is(err, fs.ErrPermission):
		return nil, refuse("no permission to read it")
	case err != nil:
		return nil, fmt.Errorf("open configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, refuse("is a folder; name the file in it")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if len(data) > maxConfig {
		return nil, refuse("is larger than 1 MB; this is no pipeline.yaml")
	}
	return data, nil
}

// parse turns the text into a Config without its defaults. It needs no file
// system, so that it can be fuzzed.
func parse(file string, data []byte) (Config, Faults) {
	r := &reader{source: source{file: file, at: map[string]place{}}}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if fault, ok := unreadable(data); ok {
		fault.File = file
		return Config{}, Faults{fault}
	}
	root := r.document(data)
	var c Config
	if root != nil {
		r.config(&c, root)
	}
	if root != nil && resolve(root).Kind == yaml.MappingNode {
		r.across(&c)
	}
	c.source = r.source
	return c, r.faults
}

// document gives the one document's root, or nil when there is none to read.
func (r *reader) document(data []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.refuse(place{}, "", "cannot be read: %v", err)
		return nil
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		r.refuse(place{1, 1}, "", "is empty; %s", smallest)
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
		r.refuse(placeOf(second.Content[0]), "", "a second document; pipeline.yaml is one, without ---")
	}
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		r.refuse(place{1, 1}, "", "is empty; %s", smallest)
		return nil
	}
	return doc.Content[0]
}

// syntax reports what the YAML parser could not read.
func (r *reader) syntax(err error) {
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
