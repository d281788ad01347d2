// Package strictyaml reads configuration that people write. It keeps one rule:
// nothing is guessed and nothing is passed over. An unknown, repeated or empty
// key, a value of another type than the one that is wanted, is a Fault with its
// place in the file and the nearest name that is known; all faults come back at
// once.
package strictyaml

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// maxMerged bounds what merge keys may multiply to.
const maxMerged = 1000

// A Reader turns YAML nodes into the fields of a configuration and collects
// every fault it meets on its way, instead of stopping at the first. Form.Parse
// makes one.
type Reader struct {
	Source
	Faults Faults

	form   Form
	merged int // pairs that merge keys have brought in
}

// Read takes the value of one key.
type Read func(key string, n *yaml.Node)

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// Refuse adds a fault about the node that holds the key's value.
func (r *Reader) Refuse(n *yaml.Node, key, format string, args ...any) {
	r.refuse(placeOf(n), key, format, args...)
}

// RefuseKey adds a fault about a key that should be there, or be different beside
// others; it stands where the key does, else where its section does.
func (r *Reader) RefuseKey(key, format string, args ...any) {
	r.Faults = append(r.Faults, r.Fault(key, format, args...))
}

func (r *Reader) refuse(at place, key, format string, args ...any) {
	r.Faults = append(r.Faults, Fault{
		File: r.file, Line: at.line, Col: at.col, Key: key, Text: fmt.Sprintf(format, args...),
	})
}

// Mapping reads a section: each known key once, in any order.
func (r *Reader) Mapping(key string, n *yaml.Node, fields map[string]Read) {
	known := slices.Sorted(maps.Keys(fields))
	r.Pairs(key, n, func(name string, k, v *yaml.Node) {
		full := Join(key, name)
		field, ok := fields[name]
		if !ok {
			r.refuse(placeOf(k), full, "%s", r.unknownKey(key, name, known))
			return
		}
		r.at[full] = placeOf(k)
		field(full, v)
	})
}

// Found notes where a key stands, for faults that only show later. Mapping
// notes its own.
func (r *Reader) Found(key string, at *yaml.Node) { r.at[key] = placeOf(at) }

// Pairs calls do for every key of a mapping, merge keys resolved.
func (r *Reader) Pairs(key string, n *yaml.Node, do func(name string, k, v *yaml.Node)) {
	m := Resolve(n)
	if m.Kind != yaml.MappingNode {
		r.refuse(placeOf(n), key, "want keys and values, got %s", Describe(m))
		return
	}
	if len(m.Content) == 0 {
		r.refuse(placeOf(n), key, "is empty; fill it or remove it")
	}
	first := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		name := Resolve(k)
		switch {
		case name.Kind != yaml.ScalarNode:
			r.refuse(placeOf(k), key, "want a name as key, got %s", Describe(name))
		case k.ShortTag() == "!!merge":
			merges = append(merges, v)
		case first[name.Value] > 0:
			r.refuse(placeOf(k), Join(key, name.Value), "written twice, first in line %d", first[name.Value])
		default:
			first[name.Value] = max(1, k.Line)
			do(name.Value, k, v)
		}
	}
	for _, v := range merges {
		r.merge(key, v, first, do)
	}
}

// merge reads what `<<: *anchor` brings in: the keys that are not there yet.
func (r *Reader) merge(key string, n *yaml.Node, have map[string]int, do func(name string, k, v *yaml.Node)) {
	from := Resolve(n)
	switch from.Kind {
	case yaml.SequenceNode:
		for _, one := range from.Content {
			if Resolve(one).Kind == yaml.MappingNode {
				r.merge(key, one, have, do)
			}
		}
		return
	case yaml.MappingNode:
	default:
		r.refuse(placeOf(n), key, "<< wants an alias of keys and values, got %s", Describe(from))
		return
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		k, v := from.Content[i], from.Content[i+1]
		if r.merged++; r.merged > maxMerged {
			if r.merged == maxMerged+1 {
				r.refuse(placeOf(n), key, "<< brings in more than %d keys", maxMerged)
			}
			return
		}
		name := Resolve(k)
		switch {
		case k.ShortTag() == "!!merge":
			r.merge(key, v, have, do)
		case name.Kind == yaml.ScalarNode && have[name.Value] == 0:
			have[name.Value] = max(1, k.Line)
			do(name.Value, k, v)
		}
	}
}

// Resolve follows an alias to what it stands for.
func Resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// Join names a key of a section.
func Join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// Indexed names an item of a list.
func Indexed(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

// unknownKey says what could have been meant: the nearest key of the section,
// else the same key of another one.
func (r *Reader) unknownKey(section, name string, known []string) string {
	if suffix := nearest.Suffix(name, known); suffix != "" {
		return "unknown key" + suffix
	}
	for _, full := range r.form.Keys {
		if full == name || strings.HasSuffix(full, "."+name) {
			return "unknown key, did you mean " + full + "?"
		}
	}
	if section == "" {
		return "unknown key, known are " + strings.Join(known, ", ")
	}
	return "unknown key, " + section + " has " + strings.Join(known, ", ")
}

// Keys lists every key of a configuration, dotted, from the yaml tags of its
// fields. Names that the user chooses stand there as <name>.
func Keys(of reflect.Type) []string {
	var keys []string
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for field := range t.Fields() {
			name, ok := field.Tag.Lookup("yaml")
			if !ok || name == "-" {
				continue
			}
			full := Join(prefix, strings.Split(name, ",")[0])
			keys = append(keys, full)
			switch inner := field.Type; {
			case inner.Kind() == reflect.Struct:
				walk(full, inner)
			case inner.Kind() == reflect.Map && inner.Elem().Kind() == reflect.Struct:
				walk(Join(full, "<name>"), inner.Elem())
			}
		}
	}
	walk("", of)
	return keys
}
