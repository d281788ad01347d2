package imagebuild_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/imagebuild"
)

func TestLeftoverLibraryIsWarnedOf(t *testing.T) {
	dir := mavenProject(t)
	put(t, dir, "target/dependency/guava-32.1.3-jre.jar", "old")
	app, err := imagebuild.OpenJavaApp(imagebuild.JavaSource{Dir: dir, MainClass: "A"})
	if err != nil {
		t.Fatal(err)
	}
	want := "two versions of one library: guava-32.1.3-jre.jar and guava-33.0.jar; is one a leftover?"
	if !slices.Equal(app.Warnings, []string{want}) {
		t.Errorf("warnings are %q, want %q", app.Warnings, want)
	}
}

func TestLibrariesThatOnlyLookAlikeAreNotWarnedOf(t *testing.T) {
	dir := mavenProject(t)
	for _, jar := range []string{
		"log4j-api-2.20.0.jar", "log4j-1.2-api-2.20.0.jar", "netty-epoll-4.1.100.Final.jar",
		"netty-epoll-4.1.100.Final-linux-x86_64.jar", "hibernate-jpa-2.1-api-1.0.0.jar",
	} {
		put(t, dir, "target/dependency/"+jar, jar)
	}
	app, err := imagebuild.OpenJavaApp(imagebuild.JavaSource{Dir: dir, MainClass: "A"})
	if err != nil || len(app.Warnings) != 0 {
		t.Errorf("warnings are %q, %v", app.Warnings, err)
	}
}

func TestJarsOfOneNameAreBothInTheImage(t *testing.T) {
	dir := mavenProject(t)
	put(t, dir, "target/dependency/com.one/core-1.0.jar", "one")
	put(t, dir, "target/dependency/com.two/core-1.0.jar", "two")
	_, kept := buildLayers(t, dir, request(t, baseImage(t)))
	names := contents(t, kept, kept.Layers[0])
	config, err := kept.Image(nil).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	for _, jar := range []string{"app/libs/com.one/core-1.0.jar", "app/libs/com.two/core-1.0.jar"} {
		if !slices.Contains(names, jar) || !strings.Contains(config.Config.Entrypoint[3], ":/"+jar) {
			t.Errorf("%s is not in %q, started with %q", jar, names, config.Config.Entrypoint)
		}
	}
}

func TestASnapshotIsKnownByItsName(t *testing.T) {
	dir := mavenProject(t)
	for jar, layer := range map[string]string{
		"a-1.0-SNAPSHOT-linux-x86_64.jar": "snapshot dependencies", "b-1.0-20260102.030405-7.jar": "snapshot dependencies",
		"c-1.0-20260102.030405-7-tests.jar": "snapshot dependencies", "SNAPSHOT-tools-1.0.jar": "dependencies",
	} {
		put(t, dir, "target/dependency/"+jar, jar)
		_, kept := buildLayers(t, dir, request(t, baseImage(t)))
		for _, l := range kept.Layers[:2] {
			if has := slices.Contains(contents(t, kept, l), "app/libs/"+jar); has != (l.Name == layer) {
				t.Errorf("%s in the layer %s: %t", jar, l.Name, has)
			}
		}
	}
}
