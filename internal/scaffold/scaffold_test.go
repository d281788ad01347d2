package scaffold

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamesThatFit(t *testing.T) {
	for text, want := range map[string]string{
		"orders": "orders", "Orders-Parent": "orders", "shop_orders": "shop-orders", "--": "app", "": "app", "9lives": "9lives", "Ünïcode": "n-code",
		strings.Repeat("a", 80): strings.Repeat("a", 63),
	} {
		if got := nameFrom(text); got != want {
			t.Errorf("nameFrom(%q) = %q, want %q", text, got, want)
		}
	}
	for name, want := range map[string]string{"orders": "ORDERS", "shop-orders": "SHOPORDERS", "9lives": "LIVES", "a": "APPA", "42": "APP"} {
		if got := keyFrom(name); got != want || !keyPattern.MatchString(got) {
			t.Errorf("keyFrom(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Write(dir, File{"a/new", "x"}, File{"b", "y"})
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "b is there already") {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a was made: %v", err)
	}
	if err := os.Symlink("/nowhere", filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, File{"c", "y"}); !errors.Is(err, ErrExists) {
		t.Errorf("a dangling link: %v", err)
	}
	if err := Write(dir, File{"a/new", "x"}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a", "new")); err != nil || string(text) != "x" {
		t.Errorf("%s, %v", text, err)
	}
}

func TestBuildFoldersAndDamagedFilesTellNothing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pom.xml": "<project><artifactId>", "target/Dockerfile": "FROM a", "node_modules/x/compose.yaml": "image: gvenzl/oracle-xe:1",
		"deploy/image/Dockerfile": "FROM a", "docker/Dockerfile": "FROM b",
	} {
		if err := Write(dir, File{name, text}); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Find(dir)
	if err != nil || p.Kind != Maven || p.Dockerfile != "docker/Dockerfile" || p.Database != "" {
		t.Errorf("found %+v, %v", p, err)
	}
}

func TestTheContextIsWhatTheDockerfileCopiesFrom(t *testing.T) {
	for text, want := range map[string]string{
		"FROM a\nCOPY target/web.jar /app.jar\n":           "web",
		"FROM a\nCOPY web/target/web.jar /app.jar\n":       ".",
		"FROM a\ncopy --chown=1 ./web/target/ /app\n":      ".",
		"FROM a\nADD [\"web/target/web.jar\", \"/app\"]\n": ".",
		"FROM a\n# as web/ has it\nCOPY src /src\n":        "web",
	} {
		dir := t.TempDir()
		if err := Write(dir, File{"pom.xml", "<project/>"}, File{"web/pom.xml", "<project/>"}, File{"web/Dockerfile", text}); err != nil {
			t.Fatal(err)
		}
		p, err := Find(dir)
		if err != nil || p.Context != want || p.Dockerfile != "web/Dockerfile" {
			t.Errorf("%q: %+v, %v, want the context %s", text, p, err, want)
		}
		named := strings.Contains(Config(p, Choices{}), "\n  context: web  ")
		if byFile := strings.Contains(Config(p, Choices{}), "\n  dockerfile: web/Dockerfile\n"); named != (want == "web") || byFile == named {
			t.Errorf("%q becomes\n%s", text, Config(p, Choices{}))
		}
	}
}

func TestWordsThatAnOldYAMLWouldTakeForSomethingElse(t *testing.T) {
	for text, want := range map[string]string{
		"orders": "orders", "NO": "'NO'", "on": "'on'", "null": "'null'", "42": "'42'", "1e3": "'1e3'", "a, b: c": "'a, b: c'", "it's": "'it''s'",
	} {
		if got := word(text); got != want {
			t.Errorf("word(%q) = %s, want %s", text, got, want)
		}
	}
	text, err := Bamboo(Project{Name: "42"}, OneJob, Keys{Project: "ON", Group: "a, b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"  project-key: 'ON'\n", "  name: 42 - build and release\n", "  registryUser: ci-42\n", "deployment: {name: '42', source-plan: ON-APP}\n", "{groups: ['a, b'], "} {
		if !strings.Contains(text, line) {
			t.Errorf("the plan lacks %q:\n%s", line, text)
		}
	}
}
