package strictyaml

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

var wordsPattern = regexp.MustCompile(`^\s*(\d+)\s*([A-Za-z]+)\s*$`)

// Scalar gives a value's text as it is written. A number or a word such as
// true is text too where text is wanted, exactly as it stands in the file.
func (r *Reader) Scalar(key string, n *yaml.Node) (string, bool) {
	v := Resolve(n)
	switch tag := v.ShortTag(); {
	case v.Kind != yaml.ScalarNode:
		r.refuse(placeOf(n), key, "want text, got %s", Describe(v))
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

// Text reads a text that must not be empty and must pass the checks.
func (r *Reader) Text(to *string, checks ...Check) Read {
	return func(key string, n *yaml.Node) {
		if value, ok := r.Scalar(key, n); ok {
			*to = value
			r.try(key, n, value, checks)
		}
	}
}

func (r *Reader) try(key string, n *yaml.Node, value string, checks []Check) {
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

// List reads texts; each must pass the checks.
func (r *Reader) List(to *[]string, checks ...Check) Read {
	return func(key string, n *yaml.Node) {
		r.Items(key, n, "[a, b]", func(full string, item *yaml.Node) {
			if value, ok := r.Scalar(full, item); ok {
				r.at[full] = placeOf(item)
				*to = append(*to, value)
				r.try(full, item, value, checks)
			}
		})
	}
}

// Items calls do for every item of a list; example is how one may look.
func (r *Reader) Items(key string, n *yaml.Node, example string, do Read) {
	seq := Resolve(n)
	if seq.Kind != yaml.SequenceNode {
		r.refuse(placeOf(n), key, "want a list such as %s, got %s", example, Describe(seq))
		return
	}
	if len(seq.Content) == 0 {
		r.refuse(placeOf(n), key, "is empty; fill it or remove it")
	}
	for i, item := range seq.Content {
		do(Indexed(key, i), item)
	}
}

// Table reads names and their texts; a value may be empty unless a check says
// otherwise.
func (r *Reader) Table(to *map[string]string, name Check, value ...Check) Read {
	return func(key string, n *yaml.Node) {
		*to = map[string]string{}
		r.Pairs(key, n, func(k string, at, v *yaml.Node) {
			full := Join(key, k)
			r.at[full] = placeOf(v)
			if text := name(k); text != "" {
				r.refuse(placeOf(at), full, "%s", text)
			}
			if text, ok := r.Scalar(full, v); ok {
				(*to)[k] = text
				if len(value) > 0 {
					r.try(full, v, text, value)
				}
			}
		})
	}
}

// Truth reads true or false.
func (r *Reader) Truth(to *bool) Read {
	return func(key string, n *yaml.Node) {
		v := Resolve(n)
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!bool" {
			r.refuse(placeOf(n), key, "want true or false, got %s", Describe(v))
			return
		}
		*to = v.Value == "true" || v.Value == "True" || v.Value == "TRUE"
	}
}

// Number reads a whole number between the bounds.
func (r *Reader) Number(to *int, least, most int) Read {
	return func(key string, n *yaml.Node) {
		v := Resolve(n)
		i, err := strconv.Atoi(v.Value)
		if v.Kind != yaml.ScalarNode || err != nil {
			r.refuse(placeOf(n), key, "want a whole number, got %s", Describe(v))
			return
		}
		if i < least || i > most {
			r.refuse(placeOf(n), key, "want a number from %d to %d", least, most)
			return
		}
		*to = i
	}
}

// Duration reads a length of time such as 5m.
func (r *Reader) Duration(to *time.Duration) Read {
	return func(key string, n *yaml.Node) {
		value, ok := r.Scalar(key, n)
		if !ok {
			return
		}
		d, text := ParseDuration(value)
		if text != "" {
			r.refuse(placeOf(n), key, "%s", text)
			return
		}
		*to = d
	}
}

// Describe says what kind of value stands there; long or multi-line text is
// cut, since a mistyped file may hold anything.
func Describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	return Quote(n.Value)
}

// Quote quotes a text, cut when it is long: a mistyped file may hold anything.
func Quote(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return strconv.Quote(text)
}

// ParseDuration reads 90s, 5m or 1h30m, and tells how to write what it cannot.
func ParseDuration(text string) (time.Duration, string) {
	d, err := time.ParseDuration(text)
	switch {
	case err == nil && d <= 0:
		return 0, "must be longer than nothing"
	case err == nil:
		return d, ""
	}
	if words := wordsPattern.FindStringSubmatch(text); words != nil {
		if unit := unitOf(words[2]); unit != "" {
			return 0, fmt.Sprintf("%s is no duration, write %s%s", Quote(text), words[1], unit)
		}
	}
	if strings.Trim(text, "0123456789") == "" {
		return 0, fmt.Sprintf("%s has no unit, write %ss or %sm", text, text, text)
	}
	return 0, Quote(text) + " is no duration, write such as 90s, 5m or 1h30m"
}

// unitOf gives the unit that a word for it stands for.
func unitOf(word string) string {
	word = strings.ToLower(word)
	for unit, start := range map[string]string{"s": "sec", "m": "min", "h": "hour"} {
		if word == unit || strings.HasPrefix(word, start) {
			return unit
		}
	}
	if word == "hr" || word == "hrs" {
		return "h"
	}
	return ""
}
