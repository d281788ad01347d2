// Package scaffold finds out what a project is made of and writes the files
// with which it begins: pipeline.yaml and the plan of a CI system. It proposes;
// what it cannot see it leaves to the reader, in a comment, and it never writes
// over a file that is there.
package scaffold

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Kind is what builds a project.
type Kind string

// The kinds that are told apart.
const (
	Maven  Kind = "Maven"
	Gradle Kind = "Gradle"
	Go     Kind = "Go"
	Other  Kind = "" // nothing that is known
)

// A Project is what Find saw.
type Project struct {
	Name       string // fit to be the name in pipeline.yaml
	Kind       Kind
	Wrapper    bool     // it brings its own ./mvnw or ./gradlew
	SkipsUnits bool     // -DskipUTs leaves out the unit tests
	Failsafe   bool     // integration tests are apart from unit tests
	Framework  string   // Spring Boot or Quarkus, whose names for the database are known; else empty
	Drivers    []string // ojdbc11, go-ora: what talks to the database
	Database   string   // image that the project already names somewhere
	Dockerfile string   // relative, with slashes; empty when there is none
	Context    string   // folder that the Dockerfile is built from, likewise
	Scripts    []string // folders with SQL that looks like init scripts
	Reports    bool     // tests already write JUnit reports where pipeline looks
}

// deepest is how many folders below the project's own are looked at.
const deepest = 5

// Find looks at the files of the project in dir. It reads, and starts nothing.
// A file that cannot be read is an error that names it.
func Find(dir string) (Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Project{}, fmt.Errorf("find project: %w", err)
	}
	p := Project{Name: nameFrom(filepath.Base(abs))}
	seen, err := survey(dir)
	if err != nil {
		return Project{}, fmt.Errorf("find project: %w", err)
	}
	switch {
	case seen.has("pom.xml"):
		p.Kind, p.Wrapper, p.Reports = Maven, seen.has("mvnw"), true
		if name := artifactID(filepath.Join(dir, "pom.xml")); name != "" {
			p.Name = nameFrom(name)
		}
	case seen.has("build.gradle"), seen.has("build.gradle.kts"):
		p.Kind, p.Wrapper = Gradle, seen.has("gradlew")
	case seen.has("go.mod"):
		p.Kind = Go
		if name := moduleName(filepath.Join(dir, "go.mod")); name != "" {
			p.Name = nameFrom(name)
		}
	}
	if p.Dockerfile = seen.dockerfile(); p.Dockerfile != "" {
		p.Context = seen.context(dir, p.Dockerfile)
	}
	p.Scripts = seen.scripts()
	p.learn(seen.text)
	return p, nil
}

// learn takes from the texts of build files and settings what they name.
func (p *Project) learn(text string) {
	p.SkipsUnits = strings.Contains(text, "skipUTs")
	p.Failsafe = strings.Contains(text, "maven-failsafe-plugin")
	for framework, sign := range map[string]string{"Spring Boot": "spring-boot", "Quarkus": "io.quarkus"} {
		if strings.Contains(text, sign) {
			p.Framework = framework
		}
	}
	for _, driver := range []string{"ojdbc17", "ojdbc11", "ojdbc10", "ojdbc8", "go-ora", "godror", "oracledb"} {
		if strings.Contains(text, driver) {
			p.Drivers = append(p.Drivers, driver)
		}
	}
	p.Reports = p.Reports || strings.Contains(text, "gotestsum")
	p.Database = regexp.MustCompile(`(gvenzl/oracle-(?:free|xe)|container-registry\.oracle\.com/database/(?:free|express|enterprise)|oracle-standin)(?::[A-Za-z0-9][A-Za-z0-9._-]*)?`).
		FindString(text)
}

// A findings is what was seen on a walk through a project.
type findings struct {
	files []string // relative, with slashes
	text  string   // of build files and settings
}

func (f findings) has(name string) bool { return slices.Contains(f.files, name) }

// dockerfile prefers the one nearest to the project's folder.
func (f findings) dockerfile() string {
	best := ""
	for _, file := range f.files {
		if path.Base(file) == "Dockerfile" && (best == "" || strings.Count(file, "/") < strings.Count(best, "/")) {
			best = file
		}
	}
	return best
}

// context is the folder that the Dockerfile's COPY lines are about: that of the
// module which it lies in, unless they name this folder, which only the one
// above can see.
func (f findings) context(root, dockerfile string) string {
	module := path.Dir(dockerfile)
	if !slices.ContainsFunc([]string{"pom.xml", "build.gradle", "build.gradle.kts", "go.mod"}, func(name string) bool { return f.has(path.Join(module, name)) }) {
		return "."
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(dockerfile)))
	if err != nil || regexp.MustCompile(`(?mi)^\s*(COPY|ADD)\b.*[\s"](\./)?`+regexp.QuoteMeta(module)+`/`).Match(text) {
		return "."
	}
	return module
}

// scripts are the folders that hold SQL for a new database. A migration tool's
// own are not among them: the application runs those.
func (f findings) scripts() []string {
	var dirs []string
	for _, file := range f.files {
		dir := path.Dir(file)
		if path.Ext(file) != ".sql" || strings.Contains(dir, "migration") || strings.Contains(dir, "src/") {
			continue
		}
		if base := path.Base(dir); slices.Contains([]string{"init", "initdb", "schema", "ddl"}, base) && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// survey lists the project's files and reads those that may name what the
// build needs.
func survey(root string) (findings, error) {
	var f findings
	var text strings.Builder
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") || slices.Contains(skipped(), d.Name()) || strings.Count(rel, "/") >= deepest {
				return filepath.SkipDir
			}
			return nil
		}
		f.files = append(f.files, rel)
		if !d.Type().IsRegular() || !isTelling(path.Base(rel)) {
			return nil
		}
		content, err := os.ReadFile(name)
		text.Write(content)
		text.WriteByte('\n')
		return err
	})
	f.text = text.String()
	return f, err
}

// skipped are folders that hold what a build has made or fetched.
func skipped() []string {
	return []string{"target", "build", "bin", "dist", "node_modules", "vendor", "out"}
}

// isTelling picks files that name drivers, frameworks and images.
func isTelling(base string) bool {
	switch base {
	case "pom.xml", "build.gradle", "build.gradle.kts", "go.mod", "package.json", "requirements.txt", "compose.yaml", "compose.yml":
		return true
	}
	return strings.HasPrefix(base, "docker-compose") || strings.HasPrefix(base, "application") || strings.HasSuffix(base, "IT.java") ||
		strings.HasSuffix(base, "ests.java") || strings.HasSuffix(base, "Test.java")
}

// artifactID is what Maven calls the project; empty when it cannot be told.
func artifactID(file string) string {
	var pom struct {
		XMLName    xml.Name `xml:"project"`
		ArtifactID string   `xml:"artifactId"`
	}
	text, err := os.ReadFile(file)
	if err != nil || xml.Unmarshal(text, &pom) != nil {
		return ""
	}
	return strings.TrimSpace(pom.ArtifactID)
}

// moduleName is the last word of a Go module's path that is no version.
func moduleName(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	m := regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)`).FindStringSubmatch(string(text))
	if m == nil {
		return ""
	}
	parts := strings.Split(m[1], "/")
	if last := len(parts) - 1; last > 0 && regexp.MustCompile(`^v\d+$`).MatchString(parts[last]) {
		parts = parts[:last]
	}
	return parts[len(parts)-1]
}

// nameFrom makes a name for pipeline.yaml out of any text.
func nameFrom(text string) string {
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(text), "-")
	name = strings.Trim(name, "-")
	for _, ending := range []string{"-parent", "-aggregator", "-root"} {
		name = strings.TrimSuffix(name, ending)
	}
	if len(name) > 63 {
		name = strings.Trim(name[:63], "-")
	}
	if name == "" {
		return "app"
	}
	return name
}

// ErrExists says that a file is there already.
var ErrExists = errors.New("is there already")
