// Package maven reads what Maven reads and writes: a project's version, and why
// a build has failed. It starts no Maven.
package maven

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// pom is the part of a pom.xml that its version can come from.
type pom struct {
	XMLName xml.Name `xml:"project"`
	Version string   `xml:"version"`
	Parent  struct {
		Version string `xml:"version"`
	} `xml:"parent"`
	Properties properties `xml:"properties"`
}

// properties are elements whose names are the keys.
type properties map[string]string

// UnmarshalXML reads each element as a key and its text; nested ones are not
// properties.
func (p *properties) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	*p = properties{}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.StartElement:
			var text string
			if err := d.DecodeElement(&text, &element); err != nil {
				return err
			}
			(*p)[element.Name.Local] = strings.TrimSpace(text)
		case xml.EndElement:
			return nil
		}
	}
}

var property = regexp.MustCompile(`\$\{([^${}]+)\}`)

// Version reads the version of a Maven project: its own, else its parent's.
// ${revision} and the like come from .mvn/maven.config first, as in Maven,
// where the command line wins, then from the file's own properties. A value
// that only Maven itself could find out is an error.
func Version(file string) (string, error) {
	p, err := readPom(file)
	if err != nil {
		return "", err
	}
	version := strings.TrimSpace(p.Version)
	if version == "" {
		version = strings.TrimSpace(p.Parent.Version)
	}
	if version == "" {
		return "", fmt.Errorf("%s has neither a version nor a parent with one", filepath.Base(file))
	}
	known := map[string]string{"project.parent.version": strings.TrimSpace(p.Parent.Version)}
	maps.Copy(known, p.Properties)
	defined, err := mavenConfig(filepath.Dir(file))
	if err != nil {
		return "", err
	}
	maps.Copy(known, defined)
	const deep, longest = 10, 1000
	for range deep {
		match := property.FindStringSubmatch(version)
		if match == nil {
			return version, nil
		}
		value, ok := known[match[1]]
		if !ok {
			return "", fmt.Errorf("%s has version %s, and neither .mvn/maven.config nor its properties define %s; "+
				"write the version into pipeline.yaml", filepath.Base(file), version, match[1])
		}
		if version = strings.ReplaceAll(version, match[0], value); len(version) > longest {
			return "", fmt.Errorf("%s has a version of more than %d characters; write the version into pipeline.yaml", filepath.Base(file), longest)
		}
	}
	return "", fmt.Errorf("%s has a version that is defined by itself: %s", filepath.Base(file), strictyaml.Quote(version))
}

func readPom(file string) (pom, error) {
	f, err := os.Open(file)
	if err != nil {
		return pom{}, err
	}
	defer func() { _ = f.Close() }() // only read from
	var p pom
	decoder := xml.NewDecoder(io.LimitReader(f, 16<<20))
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // versions are ASCII
	if err := decoder.Decode(&p); err != nil {
		if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
			return pom{}, fmt.Errorf("%s:%d: %s", filepath.Base(file), syntax.Line, syntax.Msg)
		}
		return pom{}, fmt.Errorf("%s is no pom: %w", filepath.Base(file), err)
	}
	return p, nil
}

// mavenConfig reads the -D definitions of the nearest .mvn/maven.config, as
// Maven does: in the folder or above it.
func mavenConfig(dir string) (map[string]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, ".mvn")); err == nil && info.IsDir() {
			break
		}
		if dir == filepath.Dir(dir) {
			return map[string]string{}, nil
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, ".mvn", "maven.config"))
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	return definitions(string(data)), err
}

// definitions takes the -Dname=value, -D name=value and --define=name=value
// out of Maven's arguments.
func definitions(text string) map[string]string {
	found := map[string]string{}
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], `"'`)
		if strings.HasPrefix(word, "#") {
			continue
		}
		definition, ok := strings.CutPrefix(word, "--define=")
		if !ok {
			definition, ok = strings.CutPrefix(word, "-D")
		}
		if word == "--define" {
			definition, ok = "", true
		}
		if !ok {
			continue
		}
		if definition == "" && i+1 < len(words) {
			i++
			definition = strings.Trim(words[i], `"'`)
		}
		if name, value, ok := strings.Cut(definition, "="); ok {
			found[name] = value
		}
	}
	return found
}
