package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// imagePrune is for agents that build all day and have one disk.
func (a *app) imagePrune() *cobra.Command {
	var keep int
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove this project's older images from the engine", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			done, err := pipeline.PruneImages(cmd.Context(), cfg, keep)
			for _, name := range done.Removed {
				fmt.Fprintln(a.stdout, "removed", name)
			}
			for _, text := range done.Kept {
				fmt.Fprintln(a.stdout, "kept:", text)
			}
			return err
		},
	}
	cmd.Flags().IntVar(&keep, "keep", 3, "how many of the newest stay")
	return cmd
}
