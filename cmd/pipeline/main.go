// Command pipeline runs the fixed stages from a source tree to a pushed,
// tagged image, with the integration tests against an Oracle database that
// lives exactly as long as they do.
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"

	testcontainers "github.com/testcontainers/testcontainers-go/log"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/redact"
	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/pipeline"
)

func main() {
	if status, mine := watchdog.Dispatch(os.Args[1:]); mine {
		os.Exit(status)
	}
	environ := os.Environ() // what the project's commands get, without what follows
	if err := setUpTestcontainers(); err != nil {
		fmt.Fprintln(os.Stderr, "pipeline: error:", err)
		os.Exit(statusSurroundings)
	}
	os.Exit(run(context.Background(), os.Args[1:], environ, os.Stdout, os.Stderr))
}

// setUpTestcontainers makes testcontainers-go do as this program wants; it can
// be told through the environment alone.
func setUpTestcontainers() error {
	// Ryuk removes a database that one process starts and another one stops.
	// The variable is read once, and no other spelling of true counts.
	env := map[string]string{"TESTCONTAINERS_RYUK_DISABLED": "true"}
	// It must find the same engine as we do; an engine that cannot be found is
	// told later, where it is needed.
	if at, err := engine.FindEndpoint(os.Getenv); err == nil {
		maps.Copy(env, at.Environ())
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	testcontainers.SetDefault(testcontainers.NewNoopLogger()) // it greets on stderr, which is for errors
	return nil
}

// run is the program without its exit: it returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, hurry, stop := program.OnSignals(ctx, func(name string, status int) error { return &pipeline.Interrupted{Signal: name, Status: status} })
	defer stop()
	app := &app{
		environ: environ, secrets: redact.New(ci.Secrets(environ)...), stdout: stdout, stderr: stderr, hurry: hurry,
		args: args,
	}
	root := app.command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	return app.report(err)
}
