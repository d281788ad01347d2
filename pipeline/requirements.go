package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Require checks that the file holds what the stages need: itest wants
// oracle.image and build.test, image wants image.repository, deploy wants
// deploy.command. What is missing comes back all at once, as Faults.
func (c Config) Require(stages []Stage) error {
	var faults Faults
	need := func(key, value, stage, example string) {
		if value == "" {
			faults = append(faults, c.source.Fault(key, "missing; stage %s needs it, such as %s", stage, example))
		}
	}
	if slices.Contains(stages, StageITest) {
		need("oracle.image", c.Oracle.Image, "itest", "gvenzl/oracle-free:23.26.0-slim-faststart")
		need("build.test", c.Build.Test, "itest", "mvn -B verify")
		for key, names := range map[string][]string{"oracle.initSys": c.Oracle.InitSys, "oracle.init": c.Oracle.Init} {
			for i, name := range names {
				if _, err := os.Stat(filepath.Join(c.Dir, filepath.FromSlash(name))); err != nil {
					faults = append(faults, c.source.Fault(indexed(key, i), "%s: no such file or folder", quote(name)))
				}
			}
		}
	}
	if slices.Contains(stages, StageImage) {
		need("image.repository", c.Image.Repository, "image", "registry.example.com/shop/"+c.Name)
		if c.Image.Mode == modeLayers {
			need("image.base", c.Image.Base, "image", "eclipse-temurin:21-jre")
		}
	}
	if slices.Contains(stages, StageDeploy) {
		need("deploy.command", strings.Join(c.Deploy.Command, ""), "deploy", `[haddock, deploy, --release, "{release}"]`)
	}
	return faults.Err()
}
