//go:build integration

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/registry"
)

// builtBy gives a folder that is as the numbered build of a version has left
// it, after its tests: only the push is missing.
func (p *testProject) builtBy(t *testing.T, eng *engine.Engine, number int) *testProject {
	t.Helper()
	ref := fmt.Sprintf("%s/shop/orders:1.4.2-%d", p.registry.Host, number)
	files, err := imagebuild.OpenContext(p.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	image, err := imagebuild.Build(t.Context(), eng, imagebuild.Request{
		Context: files, Tag: ref, SharedKey: "pipeline-test-race", Labels: map[string]string{
			registry.RevisionLabel: fmt.Sprintf("%040d", number), registry.VersionLabel: "1.4.2",
			registry.BuildLabel: fmt.Sprintf("SHOP-ORDERS-%d", number),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.UntagImage(context.WithoutCancel(t.Context()), image.ID, ref) })
	clone := &testProject{dir: t.TempDir(), registry: p.registry}
	settings, err := os.ReadFile(filepath.Join(p.dir, "pipeline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	clone.write(t, map[string]string{
		"pipeline.yaml": string(settings),
		".pipeline/state/image.json": fmt.Sprintf(`{"imageId":%q,"release":{"schema":1,"name":"orders","version":"1.4.2","repository":%q,
			"tag":"1.4.2-%d","platform":"linux/amd64","revision":"%040d","tests":{"tree":"%040d"},"tested":true,"tool":"pipeline test"}}`,
			image.ID, p.registry.Host+"/shop/orders", number, number, number),
	})
	return clone
}

// TestOfTwentyProcessesOneGivesTheReleaseItsTag lets twenty builds of one
// version, each pushed under its own number, release it at the same moment.
func TestOfTwentyProcessesOneGivesTheReleaseItsTag(t *testing.T) {
	const builds = 20
	eng, err := engine.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	p, started := newProject(t, nil), time.Now()
	projects := make([]*testProject, builds)
	for n := range projects {
		projects[n] = p.builtBy(t, eng, n)
	}
	t.Logf("built after %v", time.Since(started).Round(time.Millisecond))
	type ended struct {
		n, status int
		text      string
	}
	results := make(chan ended)
	for n, p := range projects {
		go func() {
			cmd := exec.Command("pipeline", "-C", p.dir, "image", "push", "--final")
			cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
			out, _ := cmd.CombinedOutput()
			results <- ended{n, cmd.ProcessState.ExitCode(), string(out)}
		}()
	}
	winners, losers := []int{}, map[int]string{}
	for range projects {
		switch r := <-results; r.status {
		case 0:
			winners = append(winners, r.n)
		case 3:
			losers[r.n] = r.text
		default:
			t.Errorf("build %d: exit status %d\n%s", r.n, r.status, r.text)
		}
	}
	t.Logf("pushed after %v", time.Since(started).Round(time.Millisecond))
	if len(winners) != 1 || len(losers) != builds-1 {
		t.Fatalf("winners %v, %d losers", winners, len(losers))
	}
	digest := func(tag string) string { return p.registry.Digest(t, "shop/orders", tag) }
	won := winners[0]
	holds := digest("1.4.2")
	if holds != digest(fmt.Sprintf("1.4.2-%d", won)) || holds == "" {
		t.Errorf("the tag holds %s, which is not build %d", holds, won)
	}
	for n, text := range losers {
		for _, want := range []string{
			"1.4.2 exists already with digest " + holds, fmt.Sprintf("build SHOP-ORDERS-%d)", won),
			"ours is " + digest(fmt.Sprintf("1.4.2-%d", n)),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("build %d does not say %q:\n%s", n, want, text)
			}
		}
	}
}
