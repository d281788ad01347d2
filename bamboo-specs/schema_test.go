package bamboospecs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// checkPublic holds every document to the schema that editors use; see
// testdata/README.md.
func checkPublic(t *testing.T, text []byte) error {
	t.Helper()
	raw, err := os.ReadFile("testdata/bamboo-spec.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("bamboo-spec.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("bamboo-spec.json")
	if err != nil {
		t.Fatal(err)
	}
	var faults error
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var one any
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return faults
		}
		if err != nil {
			return errors.Join(faults, err)
		}
		faults = errors.Join(faults, schema.Validate(one))
	}
}

func TestThePublicSchemaAcceptsOurPlanAndRefusesAWrongType(t *testing.T) {
	text, err := os.ReadFile("bamboo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPublic(t, text); err != nil {
		t.Error(err)
	}
	wrong := strings.Replace(string(text), "after-deleted-days: 7", "after-deleted-days: soon", 1)
	if wrong == string(text) || checkPublic(t, []byte(wrong)) == nil {
		t.Error("a word for a number passed")
	}
}
