//go:build integration

package imagebuild_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/internal/engine"
)

func TestOddFilesInTheContextAreNoTrouble(t *testing.T) {
	p := newProject(t, "FROM scratch\nCOPY . /context\nCOPY sh /bin/sh\nRUN cat:/context/text cat:/context/empty cat:/context/broken cat:/context/socket\n")
	dir := p.dir
	write(t, filepath.Join(dir, "text"), "content")
	write(t, filepath.Join(dir, "empty"), "")
	holes := filepath.Join(dir, "holes")
	write(t, holes, "")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = errors.Join(
		os.Truncate(holes, 64<<20), syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
		os.Symlink("nowhere", filepath.Join(dir, "broken")), os.Symlink("round", filepath.Join(dir, "round")),
	)
	if err != nil {
		t.Fatal(err)
	}
	image := p.build(t)
	log := p.log.String()
	for _, want := range []string{
		"/context/text has content <nil>", "/context/empty has  <nil>",
		"open /context/broken: no such file", "open /context/socket: no such file",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the build does not say %q:\n%s", want, log)
		}
	}
	if size := image.Parts[0].Size; image.Parts[0].Name != "COPY . /context" || size < 64<<20 {
		t.Errorf("the first part is %+v, want the context with its file of holes", image.Parts[0])
	}
}

func TestPruneTakesOurOwnImagesAlone(t *testing.T) {
	repository := fmt.Sprintf("pipeline-test-prune-%d", time.Now().UnixNano())
	p := newProject(t, "FROM scratch\nCOPY text /text\n")
	build := func(label, tag string) string {
		write(t, filepath.Join(p.dir, "text"), label+tag)
		p.req.Labels[engine.LabelImage], p.req.Tag = label, repository+":"+tag
		id := p.build(t).ID
		t.Cleanup(func() { _ = p.eng.UntagImage(context.WithoutCancel(t.Context()), id, repository+":"+tag) })
		return id
	}
	ours, named, other := build(repository, "1"), build(repository, "2"), build("another", "3")
	if _, err := p.eng.TagImage(t.Context(), named, repository+"-mine:1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.eng.UntagImage(context.WithoutCancel(t.Context()), named, repository+"-mine:1") })
	if err := p.eng.NoteBuild(t.Context(), ours, repository+":1"); err != nil {
		t.Fatal(err)
	}
	images, err := p.eng.BuiltImages(t.Context(), repository)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, image := range images {
		ids = append(ids, image.ID)
	}
	if !slices.Equal(ids, []string{ours, named}) {
		t.Errorf("images of the repository are %v, want %s, which was built again, and %s", ids, ours, named)
	}
	if err := p.eng.RemoveBuilt(t.Context(), repository, other); err == nil {
		t.Error("another project's image was removed")
	}
	if err := p.eng.RemoveBuilt(t.Context(), repository, named); !errors.Is(err, engine.ErrInUse) {
		t.Errorf("an image with a name of somebody's own: %v, want ErrInUse", err)
	}
	if err := p.eng.RemoveBuilt(t.Context(), repository, ours); err != nil {
		t.Errorf("our own: %v", err)
	}
	for id, stays := range map[string]bool{ours: false, named: true, other: true} {
		if _, err := p.eng.Image(t.Context(), id); (err == nil) != stays {
			t.Errorf("image %s: %v, want it to stay: %t", id, err, stays)
		}
	}
}
