package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/watchdog"
	"github.com/haddock-ci/pipeline/pipeline"
)

// outside is do, except in a command that a pipeline run has started: there it
// does nothing and says so, since the run itself is what does it. So the
// command of a build that also works on its own may be build.test.
func (a *app) outside(what string, do func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		run := a.variable(watchdog.RunIDVariable)
		if run == "" {
			return do(cmd, args)
		}
		_, err := fmt.Fprintf(a.stdout, "%s: nothing to do, run %s %s\n", cmd.CommandPath(), run, what)
		return err
	}
}

// ready is outside for what gives its caller a database: in a run whose tests
// wait themselves it returns when the run's own database has answered.
func (a *app) ready(what string, do func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		run, gate := a.variable(watchdog.RunIDVariable), a.variable(pipeline.GateVariable)
		if run == "" || gate == "" {
			return a.outside(what, do)(cmd, args)
		}
		if _, err := fmt.Fprintf(a.stdout, "%s: waiting for the database of run %s\n", cmd.CommandPath(), run); err != nil {
			return err
		}
		if err := pipeline.AwaitDatabase(cmd.Context(), gate); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.stdout, "%s: it has answered\n", cmd.CommandPath())
		return err
	}
}

// variable is a variable of the environment that this program was started with.
func (a *app) variable(name string) string {
	for _, entry := range a.environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
