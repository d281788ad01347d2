// Package docs holds decisions that need more than a package comment, and the
// check that what the pages say can be typed as it stands.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/pipeline"
)

func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"../*.md", "*.md", "../examples/*/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(text)
		}
	}
	return found
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for page, text := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(link[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

func TestEveryMakeTargetThatIsNamedExists(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for page, text := range pages(t) {
		for _, target := range regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+target[1]+":") {
				t.Errorf("%s: make %s is not there", page, target[1])
			}
		}
	}
}

func TestEveryWholePipelineYAMLIsSound(t *testing.T) {
	found := 0
	for page, text := range pages(t) {
		for _, block := range regexp.MustCompile("(?s)```yaml\n(name:.*?)```").FindAllStringSubmatch(text, -1) {
			found++
			path := filepath.Join(t.TempDir(), "pipeline.yaml")
			if err := os.WriteFile(path, []byte(block[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := pipeline.Load(path); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if found == 0 {
		t.Error("no page shows a whole pipeline.yaml")
	}
}

func TestTheExamplesPipelineYAMLIsSound(t *testing.T) {
	if _, err := pipeline.Load("../examples/orders/pipeline.yaml"); err != nil {
		t.Error(err)
	}
}
