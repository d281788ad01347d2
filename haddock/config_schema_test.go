package haddock

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/strictyaml"
)

// keysOf lists the keys of a schema as strictyaml.Keys does.
func keysOf(n map[string]any) []string {
	var keys []string
	if choices, ok := n["anyOf"].([]any); ok {
		for _, one := range choices {
			keys = append(keys, keysOf(one.(map[string]any))...)
		}
	}
	if more, ok := n["additionalProperties"].(map[string]any); ok {
		for _, key := range keysOf(more) {
			keys = append(keys, strictyaml.Join("<name>", key))
		}
	}
	properties, _ := n["properties"].(map[string]any)
	for name, value := range properties {
		keys = append(keys, name)
		for _, key := range keysOf(value.(map[string]any)) {
			keys = append(keys, strictyaml.Join(name, key))
		}
	}
	return keys
}

func TestTheSchemaHasEveryKey(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	got, want := keysOf(root), form().Keys
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, part := range []string{`"default 5m; the last step, 100, has none"`, `"const": "off"`, `^never$|^(`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
}
