package pipeline

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const minimal = `name: orders
oracle:
  image: gvenzl/oracle-free:23.26.0-slim-faststart
build:
  test: mvn -B verify
image:
  repository: registry.example.com/shop/orders
`

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, ".", "pipeline.yaml", text)
	return Load("pipeline.yaml")
}

func TestLoadFillsDefaults(t *testing.T) {
	got, err := load(t, minimal)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Name: "orders", Version: VersionConfig{Git: "tag", assumed: true},
		Oracle: OracleConfig{
			Image: "gvenzl/oracle-free:23.26.0-slim-faststart", Service: "FREEPDB1",
			Schemas: []string{"ORDERS"}, Shards: 1, Timeout: 5 * time.Minute,
		},
		Build: BuildConfig{
			Test: "mvn -B verify", Timeout: time.Hour,
			Reports: []string{"**/target/surefire-reports/TEST-*.xml", "**/target/failsafe-reports/TEST-*.xml"},
		},
		Image: ImageConfig{
			Repository: "registry.example.com/shop/orders", Context: ".", Dockerfile: "Dockerfile", Mode: "dockerfile",
		},
		File: filepath.Join(dir, "pipeline.yaml"), Dir: dir,
	}
	got.source = source{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Load:\n got %+v\nwant %+v", got, want)
	}
	if err := got.Require([]Stage{StageITest, StageImage}); err != nil {
		t.Errorf("Require: %v", err)
	}
}

func TestLoadTakesEveryKey(t *testing.T) {
	c, err := load(t, `
name: order-service
version: 1.10
oracle:
  image: registry.example.com:5000/db/oracle-xe:21@sha256:`+strings.Repeat("a", 64)+`
  schemas: [orders, Billing$1]
  shards: 1
  initSys: [db/admin]
  init: [db/init, db/extra.sql]
  snapshot: auto
  timeout: 90s
build:
  compile: make
  test: make itest
  env: &env
    DB_URL: ${ORACLE_JDBC_URL}?x=${revision}
    BILLING: ${ORACLE_BILLING_1_USER}/${ORACLE_BILLING_1_PASSWORD}
    PORT: 0800
    EMPTY: ""
  reports: ["reports/**/*.xml"]
  timeout: 1h30m
image:
  repository: localhost:5000/orders
  context: ./app/
  dockerfile: docker/Dockerfile
  target: run
  mode: dockerfile
  args:
    <<: *env
    PORT: 1
  secrets: {npm: NPM_TOKEN}
  labels: {org.example.team: shop}
  pull: true
  reproducible: false
registry: {userEnv: bamboo_registryUser, passwordEnv: bamboo_registryPassword, insecure: true, immutable: ["v*"]}
deploy: {command: [haddock, deploy, --release, "{release}", "{json}"], branches: [main, "release/*"]}
`)
	if err != nil {
		t.Fatal(err)
	}
	if c.Version.Text != "1.10" || !c.Image.Pull || c.Oracle.Service != "XEPDB1" || c.Image.Context != "app" || c.Oracle.Timeout != 90*time.Second {
		t.Errorf("read %+v", c)
	}
	if want := []string{"ORDERS", "BILLING$1"}; !slices.Equal(c.Oracle.Schemas, want) {
		t.Errorf("schemas = %q, want %q", c.Oracle.Schemas, want)
	}
	if c.Build.Env["PORT"] != "0800" || c.Image.Args["PORT"] != "1" || c.Image.Args["DB_URL"] == "" {
		t.Errorf("env = %q, args = %q", c.Build.Env, c.Image.Args)
	}
	env := c.ExpandEnv(map[string]string{"ORACLE_JDBC_URL": "jdbc:x"})
	if env["DB_URL"] != "jdbc:x?x=${revision}" {
		t.Errorf("DB_URL = %q", env["DB_URL"])
	}
}

func TestAbsentVersionIsThatOfThePom(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", "pom.xml", "<project/>")
	write(t, ".", "pipeline.yaml", minimal)
	c, err := Load("pipeline.yaml")
	if err != nil || c.Version.File != "pom.xml" || c.Version.Git != "" {
		t.Errorf("version = %+v, %v, want pom.xml", c.Version, err)
	}
}

func TestExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob("../examples/*/pipeline.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		c, err := Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := c.Require(Stages()); err != nil {
			t.Error(err)
		}
	}
}

// Each file in testdata/config is a broken pipeline.yaml, its .txt beside it
// every fault that Load answers.
func TestLoadNamesEveryFaultAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no broken files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden, err := filepath.Abs(strings.TrimSuffix(file, ".yaml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			got := "valid"
			if _, err := load(t, string(text)); err != nil {
				got = err.Error()
			}
			matches(t, golden, got+"\n")
		})
	}
}

func matches(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n got:\n%s\nwant:\n%s", filepath.Base(golden), got, want)
	}
}

func TestSingleFaults(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty file":          {"", "pipeline.yaml:1:1: is empty; " + smallest},
		"only comments":       {"# later\n", "pipeline.yaml:1:1: is empty; " + smallest},
		"only null":           {"~\n", "pipeline.yaml:1:1: is empty; " + smallest},
		"no mapping":          {"- a\n", "pipeline.yaml:1:1: want keys and values, got a list"},
		"two documents":       {"name: a\n---\nname: b\n", "pipeline.yaml:3:1: a second document; pipeline.yaml is one, without ---"},
		"not UTF-8":           {"name: a\nversion: 1\xff\n", "pipeline.yaml:2:11: byte 0xff is no UTF-8; save the file as UTF-8"},
		"UTF-16":              {"\xff\xfen\x00", "pipeline.yaml:1:1: is UTF-16; save it as UTF-8"},
		"control character":   {"name: a\x01\n", "pipeline.yaml:1:8: control character 0x01"},
		"tab":                 {"name: a\n\tb: c\n", "pipeline.yaml:2:1: is no YAML: found a tab character that violates indentation (indent with spaces, never with a tab)"},
		"open bracket":        {"name: [a\nb: c\n", "pipeline.yaml:2:2: is no YAML: did not find expected ',' or ']'"},
		"unknown alias":       {"name: *a\n", "pipeline.yaml:1:7: is no YAML: unknown anchor 'a' referenced"},
		"duplicate key":       {"name: a\nname: b\n", "pipeline.yaml:2:1: name: written twice, first in line 1"},
		"name missing":        {"build: {test: a}\n", "pipeline.yaml:1:1: name: missing; the project's name, such as orders"},
		"self-made loop":      {"name: a\nbuild: &b {<<: *b, test: x}\n", "pipeline.yaml:2:16: build: << brings in more than 1000 keys"},
		"key that is a list":  {"name: a\n? [x]\n: y\n", "pipeline.yaml:2:3: want a name as key, got a list"},
		"binary tag":          {"name: !!binary YQ==\n", "pipeline.yaml:1:7: name: YAML tag !!binary is not understood here"},
		"key of another part": {"name: a\nschemas: [b]\n", "pipeline.yaml:2:1: schemas: unknown key, did you mean oracle.schemas?"},
		"key of a section":    {"name: a\nbuild: {foo: b}\n", "pipeline.yaml:2:9: build.foo: unknown key, build has compile, env, reports, test, timeout, waits"},
		"key of none":         {"name: a\nfoo: b\n", "pipeline.yaml:2:1: foo: unknown key, known are build, deploy, image, name, oracle, registry, version"},
		"issue's example":     {"name: a\n\n\n\n\noracle:\n  imgae: b\n", "pipeline.yaml:7:3: oracle.imgae: unknown key, did you mean image?"},
		"byte order mark":     {"\uFEFFname: a\n", ""},
		"anchor":              {"name: &a orders\nimage: {repository: r.example.com/x, labels: {n: *a}}\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if got := errorText(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSecretsInTheFileAreNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"password as a value": "registry: {userEnv: u, passwordEnv: 's3cret!pass'}",
		"token as a value":    "registry: {userEnv: u, passwordEnv: ghp_s3cret}",
		"secret of the image": "image: {secrets: {npm: 's3cret value'}}",
		"in the repository":   "image: {repository: 'https://me:s3cret@r.example.com/x'}",
		"in the image":        "oracle: {image: 'me:s3cret@r.example.com/x'}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "name: a\n"+text+"\n")
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("Load: %v, want a fault without the secret", err)
			}
		})
	}
}

func TestEveryKeyOfConfigIsRead(t *testing.T) {
	for _, key := range allKeys() {
		text, indent := "", ""
		for part := range strings.SplitSeq(key, ".") {
			text += "\n" + indent + part + ":"
			indent += "  "
		}
		_, faults := parse("pipeline.yaml", []byte(text+"\n"))
		if len(faults) == 0 || strings.Contains(faults.Error(), "unknown key") || !strings.Contains(faults.Error(), ": "+key+": ") {
			t.Errorf("%s: %v", key, faults)
		}
	}
}

func TestReferencesAreExplained(t *testing.T) {
	hex := strings.Repeat("a", 64)
	tests := map[string]struct {
		check       check
		value, want string
	}{
		"image by name":          {imageReference, "oracle-standin", ""},
		"image by digest":        {imageReference, "r.example.com:5000/a/b:1@sha256:" + hex, ""},
		"image, upper case":      {imageReference, "r.example.com/Orders:1", `"r.example.com/Orders:1" is no image reference: want lower case`},
		"image, short digest":    {imageReference, "a/b@sha256:abc", "its digest is not sha256: and 64 hex digits"},
		"image, bad tag":         {imageReference, "a/b:-x", `"a/b:-x" is no image reference: want registry/name:tag`},
		"image, scheme":          {imageReference, "docker://a/b:1", "want no scheme, write a/b:1"},
		"image, slash":           {imageReference, "a/b/", "want no / at the end"},
		"repository":             {repository, "r.example.com/a/b", ""},
		"repository of the Hub":  {repository, "shop/orders", ""},
		"repository with tag":    {repository, "localhost:5000/orders:1", "want no tag, pipeline sets it, write localhost:5000/orders"},
		"repository with digest": {repository, "r.example.com/a@sha256:" + hex, "want no digest, write r.example.com/a"},
		"repository, too long":   {repository, "r.example.com/" + strings.Repeat("a", 256), ""},
		"no registry":            {repository, "orders", "names no registry, write registry.example.com/orders"},
	}
	for name, tt := range tests {
		got := tt.check(tt.value)
		if name == "repository, too long" {
			got = strings.TrimPrefix(got, quote(tt.value)+" is no repository: is longer than 255 characters")
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestUnreadableFileSaysWhatToDo(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, ".", "large.yaml", strings.Repeat("# x\n", maxConfig/4+1))
	for file, want := range map[string]string{
		"none.yaml":  "none.yaml: no such file; " + smallest,
		"folder":     "folder: is a folder; name the file in it",
		"large.yaml": "large.yaml: is larger than 1 MB; this is no pipeline.yaml",
	} {
		_, err := Load(file)
		if _, ok := err.(Faults); !ok || err.Error() != want { //nolint:errorlint // the type itself is the contract
			t.Errorf("Load(%s) = %v, want %s", file, err, want)
		}
	}
}

func TestMergeKeysThatMultiplyAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: a\nbuild:\n  env: &a0 {A: b}\nimage:\n  args:\n")
	b.WriteString("    <<: &a1 [" + strings.Repeat("*a0, ", 60) + "*a0]\n    B: &a2 [*a1]\n  labels:\n    <<: [")
	b.WriteString(strings.Repeat("{<<: *a1}, ", 60) + "{<<: *a1}]\n")
	_, err := load(t, b.String())
	if err == nil || !strings.Contains(err.Error(), "more than 1000 keys") {
		t.Errorf("Load: %v, want the merge refused", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(minimal))
	files, _ := filepath.Glob("testdata/config/*.yaml")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte("a: &a {<<: *a}\n<<: *a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, faults := parse("pipeline.yaml", data)
		for _, fault := range faults {
			if fault.Text == "" || strings.ContainsAny(fault.Text, "\n\x00") {
				t.Errorf("fault without a clean text: %q", fault)
			}
		}
		if len(faults) == 0 {
			c.setDefaults()
			if c.Name == "" || len(c.Oracle.Schemas) == 0 {
				t.Errorf("valid without a name or schema: %+v", c)
			}
		}
	})
}
