package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/engine"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/internal/watchdog"
)

// cleanCommand is what a CI plan runs at its end, whatever happened: it removes
// what a killed build left behind.
func (a *app) cleanCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "clean", Short: "Remove what killed builds left behind", Args: program.NoArguments,
		Example: "  pipeline clean                                       leftovers of this machine whose run is over\n" +
			"  pipeline clean --run-id=\"$bamboo_buildResultKey\"     all of one build, in a Bamboo final task",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.clean(cmd.Context(), key) },
	}
	cmd.Flags().StringVar(&key, "run-id", "", "all of one run: its id, or the CI system's key for the build")
	return cmd
}

func (a *app) clean(ctx context.Context, key string) error {
	eng, err := engine.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = eng.Close() }() // nothing is pending on it
	removed, err := eng.Sweep(ctx, engine.Host())
	a.tell(removed)
	if key != "" {
		for _, label := range []string{engine.LabelRunID, engine.LabelCIKey} {
			err = errors.Join(err, a.cleanRun(ctx, eng, map[string]string{label: key}))
		}
	}
	return err
}

// cleanRun removes what carries the labels. The watchdog of a database that
// only a deadline would end goes with it; that of a run ends with the run.
func (a *app) cleanRun(ctx context.Context, eng *engine.Engine, labels map[string]string) error {
	found, listErr := eng.Containers(ctx, labels)
	removed, err := eng.RemoveByLabel(ctx, labels)
	a.tell(removed)
	for _, container := range found {
		if owner, ok := engine.ParseOwnership(container.Labels); ok && owner.OwnerPID == 0 && err == nil {
			watchdog.Dismiss(ctx, owner.RunID)
		}
	}
	return errors.Join(listErr, err)
}

func (a *app) tell(removed engine.Removed) {
	if !removed.Empty() {
		fmt.Fprintln(a.stdout, "removed", removed)
	}
}
