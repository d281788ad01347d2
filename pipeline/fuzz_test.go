package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// FuzzReadProof reads any bytes as itest.json: a proof, which reads the same
// when it is written again, or the reason why there is none.
func FuzzReadProof(f *testing.F) {
	f.Add([]byte(`{"schema":1,"method":"git","tree":"a","tests":{"tree":"a"},"files":{"b":"c"}}`))
	f.Add([]byte(`{"schema":2}`))
	f.Add([]byte(`{"schema":1,"tree":"","tests":{}} x`))
	path := filepath.Join(f.TempDir(), "itest.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, path, data)
		proof, err := ReadProof(path)
		var untested *UntestedError
		if err != nil {
			if !errors.As(err, &untested) || untested.Reason == "" {
				t.Errorf("got %v", err)
			}
			return
		}
		if err := proof.Write(path); err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		if again, err := ReadProof(path); err != nil || !reflect.DeepEqual(again, proof) {
			t.Errorf("%+v became %+v, %v", proof, again, err)
		}
	})
}

// FuzzVersionOfAPom reads any bytes as pom.xml and .mvn/maven.config: a version
// that a tag can carry, or an error that names the file.
func FuzzVersionOfAPom(f *testing.F) {
	f.Add([]byte("<project><version>${revision}</version><properties><revision>1.0-SNAPSHOT</revision></properties></project>"), []byte("-Drevision=2 --define a=b"))
	f.Add([]byte("<project><parent><version>${a}</version></parent><properties><a>${a}</a></properties></project>"), []byte("-D\n-D=\n# -Da=1"))
	f.Add([]byte("<?xml version='1.0' encoding='x'?><project><properties><a><b>1</b></a></properties>"), []byte(`"-Da=1`))
	dir := f.TempDir()
	put(f, filepath.Join(dir, "pipeline.yaml"),
		[]byte("name: a\nversion: {file: pom.xml}\noracle: {image: x:1}\nbuild: {test: make}\nimage: {repository: r.example.com/a}\n"))
	if err := os.Mkdir(filepath.Join(dir, ".mvn"), 0o755); err != nil {
		f.Fatal(err)
	}
	config, err := Load(filepath.Join(dir, "pipeline.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	tag := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	f.Fuzz(func(t *testing.T, pom, maven []byte) {
		put(t, filepath.Join(dir, "pom.xml"), pom)
		put(t, filepath.Join(dir, ".mvn", "maven.config"), maven)
		version, err := config.ResolveVersion(t.Context())
		if err != nil {
			if !strings.Contains(err.Error(), "pom.xml") {
				t.Errorf("%v does not name the file", err)
			}
			return
		}
		if name := uniqueTag(version.Text, "7", "", false, ""); !tag.MatchString(name) || !strings.HasSuffix(name, "-7") {
			t.Errorf("version %q gives tag %q", version.Text, name)
		}
	})
}

func put(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		tb.Fatal(err)
	}
}
