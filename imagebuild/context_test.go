package imagebuild_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/haddock-ci/pipeline/imagebuild"
)

// tree writes files; a text that begins with -> makes a link, a name that ends
// with / a folder, and one that ends with * a program.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, strings.TrimSuffix(name, "*"))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		case strings.HasPrefix(text, "->"):
			err = os.Symlink(strings.TrimPrefix(text, "->"), path)
		case strings.HasSuffix(name, "*"):
			err = os.WriteFile(path, []byte(text), 0o755)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func hash(t *testing.T, dir, dockerfile string) (string, map[string]string) {
	t.Helper()
	c, err := imagebuild.OpenContext(dir, dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	sum, paths, err := c.Hash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum, paths
}

func TestTheContextIsWhatTheIgnoreFileLeaves(t *testing.T) {
	base := map[string]string{
		"Dockerfile": "FROM scratch\n", "main.go": "m", "target/app.jar": "j", "target/classes/A.class": "a",
		"docs/a.md": "a", "docs/keep.md": "k", ".pipeline/state/oracle.env": "secret", "sub/.pipeline/x": "x",
		".git/HEAD": "ref", "empty/": "",
	}
	all := []string{
		"Dockerfile", "docs", "docs/a.md", "docs/keep.md", "empty", "main.go", "sub", "target", "target/app.jar",
		"target/classes", "target/classes/A.class",
	}
	for name, c := range map[string]struct {
		ignore, own string
		want        []string
	}{
		"nothing ignored": {"", "", all},
		"a folder":        {"target\n", "", []string{"Dockerfile", "docs", "docs/a.md", "docs/keep.md", "empty", "main.go", "sub"}},
		"an exception": {
			"# a comment\ntarget/*\n!target/app.jar\ndocs/*.md\n!docs/keep.md\n", "",
			[]string{"Dockerfile", "docs", "docs/keep.md", "empty", "main.go", "sub", "target", "target/app.jar"},
		},
		"all but one":             {"*\n!target/app.jar\n", "", []string{"Dockerfile", "target", "target/app.jar"}},
		"the Dockerfile's own":    {"*\n", "**\n!main.go\n", []string{"Dockerfile", "main.go"}},
		"ours cannot be had back": {"!.pipeline\n!**/.pipeline/**\n", "", all},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(base)
			if c.ignore != "" {
				files[".dockerignore"] = c.ignore
			}
			if c.own != "" {
				files["Dockerfile.dockerignore"] = c.own
			}
			_, paths := hash(t, tree(t, files), "")
			delete(paths, ".dockerignore")
			delete(paths, "Dockerfile.dockerignore")
			if got := slices.Sorted(maps.Keys(paths)); !slices.Equal(got, c.want) {
				t.Errorf("paths = %q\nwant    %q", got, c.want)
			}
		})
	}
}

func TestWhatChangesTheHash(t *testing.T) {
	files := map[string]string{
		"Dockerfile": "FROM scratch\n", "a.txt": "AAAA", "run.sh*": "#!/bin/sh\n", "link": "->a.txt", "ignored.log": "1", "empty/": "",
		".dockerignore": "*.log\n", ".git/index": "1",
	}
	at := time.Unix(1600000000, 0)
	for name, c := range map[string]struct {
		change func(dir string) error
		path   string // that differs; empty: nothing does
		how    string
	}{
		"a bare touch":        {func(d string) error { return os.Chtimes(filepath.Join(d, "a.txt"), at, at) }, "", ""},
		"a stricter umask":    {func(d string) error { return os.Chmod(filepath.Join(d, "a.txt"), 0o600) }, "", ""},
		"an ignored file":     {func(d string) error { return os.WriteFile(filepath.Join(d, "ignored.log"), []byte("2"), 0o644) }, "", ""},
		"git's own files":     {func(d string) error { return os.WriteFile(filepath.Join(d, ".git/index"), []byte("2"), 0o644) }, "", ""},
		"a hard link instead": {func(d string) error { return os.Link(filepath.Join(d, "a.txt"), filepath.Join(d, "ignored2.log")) }, "", ""},
		"one byte":            {func(d string) error { return os.WriteFile(filepath.Join(d, "a.txt"), []byte("AAAB"), 0o644) }, "a.txt", "has changed"},
		"the x bit":           {func(d string) error { return os.Chmod(filepath.Join(d, "run.sh"), 0o644) }, "run.sh", "has changed"},
		"the Dockerfile":      {func(d string) error { return os.WriteFile(filepath.Join(d, "Dockerfile"), []byte("FROM b\n"), 0o644) }, "Dockerfile", "has changed"},
		"a new file":          {func(d string) error { return os.WriteFile(filepath.Join(d, "b.txt"), nil, 0o644) }, "b.txt", "is new"},
		"a new empty folder":  {func(d string) error { return os.Mkdir(filepath.Join(d, "dir"), 0o755) }, "dir", "is new"},
		"a file that is gone": {func(d string) error { return os.Remove(filepath.Join(d, "a.txt")) }, "a.txt", "is gone"},
		"where a link points": {func(d string) error {
			return errors.Join(os.Remove(filepath.Join(d, "link")), os.Symlink("run.sh", filepath.Join(d, "link")))
		}, "link", "has changed"},
		"a link that points nowhere": {func(d string) error { return os.Symlink("nowhere", filepath.Join(d, "broken")) }, "broken", "is new"},
		"a file for a folder": {func(d string) error {
			return errors.Join(os.Remove(filepath.Join(d, "empty")), os.WriteFile(filepath.Join(d, "empty"), nil, 0o644))
		}, "empty", "has changed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, files)
			sum, before := hash(t, dir, "")
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			again, after := hash(t, dir, "")
			path, how := firstDifference(before, after)
			if path != c.path || how != c.how || (sum == again) != (c.path == "") {
				t.Errorf("%q %s, want %q %s; hashes %s, %s", path, how, c.path, c.how, sum, again)
			}
		})
	}
}

// firstDifference names the file that differs first between two results of
// Hash, in the order of their paths, and how. Both are empty when none does.
func firstDifference(before, after map[string]string) (path, how string) {
	for p, hash := range after {
		switch old, ok := before[p]; {
		case old == hash, path != "" && path < p:
		case !ok:
			path, how = p, "is new"
		default:
			path, how = p, "has changed"
		}
	}
	for p := range before {
		if _, ok := after[p]; !ok && (path == "" || p < path) {
			path, how = p, "is gone"
		}
	}
	return path, how
}

func TestTwoClonesHaveOneHash(t *testing.T) {
	files := map[string]string{"Dockerfile": "FROM scratch\n", "a/b/c": "1", "run*": "2"}
	one, _ := hash(t, tree(t, files), "")
	old := syscall.Umask(0o077)
	two, _ := hash(t, tree(t, files), "")
	syscall.Umask(old)
	if one != two || !strings.HasPrefix(one, "sha256:") {
		t.Errorf("%s and %s", one, two)
	}
}

// The proof may ask for the hash while it is being made ahead of it.
func TestAContextIsHashedTwiceAtOnce(t *testing.T) {
	dir := tree(t, map[string]string{
		"Dockerfile": "FROM scratch\n", ".dockerignore": "*.log\nb?\n!b2\n**/x[yz]\n", "a.log": "1", "b1": "2", "b2": "3", "c/xy": "4", "c/w": "5",
	})
	c, err := imagebuild.OpenContext(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	var sums [4]string
	var all sync.WaitGroup
	for i := range sums {
		all.Go(func() {
			var paths map[string]string
			var err error
			if sums[i], paths, err = c.Hash(t.Context()); err != nil || len(paths) != 5 {
				t.Errorf("%v, %v", paths, err)
			}
		})
	}
	all.Wait()
	if want, _ := hash(t, dir, ""); sums != [4]string{want, want, want, want} {
		t.Errorf("%v, want %s", sums, want)
	}
}

func TestADockerfileOutsideTheContextCounts(t *testing.T) {
	dir := tree(t, map[string]string{"a": "1"})
	outside := filepath.Join(tree(t, map[string]string{"Recipe": "FROM scratch\n", "Recipe.dockerignore": "b\n"}), "Recipe")
	_, before := hash(t, dir, outside)
	if err := os.WriteFile(outside, []byte("FROM scratch\nCOPY a /\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, after := hash(t, dir, outside)
	if path, how := firstDifference(before, after); path != "Dockerfile" || how != "has changed" || len(after) != 2 {
		t.Errorf("%q %s in %v", path, how, after)
	}
}

func TestSocketsAndPipesAreNotSent(t *testing.T) {
	dir := tree(t, map[string]string{"Dockerfile": "FROM scratch\n", "zero": ""})
	t.Chdir(dir) // the path of a socket is short
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := syscall.Mkfifo("pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	_, paths := hash(t, dir, "")
	if got := slices.Sorted(maps.Keys(paths)); !slices.Equal(got, []string{"Dockerfile", "zero"}) {
		t.Errorf("paths = %q", got)
	}
}

func TestAContextThatCannotBeUsed(t *testing.T) {
	dir := tree(t, map[string]string{"Dockerfile": "FROM scratch\n", "bad/Dockerfile": "FROM scratch\n", "bad/.dockerignore": "[\n"})
	for name, c := range map[string]struct{ dir, dockerfile, want string }{
		"no folder":       {filepath.Join(dir, "nowhere"), "", "does not exist"},
		"no Dockerfile":   {t.TempDir(), "", "Dockerfile " + "/"},
		"a file":          {filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "Dockerfile"), "is not a folder"},
		"a folder for it": {dir, filepath.Join(dir, "bad"), "cannot read Dockerfile"},
		"a bad pattern":   {filepath.Join(dir, "bad"), "", ".dockerignore"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := imagebuild.OpenContext(c.dir, c.dockerfile)
			var failure *imagebuild.BuildError
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}

func TestHashEndsWithItsContext(t *testing.T) {
	c, err := imagebuild.OpenContext(tree(t, map[string]string{"Dockerfile": "FROM scratch\n"}), "")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, _, err := c.Hash(ctx); !errors.Is(err, stop) {
		t.Errorf("err = %v", err)
	}
}
