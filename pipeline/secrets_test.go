package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/haddock-ci/pipeline/internal/redact"
)

// secretive is a project that names secrets whose variables do not say so.
func secretive(t *testing.T) Config {
	t.Helper()
	cfg, err := load(t, "name: orders\noracle: {image: 'a/b:1'}\nbuild: {test: mvn verify}\nimage:\n  repository: reg.example.com/orders\n"+
		"  secrets: {npm: NPM_LOGIN, maven: MAVEN_SETTINGS}\nregistry: {userEnv: REG_USER, passwordEnv: REG_PW}\n")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// The stage itest uses none of them, but its commands have them all the same.
func TestNamedSecretsAreMaskedInEveryStage(t *testing.T) {
	heard := &collected{}
	set := Settings{
		Stages: []Stage{StageITest}, Secrets: redact.New(), Events: heard.take,
		Environ: []string{"REG_USER=ci", "REG_PW=tiger-one", "NPM_LOGIN=tiger-two", "MAVEN_SETTINGS=t 3"},
	}
	cfg := secretive(t)
	write(t, cfg.Dir, "Dockerfile", "FROM scratch\n")
	t.Setenv("DOCKER_HOST", "unix:///no/socket/here")
	_, err := Run(t.Context(), cfg, set)
	if err == nil {
		t.Fatal("a run without an engine succeeds")
	}
	if got := set.Secrets.String("ci tiger-one tiger-two t 3"); got != "ci [secret] [secret] t 3" {
		t.Errorf("got %q", got)
	}
	const want = "image.secrets.maven: the value of MAVEN_SETTINGS has fewer than 4 characters and is not masked; choose a longer one"
	if warned := heard.warnings; !slices.Equal(warned, []string{want}) {
		t.Errorf("warned of %q, want %q", warned, want)
	}
}

func TestASecretOfTheImageIsMissedBeforeTheTestsRun(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///no/socket/here")
	_, err := Run(t.Context(), secretive(t), Settings{Stages: []Stage{StageITest, StageImage}, Secrets: redact.New(), Environ: []string{"NPM_LOGIN=x"}})
	const want = "prepare: image.secrets.maven: the environment has no variable MAVEN_SETTINGS"
	if err == nil || !strings.HasPrefix(err.Error(), want) || !is[*UsageError](err) {
		t.Errorf("got %v, want %s", err, want)
	}
	found := Examine(t.Context(), secretive(t), Settings{Secrets: redact.New(), Environ: []string{"NPM_LOGIN=x", "REG_PW=abc"}})
	if f := findingOf(t, found, "secrets"); f.Err == nil || !strings.Contains(f.Text, "MAVEN_SETTINGS") {
		t.Errorf("doctor says %+v", f)
	}
	short := slices.ContainsFunc(found, func(f Finding) bool { return f.Doubt && strings.Contains(f.Text, "the value of REG_PW has fewer") })
	if !short {
		t.Errorf("doctor does not doubt the short password: %+v", found)
	}
}
