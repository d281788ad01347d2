package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunsWithoutAHomeStillTakeTurns(t *testing.T) {
	home, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"a cache":                     {[]string{"HOME=" + file, "XDG_CACHE_HOME=" + home}, home + "/pipeline/locks"},
		"a home":                      {[]string{"HOME=" + home}, home + "/.cache/pipeline/locks"},
		"a home that cannot be":       {[]string{"HOME=" + file}, os.TempDir() + "/pipeline-locks-"},
		"none":                        {nil, os.TempDir() + "/pipeline-locks-"},
		"one that is no whole path":   {[]string{"HOME=x"}, os.TempDir() + "/pipeline-locks-"},
		"a cache that cannot be used": {[]string{"HOME=" + home, "XDG_CACHE_HOME=" + file}, home + "/.cache/pipeline/locks"},
	} {
		r := &run{set: Settings{Environ: c.environ}}
		if got := r.locksDir(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSplitRef(t *testing.T) {
	for ref, want := range map[string][2]string{
		"1.4.2": {"", "1.4.2"}, "sha256:abc": {"", "sha256:abc"}, "@sha256:abc": {"", "sha256:abc"},
		"r:5000/shop/orders:1": {"r:5000/shop/orders", "1"}, "r:5000/shop/orders": {"r:5000/shop/orders", ""},
		"r/shop/orders@sha256:abc": {"r/shop/orders", "sha256:abc"}, "r:5000/o:1@sha256:abc": {"r:5000/o", "sha256:abc"},
	} {
		if repository, tag := splitRef(ref); repository != want[0] || tag != want[1] {
			t.Errorf("%s: %q %q", ref, repository, tag)
		}
	}
}
