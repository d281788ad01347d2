package pipeline

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// schemaKeys lists the dotted keys of the sections that a schema describes.
func schemaKeys(prefix string, schema map[string]any) []string {
	var keys []string
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		full := strings.TrimPrefix(prefix+"."+name, ".")
		keys = append(keys, full)
		if section, ok := properties[name].(map[string]any); ok {
			keys = append(keys, schemaKeys(full, section)...)
		}
	}
	return keys
}

func readSchema(t *testing.T) (map[string]any, *jsonschema.Schema) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("pipeline.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("pipeline.json")
	if err != nil {
		t.Fatal(err)
	}
	text, ok := document.(map[string]any)
	if !ok {
		t.Fatalf("the schema is a %T", document)
	}
	return text, schema
}

func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return schema.Validate(value)
}

func TestTheSchemaHasTheKeysOfConfig(t *testing.T) {
	document, _ := readSchema(t)
	got, want := schemaKeys("", document), allKeys()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("schema has\n%v\nConfig has\n%v", got, want)
	}
	if text := string(Schema()); strings.Contains(text, `"description": ""`) {
		t.Error("a key has no description")
	}
}

func TestTheSchemaAcceptsWhatLoadAccepts(t *testing.T) {
	_, schema := readSchema(t)
	examples, err := filepath.Glob("../examples/*/pipeline.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	texts := map[string]string{
		"minimal":    minimal,
		"image only": "name: orders\nversion: {git: tag}\nimage: {repository: r.example.com/x, secrets: {npm: NPM_TOKEN}, args: {N: 1, B: true}}\n",
		"a number":   "name: orders\nversion: 1.4\n",
		"layers":     "name: a\nimage: {repository: r.example.com/x, mode: layers, base: r.example.com/java:21, jvmArgs: [-Xmx1g]}\n",
		"durations":  "name: a\noracle: {image: a/b:1, timeout: 1h30m}\nbuild: {test: x, timeout: 90.5s}\n",
	}
	for _, file := range examples {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for name, text := range texts {
		if _, faults := parse("pipeline.yaml", []byte(text)); len(faults) > 0 {
			t.Errorf("%s: Load: %v", name, faults)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaRefusesWhatLoadRefuses(t *testing.T) {
	_, schema := readSchema(t)
	for name, text := range map[string]string{
		"unknown section":  minimal + "stages: []\n",
		"unknown key":      strings.Replace(minimal, "  test:", "  tset:", 1),
		"upper case":       strings.Replace(minimal, "name: orders", "name: Orders", 1),
		"text for a list":  strings.Replace(minimal, "oracle:", "oracle:\n  init: db/init", 1),
		"unknown snapshot": strings.Replace(minimal, "oracle:", "oracle:\n  snapshot: always", 1),
		"no unit":          strings.Replace(minimal, "oracle:", "oracle:\n  timeout: '300'", 1),
		"too many shards":  strings.Replace(minimal, "oracle:", "oracle:\n  shards: 65", 1),
		"absolute path":    strings.Replace(minimal, "image:\n  rep", "image:\n  context: /src\n  rep", 1),
		"a secret itself":  minimal + "registry: {userEnv: u, passwordEnv: 's3cret!pass'}\n",
		"two versions":     minimal + "version: {file: pom.xml, git: tag}\n",
		"empty command":    minimal + "deploy: {command: []}\n",
	} {
		if _, faults := parse("pipeline.yaml", []byte(text)); len(faults) == 0 {
			t.Errorf("%s: Load accepts it", name)
		}
		if err := validate(t, schema, text); err == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}
