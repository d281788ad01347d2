package imagebuild_test

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/klauspost/compress/gzip"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/events"
)

func TestLayersHoldTheProjectInTheOrderInWhichItChanges(t *testing.T) {
	dir := mavenProject(t)
	built, kept := buildLayers(t, dir, request(t, baseImage(t)))
	want := map[string][]string{
		"dependencies":          {"app/", "app/libs/", "app/libs/guava-33.0.jar", "app/libs/ojdbc11-23.4.jar"},
		"snapshot dependencies": {"app/", "app/libs/", "app/libs/shop-api-1.2-SNAPSHOT.jar"},
		"resources":             {"app/", "app/resources/", "app/resources/META-INF/", "app/resources/META-INF/orders.xml", "app/resources/application.yaml"},
		"classes":               {"app/", "app/classes/", "app/classes/com/", "app/classes/com/example/", "app/classes/com/example/Main.class"},
	}
	names := []string{}
	for _, layer := range kept.Layers {
		names = append(names, layer.Name)
		if got := contents(t, kept, layer); !slices.Equal(got, want[layer.Name]) {
			t.Errorf("layer %s holds\n%q, want\n%q", layer.Name, got, want[layer.Name])
		}
	}
	if want := []string{"dependencies", "snapshot dependencies", "resources", "classes"}; !slices.Equal(names, want) {
		t.Errorf("layers are %q, want %q", names, want)
	}
	config, err := kept.Image(nil).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	entry := strings.Join(config.Config.Entrypoint, " ")
	wantEntry := "java -Xmx64m -cp /app/resources:/app/classes:/app/libs/guava-33.0.jar:/app/libs/ojdbc11-23.4.jar:" +
		"/app/libs/shop-api-1.2-SNAPSHOT.jar com.example.Main"
	if entry != wantEntry || config.Config.Cmd != nil {
		t.Errorf("starts %s %q, want %s", entry, config.Config.Cmd, wantEntry)
	}
	if config.Config.User != "1000" || config.Config.Labels["vendor"] != "us" || config.Config.Labels["team"] != "shop" {
		t.Errorf("user %q and labels %v, want those of the base and of the request", config.Config.User, config.Config.Labels)
	}
	if built.Platform != "linux/arm64" || len(built.Layers) != 6 {
		t.Errorf("platform %s with %d layers, want the base's linux/arm64 with 2 and 4", built.Platform, len(built.Layers))
	}
}

func TestEqualFilesGiveAnEqualDigestOnAnyMachine(t *testing.T) {
	base := baseImage(t)
	one, two := mavenProject(t), mavenProject(t)
	touchAll(t, two)
	first, _ := buildLayers(t, one, request(t, base))
	second, _ := buildLayers(t, two, request(t, base))
	if first.ID != second.ID {
		t.Errorf("two clones give %s and %s", first.ID, second.ID)
	}
}

func TestChangedClassChangesOneLayerAndCompressesNothingElse(t *testing.T) {
	dir, req := mavenProject(t), request(t, baseImage(t))
	_, before := buildLayers(t, dir, req)
	for _, layer := range before.Layers[:3] { // a second compression would put the content back
		name := filepath.Join(req.Cache.Dir, layer.Digest.Hex+".tar.gz")
		if err := os.WriteFile(name, make([]byte, layer.Size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "target/classes/com/example/Main.class", "BBBB")
	_, after := buildLayers(t, dir, req)
	for i, layer := range after.Layers[:3] {
		if layer != before.Layers[i] {
			t.Errorf("layer %s changed as well", layer.Name)
		}
		text, err := os.ReadFile(filepath.Join(req.Cache.Dir, layer.Digest.Hex+".tar.gz"))
		if err != nil || text[0] != 0 {
			t.Errorf("layer %s was compressed again (%v)", layer.Name, err)
		}
	}
	if after.Layers[3].DiffID == before.Layers[3].DiffID {
		t.Error("the layer of the changed class is the old one")
	}
}

func TestDamagedCacheIsNeverPushedAndHealsWithTheNextBuild(t *testing.T) {
	dir, req := mavenProject(t), request(t, baseImage(t))
	_, kept := buildLayers(t, dir, req)
	name := filepath.Join(req.Cache.Dir, kept.Layers[0].Digest.Hex+".tar.gz")
	if err := os.WriteFile(name, make([]byte, kept.Layers[0].Size), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readLayer(kept, kept.Layers[0].Digest); err == nil || !strings.Contains(err.Error(), "damaged in the cache: build again") {
		t.Errorf("a damaged layer is read with error %v", err)
	}
	_, kept = buildLayers(t, dir, req)
	if _, err := readLayer(kept, kept.Layers[0].Digest); err != nil {
		t.Errorf("after another build: %v", err)
	}
}

func TestSpringBootJarIsTakenApart(t *testing.T) {
	dir := t.TempDir()
	jar(t, dir, "target/orders-1.0.jar", map[string]string{
		"META-INF/MANIFEST.MF":                    "Manifest-Version: 1.0\r\nMain-Class: org.springframework.boot.loader.launch.JarLauncher\r\nStart-Class: com.exa\r\n mple.Main\r\n",
		"BOOT-INF/classes/com/example/Main.class": "AAAA", "BOOT-INF/classes/application.yaml": "a: 1",
		"BOOT-INF/lib/guava-33.0.jar": "jar", "org/springframework/boot/loader/launch/JarLauncher.class": "x",
	})
	app, err := imagebuild.OpenJavaApp(imagebuild.JavaSource{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if app.MainClass != "com.example.Main" || app.Origin != "target/orders-1.0.jar" {
		t.Errorf("starts %s of %s", app.MainClass, app.Origin)
	}
	_, files, err := app.Hash(t.Context())
	if err != nil || len(files) != 3 || files["target/orders-1.0.jar!/BOOT-INF/lib/guava-33.0.jar"] == "" {
		t.Errorf("files are %v (%v)", files, err)
	}
}

func TestWhatCannotBeLayeredIsSaid(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, dir string)
		src   imagebuild.JavaSource
		want  string
	}{
		"nothing built": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				remove(t, filepath.Join(dir, "target"))
			},
			want: "target/classes: there is no such folder; build first, such as: mvn package",
		},
		"no class": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				remove(t, filepath.Join(dir, "target/classes/com"))
			},
			want: "target/classes: there are no classes",
		},
		"no class to start": {
			spoil: func(*testing.T, string) {}, want: "target: no class is named to start with; set image.mainClass",
		},
		"missing folder of dependencies": {
			src: imagebuild.JavaSource{Dependencies: "libs", MainClass: "A"}, spoil: func(*testing.T, string) {},
			want: "libs: there is no such folder; image.dependencies names",
		},
		"link to nothing": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				if err := os.Symlink("gone", filepath.Join(dir, "target/classes/x.class")); err != nil {
					t.Fatal(err)
				}
			},
			want: "target/classes/x.class: it is a link to nothing",
		},
		"pipe": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				if err := syscall.Mkfifo(filepath.Join(dir, "target/classes/pipe"), 0o644); err != nil {
					t.Fatal(err)
				}
			},
			want: "target/classes/pipe: it is neither a file nor a folder",
		},
		"two jars": {
			spoil: func(t *testing.T, dir string) {
				t.Helper()
				for _, name := range []string{"target/a-1.jar", "target/a-2.jar"} {
					jar(t, dir, name, map[string]string{"BOOT-INF/classes/A.class": "x"})
				}
			},
			want: "more than one Spring Boot jar lies there: target/a-1.jar, target/a-2.jar; remove the old one",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := mavenProject(t)
			c.spoil(t, dir)
			c.src.Dir = dir
			_, err := imagebuild.OpenJavaApp(c.src)
			var fault *imagebuild.BuildError
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a build error with %q", err, c.want)
			}
		})
	}
}

func TestLayersEndWithTheirContext(t *testing.T) {
	cause := errors.New("interrupt")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	req := request(t, baseImage(t))
	req.App = openApp(t, mavenProject(t))
	if _, _, err := imagebuild.BuildLayers(ctx, req); !errors.Is(err, cause) {
		t.Errorf("error is %v, want the context's cause", err)
	}
	if left, err := os.ReadDir(req.Cache.Dir); err == nil && len(left) > 0 {
		t.Errorf("the cache holds %v", left)
	}
}

// mavenProject is what a Maven build leaves.
func mavenProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"target/classes/com/example/Main.class":       "AAAA",
		"target/classes/application.yaml":             "server: 8080",
		"target/classes/META-INF/orders.xml":          "<orders/>",
		"target/dependency/guava-33.0.jar":            "guava",
		"target/dependency/ojdbc11-23.4.jar":          "ojdbc",
		"target/dependency/shop-api-1.2-SNAPSHOT.jar": "api",
		"target/dependency/README.txt":                "no jar",
	} {
		put(t, dir, name, text)
	}
	return dir
}

func baseImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(100, 2)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.OS, config.Architecture = "linux", "arm64"
	config.Config = v1.Config{User: "1000", Cmd: []string{"sh"}, Labels: map[string]string{"vendor": "us"}}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	return image
}

func request(t *testing.T, base v1.Image) imagebuild.LayersRequest {
	t.Helper()
	return imagebuild.LayersRequest{
		Base: base, BaseRef: "registry.example.com/java:21", JVMArgs: []string{"-Xmx64m"},
		Labels: map[string]string{"team": "shop"}, Epoch: time.Unix(1700000000, 0),
		Cache: imagebuild.LayerCache{Dir: filepath.Join(t.TempDir(), "cache")}, Events: func(events.Event) {},
	}
}

func openApp(t *testing.T, dir string) *imagebuild.JavaApp {
	t.Helper()
	app, err := imagebuild.OpenJavaApp(imagebuild.JavaSource{Dir: dir, MainClass: "com.example.Main"})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func buildLayers(t *testing.T, dir string, req imagebuild.LayersRequest) (imagebuild.Image, imagebuild.Layered) {
	t.Helper()
	req.App = openApp(t, dir)
	image, kept, err := imagebuild.BuildLayers(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return image, kept
}

func readLayer(kept imagebuild.Layered, digest v1.Hash) ([]byte, error) {
	layer, err := kept.Image(nil).LayerByDigest(digest)
	if err != nil {
		return nil, err
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// contents lists a layer's names and checks that nothing of the machine is in
// it.
func contents(t *testing.T, kept imagebuild.Layered, layer imagebuild.Layer) []string {
	t.Helper()
	packed, err := readLayer(kept, layer.Digest)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for in := tar.NewReader(plain); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		mode := int64(0o644)
		if header.Typeflag == tar.TypeDir {
			mode = 0o755
		}
		if header.Uid != 0 || header.Gid != 0 || header.Mode != mode || header.ModTime.Unix() != 1 || header.Uname != "" {
			t.Errorf("%s has owner %d:%d, mode %o and time %v", header.Name, header.Uid, header.Gid, header.Mode, header.ModTime)
		}
	}
}

func touchAll(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return errors.Join(os.Chmod(path, 0o600), os.Chtimes(path, time.Unix(1, 0), time.Unix(2, 0)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func jar(t *testing.T, dir, name string, files map[string]string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(file)
	for name, text := range files {
		w, err := out.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}
