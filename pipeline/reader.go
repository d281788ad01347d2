package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/haddock-ci/pipeline/internal/nearest"
)

// maxMerged bounds what merge keys may multiply to.
const maxMerged = 1000

// reader turns YAML nodes into the fields of a Config and collects every fault
// it meets on its way, instead of stopping at the first.
type reader struct {
	source
	faults Faults
	merged int // pairs that merge keys have brought in
}

// read takes the value of one key.
type read func(key string, n *yaml.Node)

// check looks at a text and says what is wrong with it, nothing when all is
// well.
type check func(text string) string

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

func (r *reader) refuse(at place, key, format string, args ...any) {
	r.faults = append(r.faults, Fault{
		File: r.file, Line: at.line, Col: at.col, Key: key, Text: fmt.Sprintf(format, args...),
	})
}

// mapping reads a section: each known key once, in any order.
func (r *reader) mapping(key string, n *yaml.Node, fields map[string]read) {
	known := slices.Sorted(maps.Keys(fields))
	r.pairs(key, n, func(name string, k, v *yaml.Node) {
		full := join(key, name)
		field, ok := fields[name]
		if !ok {
			r.refuse(placeOf(k), full, "%s", unknownKey(key, name, known))
			return
		}
		r.at[full] = placeOf(k)
		field(full, v)
	})
}

// pairs calls do for every key of a mapping, merge keys resolved.
func (r *reader) pairs(key string, n *yaml.Node, do func(name string, k, v *yaml.Node)) {
	m := resolve(n)
	if m.Kind != yaml.MappingNode {
		r.refuse(placeOf(n), key, "want keys and values, got %s", describe(m))
		return
	}
	if len(m.Content) == 0 {
		r.refuse(placeOf(n), key, "is empty; fill it or remove it")
	}
	first := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		name := resolve(k)
		switch {
		case name.Kind != yaml.ScalarNode:
			r.refuse(placeOf(k), key, "want a name as key, got %s", describe(name))
		case k.ShortTag() == "!!merge":
			merges = append(merges, v)
		case first[name.Value] > 0:
			r.refuse(placeOf(k), join(key, name.Value), "written twice, first in line %d", first[name.Value])
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
func (r *reader) merge(key string, n *yaml.Node, have map[string]int, do func(name string, k, v *yaml.Node)) {
	from := resolve(n)
	switch from.Kind {
	case yaml.SequenceNode:
		for _, one := range from.Content {
			if resolve(one).Kind == yaml.MappingNode {
				r.merge(key, one, have, do)
			}
		}
		return
	case yaml.MappingNode:
	default:
		r.refuse(placeOf(n), key, "<< wants an alias of keys and values, got %s", describe(from))
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
		name := resolve(k)
		switch {
		case k.ShortTag() == "!!merge":
			r.merge(key, v, have, do)
		case name.Kind == yaml.ScalarNode && have[name.Value] == 0:
			have[name.Value] = max(1, k.Line)
			do(name.Value, k, v)
		}
	}
}

// scalar gives a value's text as it is written. A number or a word such as
// true is text too where text is wanted, exactly as it stands in the file.
func (r *reader) scalar(key string, n *yaml.Node) (string, bool) {
	v := resolve(n)
	switch tag := v.ShortTag(); {
	case v.Kind != yaml.ScalarNode:
		r.refuse(placeOf(n), key, "want text, got %s", describe(v))
	case tag == "!!null":
		r.refuse(placeOf(n), key, "is empty; fill it or remove it")
	case !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!timestamp"}, tag):
		r.refuse(placeOf(n), key, "YAML tag %s is not understood here", tag)
	case strings.ContainsRune(v.Value, 0):
		r.refuse(placeOf(n), key, "holds a zero byte")
	default:
		return v.Value, true
	}
	return "", false
}

// text reads a text that must not be empty and must pass the checks.
func (r *reader) text(to *string, checks ...check) read {
	return func(key string, n *yaml.Node) {
		if value, ok := r.scalar(key, n); ok {
			*to = value
			r.try(key, n, value, checks)
		}
	}
}

func (r *reader) try(key string, n *yaml.Node, value string, checks []check) {
	if strings.TrimSpace(value) == "" {
		r.refuse(placeOf(n), key, "is empty; fill it or remove it")
		return
	}
	for _, wrong := range checks {
		if text := wrong(value); text != "" {
			r.refuse(placeOf(n), key, "%s", text)
			return
		}
	}
}

// list reads texts; each must pass the checks.
func (r *reader) list(to *[]string, checks ...check) read {
	return func(key string, n *yaml.Node) {
		seq := resolve(n)
		if seq.Kind != yaml.SequenceNode {
			r.refuse(placeOf(n), key, "want a list such as [a, b], got %s", describe(seq))
			return
		}
		if len(seq.Content) == 0 {
			r.refuse(placeOf(n), key, "is empty; fill it or remove it")
		}
		for i, item := range seq.Content {
			full := indexed(key, i)
			if value, ok := r.scalar(full, item); ok {
				r.at[full] = placeOf(item)
				*to = append(*to, value)
				r.try(full, item, value, checks)
			}
		}
	}
}

// table reads names and their texts; a value may be empty unless a check says
// otherwise.
func (r *reader) table(to *map[string]string, name check, value ...check) read {
	return func(key string, n *yaml.Node) {
		*to = map[string]string{}
		r.pairs(key, n, func(k string, at, v *yaml.Node) {
			full := join(key, k)
			r.at[full] = placeOf(v)
			if text := name(k); text != "" {
				r.refuse(placeOf(at), full, "%s", text)
			}
			if text, ok := r.scalar(full, v); ok {
				(*to)[k] = text
				if len(value) > 0 {
					r.try(full, v, text, value)
				}
			}
		})
	}
}

// truth reads true or false.
func (r *reader) truth(to *bool) read {
	return func(key string, n *yaml.Node) {
		v := resolve(n)
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!bool" {
			r.refuse(placeOf(n), key, "want true or false, got %s", describe(v))
			return
		}
		*to = v.Value == "true" || v.Value == "True" || v.Value == "TRUE"
	}
}

// number reads a whole number between the bounds.
func (r *reader) number(to *int, least, most int) read {
	return func(key string, n *yaml.Node) {
		v := resolve(n)
		i, err := strconv.Atoi(v.Value)
		if v.Kind != yaml.ScalarNode || err != nil {
			r.refuse(placeOf(n), key, "want a whole number, got %s", describe(v))
			return
		}
		if i < least || i > most {
			r.refuse(placeOf(n), key, "want a number from %d to %d", least, most)
			return
		}
		*to = i
	}
}

// duration reads a length of time such as 5m.
func (r *reader) duration(to *time.Duration) read {
	return func(key string, n *yaml.Node) {
		value, ok := r.scalar(key, n)
		if !ok {
			return
		}
		d, text := parseDuration(value)
		if text != "" {
			r.refuse(placeOf(n), key, "%s", text)
			return
		}
		*to = d
	}
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// describe says what kind of value stands there; long or multi-line text is
// cut, since a mistyped file may hold anything.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	return quote(n.Value)
}

func quote(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return strconv.Quote(text)
}

func indexed(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

// unknownKey says what could have been meant: the nearest key of the section,
// else the same key of another one.
func unknownKey(section, name string, known []string) string {
	if suffix := nearest.Suffix(name, known); suffix != "" {
		return "unknown key" + suffix
	}
	for _, full := range allKeys() {
		if full == name || strings.HasSuffix(full, "."+name) {
			return "unknown key, did you mean " + full + "?"
		}
	}
	if section == "" {
		return "unknown key, known are " + strings.Join(known, ", ")
	}
	return "unknown key, " + section + " has " + strings.Join(known, ", ")
}
