package pipeline

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/haddock-ci/pipeline/imagebuild"
)

// fatJar looks for a Dockerfile that puts a Java program with all its
// libraries into one layer.
func (c Config) fatJar() (imagebuild.FatJar, bool) {
	if c.Image.Repository == "" || c.Image.Mode == modeLayers || !c.isJava() {
		return imagebuild.FatJar{}, false
	}
	return imagebuild.FindFatJar(c.contextDir(), c.dockerfile())
}

func (c Config) isJava() bool {
	for _, dir := range []string{c.contextDir(), c.Dir} {
		for _, name := range []string{defaultPom, "build.gradle", "build.gradle.kts"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
	}
	return false
}

func (c Config) fatJarWarning(jar imagebuild.FatJar) Fault {
	return Fault{
		File: c.Image.Dockerfile, Line: jar.Line, Col: 1,
		Text: fmt.Sprintf("%s is one layer: a changed class sends all libraries again, to the registry and to every host; "+
			"pipeline check shows a layered Dockerfile, image.mode: layers needs none", jar.Source),
	}
}

// Advice shows what a warning about the image recommends: the layered
// Dockerfile of a Java project. It is empty when there is nothing to show.
func (c Config) Advice() string {
	jar, ok := c.fatJar()
	if !ok {
		return ""
	}
	return fmt.Sprintf("# %s with a layer for the libraries and one for the classes; for the libraries in target/dependency:\n"+
		"#   mvn package dependency:copy-dependencies -DincludeScope=runtime\n%s", c.Image.Dockerfile, jar.Layered)
}
