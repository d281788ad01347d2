package main

import (
	"errors"
	"strings"

	"github.com/haddock-ci/pipeline/imagebuild"
	"github.com/haddock-ci/pipeline/internal/command"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/maven"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline"
	"github.com/haddock-ci/pipeline/registry"
)

// The exit statuses; README and --help explain them.
const (
	statusCode         = 1 // the code under test is at fault
	statusUsage        = 2 // usage, configuration, untested tree
	statusSurroundings = 3 // engine, registry, disk
	statusDatabase     = 4 // the database never became ready, or died
	statusTimeout      = 5 // build.timeout
)

// report prints why the program failed and returns its exit status.
func (a *app) report(err error) int {
	status, hint := explain(err)
	a.last(err, hint)
	return status
}

// sentence is the error on one line, except for a list of faults, which keeps
// its lines.
func sentence(err error) string {
	if faults, ok := errors.AsType[pipeline.Faults](err); ok {
		return "the configuration has faults\n" + faults.Error()
	}
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\r", "")
	return strings.ReplaceAll(text, "\n", "; ")
}

// explain is the one place that knows every hint and every exit status.
func explain(err error) (status int, hint string) {
	if e, ok := errors.AsType[*pipeline.Interrupted](err); ok {
		return e.Status, ""
	}
	if _, ok := errors.AsType[*pipeline.BuildTimeout](err); ok {
		return statusTimeout, "build.timeout in pipeline.yaml is the limit for compile and test together"
	}
	if e, ok := errors.AsType[*oracle.NotReadyError](err); ok {
		return statusDatabase, databaseHint(e)
	}
	if errors.Is(err, pipeline.ErrNoAnswer) {
		return statusDatabase, ""
	}
	if status, hint := explainUsage(err); status != 0 {
		return status, hint
	}
	if status, hint := explainSurroundings(err); status != 0 {
		return status, hint
	}
	return explainCode(err)
}

// explainUsage knows what the user has to write differently.
func explainUsage(err error) (status int, hint string) {
	switch {
	case is[*noConfigError](err):
		return statusUsage, configHint(err)
	case is[pipeline.Faults](err), is[*pipeline.UsageError](err), is[*program.UsageError](err):
		return statusUsage, ""
	case is[*pipeline.UntestedError](err):
		return statusUsage, "test this tree: pipeline run --stage=itest   (or build it untested: --allow-untested)"
	case errors.Is(err, engine.ErrEndpoint):
		return statusUsage, "name the engine's socket, or tcp://host:port: export DOCKER_HOST=unix:///var/run/docker.sock"
	case errors.Is(err, oracle.ErrNoState):
		return statusUsage, "start one: pipeline oracle start"
	}
	return 0, ""
}

// explainSurroundings knows what somebody has to mend around the project.
func explainSurroundings(err error) (status int, hint string) {
	switch {
	case errors.Is(err, engine.ErrNoEngine):
		return statusSurroundings, "start Docker: sudo systemctl start docker   (or say where it is: export DOCKER_HOST=tcp://host:2376)"
	case errors.Is(err, engine.ErrPermission):
		return statusSurroundings, "let this user use Docker: sudo usermod -aG docker \"$USER\", then log in again"
	case errors.Is(err, engine.ErrNoBuildKit):
		return statusSurroundings, "Docker 20.10 or newer is needed, see what is there: docker version"
	case errors.Is(err, oracle.ErrImageUnknown):
		return statusSurroundings, "check oracle.image in pipeline.yaml, then: pipeline doctor   (for the stand-in: make standin-image)"
	case errors.Is(err, oracle.ErrImageAccess):
		return statusSurroundings, "log in to the image's registry: docker login"
	case errors.Is(err, oracle.ErrDiskFull), errors.Is(err, imagebuild.ErrNoSpace):
		return statusSurroundings, "see what takes the space: docker system df"
	case errors.Is(err, pipeline.ErrBusy):
		return statusSurroundings, "wait for the other run to end, or work beside it: git worktree add ../beside"
	case is[*maven.NoJDKError](err):
		return statusSurroundings, "install one: sudo apt-get install openjdk-17-jdk-headless   (or say where it is: export JAVA_HOME=/path)"
	case is[*command.NotFoundError](err):
		return statusSurroundings, programHint(err)
	case errors.Is(err, registry.ErrDenied):
		return statusSurroundings, "log in: docker login " + registryOf(err) + "   (in CI name the variables: registry.userEnv, registry.passwordEnv)"
	case errors.Is(err, registry.ErrUnreachable):
		return statusSurroundings, "is it the right one? see what it answers: curl -v https://" + registryOf(err) + "/v2/"
	case is[*registry.TagTakenError](err):
		return statusSurroundings, takenHint(err)
	}
	return 0, ""
}

// explainCode knows what is at fault in the code under test; all else counts as
// the surroundings.
func explainCode(err error) (status int, hint string) {
	if red, ok := errors.AsType[*pipeline.TestsFailed](err); ok && red.Report.Files == 0 && red.Command == nil && red.Damaged == nil {
		return statusCode, "say where the tests write their JUnit reports: build.reports in pipeline.yaml"
	}
	switch {
	case is[*pipeline.TestsFailed](err), is[*pipeline.ReportsError](err), is[*oracle.InitError](err), is[*imagebuild.BuildError](err), is[*command.ExitError](err),
		is[*pipeline.DifferentError](err):
		return statusCode, ""
	}
	return statusSurroundings, ""
}

// configHint says how to get a configuration.
func configHint(err error) string {
	if e, ok := errors.AsType[*noConfigError](err); ok && e.above != "" {
		return "there is one in a folder above: pipeline check -C " + quoted(e.above)
	}
	return "write one from what is in the project: pipeline init"
}

// programHint says how to get at a program of the project's commands.
func programHint(err error) string {
	if e, ok := errors.AsType[*command.NotFoundError](err); ok && e.Path == "" {
		return "write it, or let it be executed: chmod +x " + quoted(e.Program)
	}
	return "install it, or put its folder on PATH; what else is missing: pipeline doctor"
}

// registryOf is the host of the registry that refuses.
func registryOf(err error) string {
	if e, ok := errors.AsType[*registry.Error](err); ok {
		return e.Registry
	}
	return ""
}

// takenHint says how to get a tag of one's own.
func takenHint(err error) string {
	e, ok := errors.AsType[*registry.TagTakenError](err)
	if !ok {
		return ""
	}
	return "a release is never overwritten: raise the version, or build again under a new build number; what is there: pipeline image inspect " + e.Tag
}

func databaseHint(e *oracle.NotReadyError) string {
	switch e.Reason {
	case oracle.Timeout:
		return "a slow machine needs a larger oracle.timeout in pipeline.yaml"
	case oracle.OutOfMemory, oracle.Killed:
		return "an Oracle database needs 2 to 3 GB of memory in the engine; what it has: pipeline doctor"
	case oracle.WrongService:
		return "set oracle.service in pipeline.yaml to a service that the listener offers"
	}
	return ""
}

// is reports whether err is, or wraps, an error of this type.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
