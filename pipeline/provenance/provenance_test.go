package provenance

import (
	"reflect"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
)

func TestAStatementIsReadBackAndNoOther(t *testing.T) {
	release := registry.Release{
		Name: "orders", Repository: "registry.example.com/shop/orders", Digest: "sha256:ab", Revision: "c0ffee", Tool: "pipeline 1.2",
		Database: registry.Database{Image: "gvenzl/oracle-free:23", Digest: "sha256:cd"},
	}
	statement := Of(release, "https://git.example.com/shop.git", "ef")
	attached, err := statement.Attachment()
	if err != nil {
		t.Fatal(err)
	}
	if got, known := Read(attached); !known || !reflect.DeepEqual(got, statement) {
		t.Errorf("read back: %+v, %v, want %+v", got, known, statement)
	}
	statement.Predicate.BuildDefinition.BuildType = "https://example.com/another-tool"
	foreign, err := statement.Attachment()
	if err != nil {
		t.Fatal(err)
	}
	if _, known := Read(foreign); known {
		t.Error("another tool's statement is taken for ours")
	}
	if _, known := Read(registry.Attachment{Type: media, Annotations: attached.Annotations, Data: []byte("{")}); known {
		t.Error("a damaged statement is taken for ours")
	}
}
