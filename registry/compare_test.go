package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// built is an image of one layer with these files, made by one step.
func built(t *testing.T, labels map[string]string, files ...tar.Header) v1.Image {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, head := range files {
		content := head.Uname // carries the content, and is no part of the layer
		head.Uname, head.Size = "", int64(len(content))
		if err := w.WriteHeader(&head); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "COPY app /"}})
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func file(name, content string, mode int64) tar.Header {
	return tar.Header{Name: name, Mode: mode, Typeflag: tar.TypeReg, Uname: content, ModTime: time.Unix(1_000_000_000, 0)}
}

func TestCompareNamesTheFilesThatDiffer(t *testing.T) {
	one := map[string]string{"version": "1"}
	published := built(t, one, file("app", "same", 0o755), file("etc/conf", "a=1", 0o644))
	owned := file("app", "same", 0o755)
	owned.Uid = 7
	tests := map[string]struct {
		again  v1.Image
		files  []FileDifference
		config []string
	}{
		"the same": {again: built(t, one, file("app", "same", 0o755), file("etc/conf", "a=1", 0o644))},
		"the same in another order": {
			again: built(t, one, file("etc/conf", "a=1", 0o644), file("app", "same", 0o755)),
		},
		"content": {
			again: built(t, one, file("app", "other", 0o755), file("etc/conf", "a=1", 0o644)),
			files: []FileDifference{{"/app", "content (4 and 5 bytes)"}},
		},
		"mode and owner": {
			again: built(t, one, owned, file("etc/conf", "a=1", 0o600)),
			files: []FileDifference{{"/app", "owner (0:0 and 7:0)"}, {"/etc/conf", "mode (0644 and 0600)"}},
		},
		"missing and new": {
			again: built(t, one, file("app", "same", 0o755), file("etc/new", "", 0o644)),
			files: []FileDifference{{"/etc/conf", "only in the release"}, {"/etc/new", "only in what was built again"}},
		},
		"configuration": {
			again:  built(t, map[string]string{"version": "2"}, file("app", "same", 0o755), file("etc/conf", "a=1", 0o644)),
			config: []string{"config.Labels"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := s.open(t, "", "")
			got, err := r.Compare(t.Context(), s.put(t, "1.4.2", published), tt.again, time.Unix(1_000_000_000, 0))
			if err != nil {
				t.Fatal(err)
			}
			want := Comparison{Config: tt.config}
			if tt.files != nil {
				want.Layers = []LayerDifference{{Index: 0, Step: "COPY app /", Files: tt.files}}
			}
			if got.Equal() != want.Equal() || !reflect.DeepEqual(got.Layers, want.Layers) || len(got.Config) != len(want.Config) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if len(want.Config) > 0 && got.Config[0] != want.Config[0] {
				t.Errorf("got %v, want %v", got.Config, want.Config)
			}
		})
	}
}

func TestCompareTellsWhatItCouldNotRead(t *testing.T) {
	s := newServer(t)
	r := s.open(t, "", "")
	published := built(t, nil, file("app", "same", 0o755))
	digest := s.put(t, "1.4.2", published)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if _, err := r.Compare(ctx, digest, published, time.Time{}); !errors.Is(err, stopped) && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the interrupt", err)
	}
	if _, err := r.Compare(t.Context(), "sha256:"+string(bytes.Repeat([]byte{'0'}, 64)), published, time.Time{}); err == nil {
		t.Error("an image that is not there compares")
	}
}
