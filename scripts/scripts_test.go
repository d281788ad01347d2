// Package scripts tests what the shell scripts say when they cannot do their
// work; that they can is what `make demo` and `make test` show.
package scripts

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// run returns what the script printed and its exit status.
func run(t *testing.T, script string, env ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", script)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func TestAnEngineThatWasNamedAndDoesNotAnswerIsNotReplaced(t *testing.T) {
	out, status := run(t, "engine.sh", "DOCKER_HOST=tcp://127.0.0.1:1")
	if status != 3 || !strings.Contains(out, "no Docker engine: nothing answers at DOCKER_HOST=tcp://127.0.0.1:1") {
		t.Errorf("status %d, %s", status, out)
	}
}

func TestTheDemoDoesNotStartWhenItsPortIsTaken(t *testing.T) {
	text, err := os.ReadFile("../examples/orders/pipeline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "repository: ")
	address, _, _ := strings.Cut(rest, "/")
	if l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err == nil { // else it is taken already
		defer func() { _ = l.Close() }()
	}
	out, status := run(t, "demo.sh", "DOCKER_HOST=tcp://127.0.0.1:1") // should it go on, it gets nowhere
	if status != 1 || !strings.Contains(out, "is taken") {
		t.Errorf("status %d, %s", status, out)
	}
}
