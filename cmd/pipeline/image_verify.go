package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/pipeline"
)

// shownFiles is how many files of a layer are named.
const shownFiles = 20

func (a *app) imageVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify TAG|DIGEST|REPOSITORY:TAG", Short: "Build a release again from its commit and say what differs",
		Long: "verify builds a release again, from its commit and without any cache, in a work tree of its own,\n" +
			"and compares the two images file by file. It runs build.compile, not the tests. The exit status\n" +
			"is 1 when they differ. Times of builds are not compared.",
		Args: oneImage,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
				found, err := pipeline.Verify(cmd.Context(), cfg, set, args[0])
				different, _ := errors.AsType[*pipeline.DifferentError](err)
				if err != nil && different == nil {
					return err
				}
				if printErr := printVerification(a.stdout, found); printErr != nil {
					return printErr
				}
				return err
			})
		},
	}
}

func printVerification(w io.Writer, found pipeline.Verification) error {
	if found.Difference.Equal() {
		_, err := fmt.Fprintf(w, "equal   %s is what commit %s builds\n", found.Image, found.Revision)
		return err
	}
	for _, layer := range found.Difference.Layers {
		fmt.Fprintf(w, "layer %d differs (%s)\n", layer.Index, layer.Step)
		for i, file := range layer.Files {
			if i == shownFiles {
				fmt.Fprintf(w, "  and %d more\n", len(layer.Files)-i)
				break
			}
			fmt.Fprintf(w, "  %s: %s\n", file.Path, file.How)
		}
	}
	for _, name := range found.Difference.Config {
		fmt.Fprintf(w, "configuration differs: %s\n", name)
	}
	return nil
}
