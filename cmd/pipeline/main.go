// Command pipeline runs the fixed stages from a source tree to a pushed,
// tagged image, with the integration tests against an Oracle database that
// lives exactly as long as they do.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	testcontainers "github.com/testcontainers/testcontainers-go/log"

	"github.com/haddock-ci/pipeline/internal/watchdog"
)

func main() {
	if status, mine := watchdog.Dispatch(os.Args[1:]); mine {
		os.Exit(status)
	}
	// Ryuk removes a database that one process starts and another one stops.
	// It reads this variable once and knows no other spelling of true.
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		fmt.Fprintln(os.Stderr, "pipeline: error: switch off ryuk:", err)
		os.Exit(statusSurroundings)
	}
	testcontainers.SetDefault(testcontainers.NewNoopLogger()) // it greets on stderr, which is for errors
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without its exit: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, hurry, stop := onSignals(ctx)
	defer stop()
	app := &app{stdout: stdout, stderr: stderr, hurry: hurry}
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
