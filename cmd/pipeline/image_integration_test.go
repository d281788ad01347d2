//go:build integration

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/registry"
	"github.com/haddock-ci/pipeline/registry/registrytest"
)

// A testProject is a project under git in a folder of its own, whose release
// goes to shop/orders of a real registry.
type testProject struct {
	dir      string
	registry *registrytest.Registry
}

// newProject commits the files, besides a pipeline.yaml for version 1.4.2.
func newProject(t *testing.T, files map[string]string) *testProject {
	t.Helper()
	p := &testProject{dir: t.TempDir(), registry: registrytest.Start(t, registrytest.Options{})}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	for name, value := range map[string]string{
		"bamboo_planKey": "SHOP-ORDERS", "bamboo_buildResultKey": "SHOP-ORDERS-7", "bamboo_buildNumber": "7",
		"bamboo_buildResultsUrl": "https://ci.example.com/browse/SHOP-ORDERS-7", "bamboo_planRepository_branchName": "main",
		"GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "test@example.com",
		"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
	} {
		t.Setenv(name, value)
	}
	p.write(t, map[string]string{
		".gitignore":    "target/\n",
		"pipeline.yaml": "name: orders\nversion: 1.4.2\noracle:\n  image: oracle-standin:latest\nbuild:\n  test: sh test.sh\nimage:\n  repository: " + p.registry.Host + "/shop/orders\n",
		"Dockerfile":    "FROM scratch\nCOPY app.txt /app/\n",
		"app.txt":       "the app\n",
	})
	p.write(t, files)
	p.git(t, "init", "-q", "-b", "main")
	p.commit(t)
	return p
}

func (p *testProject) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *testProject) commit(t *testing.T) {
	t.Helper()
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "--allow-empty", "-m", "test")
}

func (p *testProject) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// run runs pipeline in the project's folder, as a process; want is its exit
// status.
func (p *testProject) run(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, errors bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "pipeline", append([]string{"-C", p.dir}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Fatalf("pipeline %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errors.String())
	}
	return out.String()
}

func (p *testProject) release(t *testing.T) registry.Release {
	t.Helper()
	release, err := registry.ReadRelease(filepath.Join(p.dir, ".pipeline/out/release.json"))
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// attached reads what travels with an image, with nothing of ours: from the tag
// that the distribution specification names.
func (p *testProject) attached(t *testing.T, digest string) map[string][][]byte {
	t.Helper()
	var index struct {
		Manifests []struct{ Digest, ArtifactType string }
	}
	unmarshal(t, p.registry.Get(t, "shop/orders", "manifests/"+strings.Replace(digest, ":", "-", 1)), &index)
	found := map[string][][]byte{}
	for _, m := range index.Manifests {
		var manifest struct {
			Subject struct{ Digest string }
			Layers  []struct{ Digest string }
		}
		unmarshal(t, p.registry.Get(t, "shop/orders", "manifests/"+m.Digest), &manifest)
		if manifest.Subject.Digest != digest || len(manifest.Layers) != 1 {
			t.Fatalf("%s belongs to %s and has %d documents", m.Digest, manifest.Subject.Digest, len(manifest.Layers))
		}
		found[m.ArtifactType] = append(found[m.ArtifactType], p.registry.Get(t, "shop/orders", "blobs/"+manifest.Layers[0].Digest))
	}
	return found
}

func unmarshal(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

const testScript = `set -eu
mkdir -p target/surefire-reports
cat >target/surefire-reports/TEST-orders.xml <<'END'
<testsuite name="orders" tests="2" failures="0" errors="0" skipped="1" time="0.1">
<testcase name="a" classname="Orders" time="0.1"/><testcase name="b" classname="Orders" time="0"><skipped/></testcase>
</testsuite>
END
echo '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"},{"name":"b"}]}' >target/bom.json
`

func TestTheProofTravelsWithTheImage(t *testing.T) {
	p := newProject(t, map[string]string{"test.sh": testScript, ".dockerignore": "target\n"})
	p.git(t, "remote", "add", "origin", "https://robot:secret-word@git.example.com/shop/orders.git")
	p.run(t, 0, "run")
	release := p.release(t)
	if release.Digest != p.registry.Digest(t, "shop/orders", "1.4.2-7") {
		t.Fatalf("release = %+v", release)
	}

	documents := p.attached(t, release.Digest)
	if len(documents["application/vnd.in-toto+json"]) != 1 || len(documents["application/vnd.cyclonedx+json"]) != 1 || len(documents) != 2 {
		t.Fatalf("attached: %s", documents)
	}
	text := documents["application/vnd.in-toto+json"][0]
	var statement struct {
		Type          string `json:"_type"`
		Subject       []struct{ Digest map[string]string }
		PredicateType string
		Predicate     struct {
			BuildDefinition struct {
				ExternalParameters struct{ Revision, Source string }
				InternalParameters struct {
					Tested   bool
					Tests    struct{ Total, Failed, Skipped int }
					Context  string
					Database struct {
						Digest  string
						StandIn bool
					}
					CI struct{ Build, URL string }
				}
			}
		}
	}
	unmarshal(t, text, &statement)
	asked, about := statement.Predicate.BuildDefinition.ExternalParameters, statement.Predicate.BuildDefinition.InternalParameters
	for what, ok := range map[string]bool{
		"in-toto":  statement.Type == "https://in-toto.io/Statement/v1" && statement.PredicateType == "https://slsa.dev/provenance/v1",
		"subject":  len(statement.Subject) == 1 && "sha256:"+statement.Subject[0].Digest["sha256"] == release.Digest,
		"commit":   asked.Revision == p.git(t, "rev-parse", "HEAD"),
		"source":   asked.Source == "https://git.example.com/shop/orders.git",
		"tests":    about.Tested && about.Tests.Total == 2 && about.Tests.Failed == 0 && about.Tests.Skipped == 1,
		"tree":     strings.Contains(string(text), p.git(t, "rev-parse", "HEAD^{tree}")),
		"context":  strings.HasPrefix(about.Context, "sha256:"),
		"database": about.Database.StandIn && strings.HasPrefix(about.Database.Digest, "sha256:"),
		"ci":       about.CI.Build == "SHOP-ORDERS-7" && about.CI.URL == "https://ci.example.com/browse/SHOP-ORDERS-7",
		"secrets":  !strings.Contains(string(text), "secret-word") && !strings.Contains(string(text), "robot"),
	} {
		if !ok {
			t.Errorf("%s is wrong in %s", what, text)
		}
	}
	if bom := string(documents["application/vnd.cyclonedx+json"][0]); !strings.Contains(bom, `"components":[{"name":"a"},{"name":"b"}]`) {
		t.Errorf("bill of materials: %s", bom)
	}

	stdout := p.run(t, 0, "image", "inspect", "1.4.2-7")
	for _, want := range []string{
		release.Digest, release.Revision, "2 run, 0 failed, 1 skipped", "a stand-in, not Oracle", "CycloneDX, 2 components", about.Context,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("inspect does not say %q:\n%s", want, stdout)
		}
	}
	stdout = p.run(t, 0, "image", "inspect", "--json", p.registry.Host+"/shop/orders@"+release.Digest)
	if !json.Valid([]byte(stdout)) || !strings.Contains(stdout, "slsa.dev/provenance/v1") {
		t.Errorf("as JSON:\n%s", stdout)
	}
	p.run(t, 2, "image", "inspect", "9.9.9")
	p.run(t, 2, "image", "inspect")
	stdout = p.run(t, 0, "image", "inspect", p.bare(t, release.Image()))
	if !strings.Contains(stdout, release.Digest) || !strings.Contains(stdout, "provenance  none") || !strings.Contains(stdout, "materials   none") {
		t.Errorf("inspect of an image that came without proof:\n%s", stdout)
	}

	p.run(t, 0, "run", "--stage=image") // the same build once more
	if again := p.attached(t, release.Digest); len(again["application/vnd.in-toto+json"]) != 1 || len(again["application/vnd.cyclonedx+json"]) != 1 {
		t.Errorf("after another run: %s", again)
	}
}

// bare copies an image without what travels with it.
func (p *testProject) bare(t *testing.T, image string) (ref string) {
	t.Helper()
	from, _, err := registry.Pull(t.Context(), image, false, &registry.Keychain{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := registry.Open(t.Context(), p.registry.Host+"/shop/bare", false, &registry.Keychain{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Write(t.Context(), from, registry.Push{Tag: "1"}); err != nil {
		t.Fatal(err)
	}
	return to.Name + ":1"
}

func TestTwoClonesOfACommitReleaseOneDigest(t *testing.T) {
	p := newProject(t, map[string]string{"Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY . .\n", "src/deep/file.txt": "deep\n", ".dockerignore": ".git\n"})
	text, err := os.ReadFile(filepath.Join(p.dir, "pipeline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, map[string]string{"pipeline.yaml": string(text) + "  reproducible: true\n"})
	p.commit(t)
	other := &testProject{dir: filepath.Join(t.TempDir(), "somewhere", "else"), registry: p.registry}
	clone := exec.Command("sh", "-c", `umask 077 && git clone -q "$0" "$1" && find "$1" -name .git -prune -o -exec touch -d 2019-01-01 {} +`, p.dir, other.dir)
	if out, err := clone.CombinedOutput(); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	p.run(t, 0, "run", "--stage=image", "--allow-untested")
	t.Setenv("bamboo_buildNumber", "8")
	t.Setenv("bamboo_buildResultKey", "SHOP-ORDERS-8")
	other.run(t, 0, "run", "--stage=image", "--allow-untested")
	one, two := p.release(t), other.release(t)
	if one.Digest != two.Digest || one.Tag == two.Tag || p.registry.Digest(t, "shop/orders", "1.4.2-8") != one.Digest {
		t.Errorf("two digests: %s %s, %s %s", one.Tag, one.Digest, two.Tag, two.Digest)
	}
	if documents := p.attached(t, one.Digest)["application/vnd.in-toto+json"]; len(documents) != 1 || !strings.Contains(string(documents[0]), "SHOP-ORDERS-7") {
		t.Errorf("provenance: %s", documents)
	}
}

func TestAReleaseIsBuiltAgainFromItsCommit(t *testing.T) {
	p := newProject(t, map[string]string{
		"Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY app.txt target/compiled.txt ./\n", "compile.sh": "mkdir -p target && cat app.txt app.txt >target/compiled.txt\n",
	})
	text, err := os.ReadFile(filepath.Join(p.dir, "pipeline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	settings := strings.Replace(string(text), "build:\n", "build:\n  compile: sh compile.sh\n", 1)
	compiled := func() {
		t.Helper()
		cmd := exec.Command("sh", "compile.sh")
		cmd.Dir = p.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for number, mode := range map[string]string{"7": "", "8": "  reproducible: true\n"} {
		p.write(t, map[string]string{"pipeline.yaml": settings + mode})
		p.commit(t)
		compiled()
		t.Setenv("bamboo_buildNumber", number)
		p.run(t, 0, "run", "--stage=image", "--allow-untested")
		release := p.release(t)
		p.write(t, map[string]string{"app.txt": "a later commit\n"})
		p.commit(t)
		stdout := p.run(t, 0, "image", "verify", "1.4.2-"+number)
		if want := "equal   " + release.Image() + " is what commit " + release.Revision + " builds"; !strings.Contains(stdout, want) {
			t.Errorf("verify says:\n%s\nwant %s", stdout, want)
		}
		p.write(t, map[string]string{"app.txt": "the app\n"})
	}

	p.commit(t)
	p.write(t, map[string]string{"app.txt": "not in the commit\n"})
	t.Setenv("bamboo_buildNumber", "9")
	p.run(t, 0, "run", "--stage=image", "--allow-untested")
	stdout := p.run(t, 1, "image", "verify", p.release(t).Tag)
	if !strings.Contains(stdout, "layer 1 differs (COPY app.txt") || !strings.Contains(stdout, "  /app/app.txt: content (18 and 8 bytes)") || strings.Contains(stdout, "compiled.txt: ") {
		t.Errorf("verify says:\n%s", stdout)
	}
	if trees := p.git(t, "worktree", "list", "--porcelain"); strings.Count(trees, "worktree ") != 1 {
		t.Errorf("work trees are left:\n%s", trees)
	}
	p.run(t, 2, "image", "verify", "9.9.9")
}

func TestALayeredReleaseIsBuiltAgainFromItsCommit(t *testing.T) {
	p := newProject(t, map[string]string{
		"compile.sh": "mkdir -p target/classes target/lib && cat app.txt >target/classes/Main.class && echo jar >target/lib/a-1.0.jar\n",
	})
	p.run(t, 0, "run", "--stage=image", "--allow-untested") // something to put the layers on
	base := p.release(t)
	p.write(t, map[string]string{"pipeline.yaml": "name: orders\nversion: 2.0.0\noracle:\n  image: oracle-standin:latest\n" +
		"build:\n  compile: sh compile.sh\n  test: sh test.sh\nimage:\n  repository: " + p.registry.Host + "/shop/orders\n" +
		"  mode: layers\n  base: " + base.Image() + "\n  mainClass: Main\n"})
	p.commit(t)
	cmd := exec.Command("sh", "compile.sh")
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.run(t, 0, "run", "--stage=image", "--allow-untested")
	if stdout := p.run(t, 0, "image", "verify", "2.0.0-7"); !strings.Contains(stdout, "equal   "+p.release(t).Image()) {
		t.Errorf("verify says:\n%s", stdout)
	}
	p.write(t, map[string]string{"target/classes/Main.class": "patched by hand\n"})
	t.Setenv("bamboo_buildNumber", "8")
	p.run(t, 0, "run", "--stage=image", "--allow-untested")
	if stdout := p.run(t, 1, "image", "verify", "2.0.0-8"); !strings.Contains(stdout, "Main.class: content") {
		t.Errorf("verify says:\n%s", stdout)
	}
}
