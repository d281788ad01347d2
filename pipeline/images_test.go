package pipeline

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
)

func TestFinalTagsAreForFinishedVersionsAlone(t *testing.T) {
	tests := map[string]struct {
		built candidate
		want  string
	}{
		"finished": {candidate{Release: registry.Release{Version: "1.4.2", Tested: true}}, ""},
		"dirty":    {candidate{Release: registry.Release{Version: "1.4.2", Tested: true, Dirty: true}}, "not committed"},
		"snapshot": {candidate{Snapshot: true, Release: registry.Release{Version: "1.4.2", Tested: true}}, "1.4.2-SNAPSHOT is no finished version"},
		"untested": {candidate{Release: registry.Release{Version: "1.4.2"}}, "--allow-untested"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := mayBeFinal(tt.built)
			if !strings.Contains(errorText(err), tt.want) || (err == nil) != (tt.want == "") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTheBuiltImageIsReadBackOrRefused(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"none":     {"", "no image was built in this folder yet"},
		"sound":    {`{"imageId":"sha256:1","release":{"version":"1.4.2"}}`, ""},
		"cut off":  {`{"imageId":"sha2`, "image.json is damaged"},
		"no image": {`{}`, "image.json is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newRun(t, Config{})
			if tt.text != "" {
				if err := os.WriteFile(r.dir.State(builtFile), []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			built, err := r.lastBuilt()
			if tt.want == "" && (err != nil || built.Release.Version != "1.4.2") {
				t.Errorf("got %+v, %v", built, err)
			}
			if _, usage := errors.AsType[*UsageError](err); tt.want != "" && (!usage || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want a usage error with %q", err, tt.want)
			}
		})
	}
}

func TestTheDeployCommandGetsTheRelease(t *testing.T) {
	r, _ := newRun(t, Config{Deploy: DeployConfig{Command: []string{"deploy", "--release={release}", "{image}", "{tag}", "{other}"}}})
	release := registry.Release{Repository: "registry.example.com/shop/orders", Tag: "1.4.2-7", Digest: "sha256:1"}
	got := strings.Join(r.deployCommand(release), " ")
	want := "deploy --release=" + r.dir.Out(ReleaseFile) + " registry.example.com/shop/orders@sha256:1 1.4.2-7 {other}"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDeployWithoutAReleaseSaysHowToGetOne(t *testing.T) {
	r, _ := newRun(t, Config{})
	_, err := r.published(t.Context())
	if _, usage := errors.AsType[*UsageError](err); !usage || !strings.Contains(err.Error(), "pipeline run --stage=image") {
		t.Errorf("got %v", err)
	}
}

func TestForgettingADatabaseRemovesAllThatTellsOfIt(t *testing.T) {
	r, _ := newRun(t, Config{})
	for _, name := range []string{"oracle.properties", "oracle.env", runIDFile} {
		if err := os.WriteFile(r.dir.State(name), []byte("no-such-run\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time nothing is there
		if err := forget(t.Context(), r.dir.State("")); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(r.dir.State(""))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
