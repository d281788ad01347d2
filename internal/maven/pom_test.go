package maven

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDefinitionsOfMavenConfig(t *testing.T) {
	got := definitions("-T 2 -Da=1 -D b=2\n--define c=3 --define=d=4 \"-De=5\" -Dflag\n#-Df=6\n-D")
	for name, want := range map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 5 {
		t.Errorf("got %v", got)
	}
}

func TestVersionOfAModuleFindsMavenConfigAbove(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".mvn/maven.config": "-Drevision=5.0",
		"app/pom.xml":       "<project><parent><version>${revision}</version></parent></project>",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Version(filepath.Join(dir, "app", "pom.xml")); err != nil || got != "5.0" {
		t.Errorf("got %q, %v", got, err)
	}
}
