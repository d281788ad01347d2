package scaffold

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
)

// What is proposed when the project names nothing of its own.
const (
	defaultDatabase   = "gvenzl/oracle-free:23.26.0-slim-faststart"
	defaultRepository = "registry.example.com/team/"
)

//go:embed templates
var templates embed.FS

// Choices are what a user says where Find can only guess. The zero value takes
// the proposals.
type Choices struct {
	Repository string // for image.repository
	HasTag     bool   // the project is under git and has a tag v<version>
}

// Config proposes a pipeline.yaml for the project.
func Config(p Project, c Choices) (string, error) {
	data := struct {
		Project    Project
		HasTag     bool
		Database   string
		Compile    string
		Test       string
		Env        []string
		Reports    string
		Repository string
		Layers     bool
		Dockerfile string
	}{
		Project: p, HasTag: c.HasTag, Database: p.Database, Repository: c.Repository, Env: environment(p.Framework),
		Layers: p.Dockerfile == "" && (p.Kind == Maven || p.Kind == Gradle),
	}
	data.Compile, data.Test, data.Reports = commands(p)
	if data.Database == "" || !strings.Contains(data.Database, ":") {
		data.Database = defaultDatabase
	}
	if data.Repository == "" {
		data.Repository = defaultRepository + p.Name + "   # your registry, without a tag"
	}
	if p.Dockerfile != "Dockerfile" {
		data.Dockerfile = p.Dockerfile
	}
	return render("pipeline.yaml.tmpl", data)
}

func render(name string, data any) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{"join": strings.Join}).ParseFS(templates, "templates/"+name)
	if err != nil {
		return "", fmt.Errorf("read template: %w", err)
	}
	var text strings.Builder
	if err := t.Execute(&text, data); err != nil {
		return "", fmt.Errorf("fill template: %w", err)
	}
	return text.String(), nil
}

// commands proposes how the project is compiled and tested, and where its
// reports are when they are not where Maven leaves them.
func commands(p Project) (compile, test, reports string) {
	switch p.Kind {
	case Maven:
		mvn := "mvn"
		if p.Wrapper {
			mvn = "./mvnw"
		}
		switch {
		case !p.Failsafe:
			return mvn + " -B -DskipTests package        # beside the database's boot", mvn + " -B verify", ""
		case p.SkipsUnits:
			return mvn + " -B -DskipITs package          # unit tests, beside the database's boot",
				mvn + " -B verify -DskipUTs", ""
		}
		return mvn + " -B -DskipITs package          # unit tests, beside the database's boot",
			mvn + " -B verify                    # runs the unit tests again, unless the pom lets them be skipped", ""
	case Gradle:
		gradle := "gradle"
		if p.Wrapper {
			gradle = "./gradlew"
		}
		return gradle + " assemble", gradle + " test", `"**/build/test-results/test/TEST-*.xml"`
	case Go:
		gotestsum := "go run gotest.tools/gotestsum@v1.13.0"
		if p.Reports {
			gotestsum = "go tool gotestsum"
		}
		return "go build ./... && go vet ./...", gotestsum + " --junitfile=target/TEST-go.xml -- -count=1 ./...", "target/TEST-*.xml"
	}
	return "", "./test.sh                      # your tests; they must leave JUnit reports", "target/TEST-*.xml"
}

// environment maps the database to the names that a framework reads.
func environment(framework string) []string {
	names := map[string][3]string{
		"Spring Boot": {"SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_USERNAME", "SPRING_DATASOURCE_PASSWORD"},
		"Quarkus":     {"QUARKUS_DATASOURCE_JDBC_URL", "QUARKUS_DATASOURCE_USERNAME", "QUARKUS_DATASOURCE_PASSWORD"},
	}
	of, ok := names[framework]
	if !ok {
		return nil
	}
	return []string{of[0] + ": ${ORACLE_JDBC_URL}", of[1] + ": ${ORACLE_USER}", of[2] + ": ${ORACLE_PASSWORD}"}
}
