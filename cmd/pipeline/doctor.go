package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// doctorCommand examines what surrounds the project; check is for the
// configuration itself.
func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check everything around the project that a run needs, in three seconds", Args: program.NoArguments,
		Long: "doctor looks at the engine, memory, disk, database image, registry login, clock, secrets, programs,\n" +
			"git and folder, all at once. It starts nothing. Exit status 3 when a run could not succeed.",
		Example: "  pipeline doctor\n" +
			"  pipeline doctor && pipeline run --stage=itest",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	found := pipeline.Examine(ctx, cfg, pipeline.Settings{Environ: a.environ, CI: a.detect(), Tool: tool(), Secrets: a.secrets})
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	var faults []string
	for _, f := range found {
		grade, fix := "ok", f.Fix
		switch {
		case f.Err != nil:
			grade = "FAULT"
			faults = append(faults, f.Subject)
			if _, hint := explain(f.Err); fix == "" {
				fix = hint
			}
		case f.Doubt:
			grade = "doubt"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", grade, f.Subject, a.secrets.String(strings.ReplaceAll(f.Text, "\n", "; ")))
		if fix != "" {
			fmt.Fprintf(table, "\t\tfix: %s\n", fix)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("a run cannot succeed here: %s", strings.Join(faults, ", "))
	}
	return nil
}
