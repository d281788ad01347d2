package scaffold

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// FuzzFind looks at a project whose files hold anything. What it finds is fit
// for pipeline.yaml, and looking twice finds the same.
func FuzzFind(f *testing.F) {
	f.Add([]byte("<project><artifactId>shop-parent</artifactId></project>"), []byte("module example.com/shop/v2\n"), []byte("FROM a\nCOPY app/target/*.jar /\n"))
	f.Add([]byte("<project><artifactId>&#x0;"), []byte("module \"\n"), []byte("ADD \xff ./app/"))
	f.Add([]byte("image: gvenzl/oracle-free:23"), []byte(""), []byte(""))
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, pom, module, dockerfile []byte) {
		for file, data := range map[string][]byte{"app/pom.xml": pom, "pom.xml": pom, "go.mod": module, "app/Dockerfile": dockerfile} {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, err := Find(dir)
		if err != nil {
			t.Fatal(err)
		}
		found := nameFrom(moduleName(filepath.Join(dir, "go.mod")))
		if !name.MatchString(p.Name) || !name.MatchString(found) || len(p.Name) > 63 || p.Dockerfile != "app/Dockerfile" {
			t.Errorf("got %+v, module %q", p, found)
		}
		if p.Context != "." && p.Context != "app" {
			t.Errorf("got context %q", p.Context)
		}
	})
}
