package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What is proposed when the project names nothing of its own.
const (
	defaultDatabase   = "gvenzl/oracle-free:23.26.0-slim-faststart"
	defaultRepository = "registry.example.com/team/"
)

// Choices are what a user says where Find can only guess. The zero value takes
// the proposals.
type Choices struct {
	Repository string // for image.repository
	HasTag     bool   // the project is under git and has a tag v<version>
	Bamboo     bool   // its plan hands over the registry's login
}

// Config proposes a pipeline.yaml for the project.
func Config(p Project, c Choices) string {
	var t strings.Builder
	t.WriteString(`# What "pipeline run" does with this project. "pipeline check" tells every fault
# of this file at once, "pipeline doctor" what is missing around it.
# yaml-language-server: $schema=pipeline.schema.json      (made by: pipeline schema > pipeline.schema.json)

`)
	fmt.Fprintf(&t, "name: %s\n%s\n\n", word(p.Name), versionLine(p, c))
	databaseSection(&t, p)
	buildSection(&t, p)
	imageSection(&t, p, c)
	off := "# "
	if c.Bamboo {
		off = ""
	}
	fmt.Fprintf(&t, `
%[1]s%[2]s # names of variables, never a secret itself; without them: docker login
%[1]s  userEnv: bamboo_registryUser
%[1]s  passwordEnv: bamboo_registryPassword

# deploy:
#   command: [haddock, deploy, --release, "{release}", --env, test]
`, off, column("registry:"))
	return t.String()
}

func versionLine(p Project, c Choices) string {
	switch {
	case p.Kind == Maven:
		return "# The version comes from pom.xml, without -SNAPSHOT."
	case c.HasTag:
		return "version: {git: tag}                # the newest git tag v<version>"
	}
	return "version: 0.1.0                     # or {git: tag}, once there is a tag v<version>"
}

func databaseSection(t *strings.Builder, p Project) {
	image := p.Database
	if !strings.Contains(image, ":") {
		image = defaultDatabase
	}
	fmt.Fprintf(t, "oracle:\n  image: %s\n", image)
	if len(p.Scripts) > 0 {
		fmt.Fprintf(t, "  %s # run as the schema's user, in the order of their names\n", column("init: ["+strings.Join(p.Scripts, ", ")+"]"))
	} else {
		t.WriteString("  # init: [db/init]                # *.sql, *.sql.gz, *.sh or folders of them; as the schema's user\n")
	}
	fmt.Fprintf(t, `  # snapshot: auto                 # keep the initialised database as a local image and start from it
  # %s # users with random passwords; default: one, the project's name

`, column("schemas: ["+p.Name+", billing]"))
}

func buildSection(t *strings.Builder, p Project) {
	compile, test, reports := commands(p)
	t.WriteString("build:\n")
	if compile != "" {
		fmt.Fprintf(t, "  compile: %s\n", compile)
	}
	fmt.Fprintf(t, "  test: %s\n", test)
	if env := environment(p.Framework); len(env) > 0 {
		fmt.Fprintf(t, "  env:\n    %s\n", strings.Join(env, "\n    "))
	} else {
		t.WriteString(`  # The commands find the database in ORACLE_JDBC_URL, ORACLE_URL, ORACLE_HOST, ORACLE_PORT,
  # ORACLE_SERVICE, ORACLE_USER and ORACLE_PASSWORD; env: maps them to other names.
`)
	}
	if reports != "" {
		fmt.Fprintf(t, "  reports: [%s]\n", reports)
	}
}

func imageSection(t *strings.Builder, p Project, c Choices) {
	repository := c.Repository
	if repository == "" {
		repository = defaultRepository + p.Name + "   # your registry, without a tag"
	}
	fmt.Fprintf(t, "\nimage:\n  repository: %s\n", repository)
	switch {
	case p.Dockerfile == "" && (p.Kind == Maven || p.Kind == Gradle):
		t.WriteString(`  # No Dockerfile was found. These layers need none, and no Docker engine either:
  mode: layers
  base: eclipse-temurin:17-jre     # must have java on its PATH
`)
	case p.Dockerfile != "" && p.Context != ".":
		fmt.Fprintf(t, "  %s # the folder with the Dockerfile, which its COPY lines are about\n", column("context: "+p.Context))
	case p.Dockerfile != "" && p.Dockerfile != "Dockerfile":
		fmt.Fprintf(t, "  dockerfile: %s\n", p.Dockerfile)
	}
}

// column fills a key up to where the comments begin.
func column(key string) string { return fmt.Sprintf("%-30s", key) }

// word is a text as a word of YAML: quoted where one of its versions, of which
// Bamboo reads an old one, would take it for a number or for yes or no.
func word(text string) string {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`).MatchString(text) &&
		!slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text)) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
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
