// Command haddock brings a release to where its users are, and no user
// notices: a new instance beside the old one, new sessions step by step, the
// old one ended when its last session has.
package main

import (
	"context"
	"io"
	"os"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/redact"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program without its exit: it returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctx, hurry, stop := program.OnSignals(ctx, func(name string, status int) error { return &interrupted{Signal: name, Status: status} })
	defer stop()
	app := &app{
		environ: environ, secrets: redact.New(ci.Secrets(environ)...), stdout: stdout, stderr: stderr, hurry: hurry,
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

// An interrupted is a signal as the cause of an end.
type interrupted struct {
	Signal string
	Status int // exit status
}

func (e *interrupted) Error() string { return "ended by signal " + e.Signal }
