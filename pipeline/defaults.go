package pipeline

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/distribution/reference"
)

// The defaults that are the same for every project.
const (
	defaultOracleTimeout = 5 * time.Minute
	defaultBuildTimeout  = 60 * time.Minute
	defaultPom           = "pom.xml"
)

// setDefaults fills what the file leaves out. It is only called on a Config
// without faults.
func (c *Config) setDefaults() {
	if c.Version == (VersionConfig{}) {
		c.Version = VersionConfig{Git: "tag", assumed: true}
		if info, err := os.Stat(filepath.Join(c.Dir, defaultPom)); err == nil && info.Mode().IsRegular() {
			c.Version = VersionConfig{File: defaultPom, assumed: true}
		}
	}
	o := &c.Oracle
	if o.Service == "" && o.Image != "" {
		o.Service = defaultService(o.Image)
	}
	if len(o.Schemas) == 0 && c.Name != "" {
		o.Schemas = []string{defaultSchema(c.Name)}
	}
	for i, schema := range o.Schemas {
		o.Schemas[i] = strings.ToUpper(schema)
	}
	o.Shards = max(o.Shards, 1)
	if o.Timeout == 0 {
		o.Timeout = defaultOracleTimeout
	}
	if c.Build.Timeout == 0 {
		c.Build.Timeout = defaultBuildTimeout
	}
	if len(c.Build.Reports) == 0 {
		c.Build.Reports = []string{"**/target/surefire-reports/TEST-*.xml", "**/target/failsafe-reports/TEST-*.xml"}
	}
	i := &c.Image
	if i.Context == "" {
		i.Context = "."
	}
	i.Context = path.Clean(i.Context)
	if i.Dockerfile == "" {
		i.Dockerfile = path.Join(i.Context, "Dockerfile")
	}
	if i.Mode == "" {
		i.Mode = "dockerfile"
	}
}

// defaultService names the pluggable database that the usual images come
// with: XEPDB1 in Express Edition from 18 on, XE before there were any, and
// FREEPDB1 in Oracle Free, which is also what an unknown image most likely is.
func defaultService(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "FREEPDB1"
	}
	base := path.Base(named.Name())
	if base != "express" && base != "xe" && !strings.HasSuffix(base, "-xe") {
		return "FREEPDB1"
	}
	if tagged, ok := named.(reference.Tagged); ok && strings.HasPrefix(tagged.Tag(), "11") {
		return "XE"
	}
	return "XEPDB1"
}

// defaultSchema turns the project's name into an Oracle identifier:
// order-service becomes ORDER_SERVICE. A name that Oracle keeps for itself, or
// that starts with a digit, gets APP_ in front.
func defaultSchema(project string) string {
	schema := strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(project))
	if schemaName(schema) != "" {
		schema = "APP_" + schema
	}
	return schema
}
