package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/oracle"
	"github.com/haddock-ci/pipeline/pipeline"
)

// oracleCommand is the database on its own, across processes: start it, run
// the tests by hand, stop it.
func (a *app) oracleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "oracle", Short: "The project's database on its own: start, wait, status, logs, stop",
		Example: "  pipeline oracle start && set -a && . .pipeline/state/oracle.env && mvn verify; pipeline oracle stop",
	}
	program.Group(cmd)
	cmd.AddCommand(a.oracleStart(), a.oracleWait(), a.oracleStatus(), a.oracleLogs(), a.oracleStop())
	return cmd
}

func (a *app) oracleStart() *cobra.Command {
	var (
		lease pipeline.Lease
		owner string
	)
	cmd := &cobra.Command{
		Use: "start", Short: "Start the database and wait until it has answered", Args: program.NoArguments,
		RunE: a.ready("starts the database", func(cmd *cobra.Command, _ []string) error {
			switch owner {
			case "":
			case "parent":
				lease.OfParent = true
			default:
				return &pipeline.UsageError{Text: fmt.Sprintf("--owner=%s: the only owner is parent", owner)}
			}
			return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
				return pipeline.StartDatabase(cmd.Context(), cfg, set, lease)
			})
		}),
	}
	flags := cmd.Flags()
	flags.DurationVar(&lease.Until, "deadline", pipeline.DefaultLease, "remove the database after this time when nobody has stopped it")
	flags.StringVar(&owner, "owner", "", "parent: remove the database when the process that called pipeline ends")
	flags.IntVar(&lease.Port, "port", 0, "the port on the engine's host (default: one that is free)")
	flags.BoolVar(&lease.NoWait, "no-wait", false, "return when the container runs; pipeline oracle wait does the rest")
	return cmd
}

func (a *app) oracleWait() *cobra.Command {
	return &cobra.Command{
		Use: "wait", Short: "Wait for a database started with --no-wait", Args: program.NoArguments,
		RunE: a.ready("has waited for the database", func(cmd *cobra.Command, _ []string) error {
			return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
				return pipeline.WaitDatabase(cmd.Context(), cfg, set)
			})
		}),
	}
}

// withProject reads the configuration and gives do a console.
func (a *app) withProject(do func(pipeline.Config, pipeline.Settings) error) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	console, err := a.console()
	if err != nil {
		return err
	}
	defer console.Close()
	return do(cfg, pipeline.Settings{
		Environ: a.environ, CI: a.detect(), Tool: tool(), Events: console.Take,
		Secrets: a.secrets, Hurry: a.hurry,
	})
}

func (a *app) oracleStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say whether the database runs, and how far it has come", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.openDatabase(cmd.Context())
			if errors.Is(err, oracle.ErrNoState) || errors.Is(err, oracle.ErrGone) {
				_, err = fmt.Fprintln(a.stdout, "no database runs")
				return err
			}
			if err != nil {
				return err
			}
			phase, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "container %.12s: %s\n", c.ID(), phase)
			return err
		},
	}
}

func (a *app) oracleLogs() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use: "logs", Short: "Print the database's log", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.openDatabase(cmd.Context())
			if err != nil {
				return err
			}
			return c.Logs(cmd.Context(), a.stdout, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the database ends")
	return cmd
}

func (a *app) oracleStop() *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "Remove the database and its data", Args: program.NoArguments,
		RunE: a.outside("stops the database", func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			err = pipeline.StopDatabase(cmd.Context(), cfg)
			if errors.Is(err, oracle.ErrNoState) {
				_, err = fmt.Fprintln(a.stdout, "no database runs")
			}
			return err
		}),
	}
}

func (a *app) openDatabase(ctx context.Context) (*oracle.Container, error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	return pipeline.OpenDatabase(ctx, cfg)
}
