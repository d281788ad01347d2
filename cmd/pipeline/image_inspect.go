package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/pipeline"
	"github.com/haddock-ci/pipeline/pipeline/provenance"
)

func (a *app) imageInspect() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "inspect TAG|DIGEST|REPOSITORY:TAG", Short: "Show what a release was made of, and the proof that travels with it",
		Args: oneImage,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
				found, err := pipeline.Inspect(cmd.Context(), cfg, set, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					out := json.NewEncoder(a.stdout)
					out.SetIndent("", "  ")
					return out.Encode(found)
				}
				return printInspection(a.stdout, found)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything, provenance and bill of materials included, as JSON")
	return cmd
}

// oneImage wants exactly one argument.
func oneImage(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &pipeline.UsageError{Text: fmt.Sprintf("%s takes one image, such as 1.4.2; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
}

func printInspection(w io.Writer, found pipeline.Inspection) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, text)
		}
	}
	row("image", "%s", found.Repository)
	row("digest", "%s", found.Digest)
	row("version", "%s", found.Version)
	row("revision", "%s", found.Revision)
	row("build", "%s", found.Build)
	if found.Provenance == nil {
		row("provenance", "none")
	} else {
		printProvenance(row, *found.Provenance)
	}
	if found.BOM == nil {
		row("materials", "none")
	} else {
		row("materials", "CycloneDX, %d components", found.Components())
	}
	for _, kind := range found.Others {
		row("attached", "%s", kind)
	}
	return table.Flush()
}

func printProvenance(row func(name, format string, args ...any), s provenance.Statement) {
	asked, about := s.Predicate.BuildDefinition.ExternalParameters, s.Predicate.BuildDefinition.InternalParameters
	builder := s.Predicate.RunDetails.Builder
	row("source", "%s", asked.Source)
	row("branch", "%s", asked.Branch)
	if about.Dirty {
		row("dirty", "yes: the tree had changes that were not committed")
	}
	if about.Tested {
		row("tests", "%d run, %d failed, %d skipped, %d flaky", about.Tests.Total, about.Tests.Failed, about.Tests.Skipped, about.Tests.Flaky)
		row("tree", "%s", about.Tests.Tree)
		row("context", "%s", about.Context)
		fake := ""
		if about.Database.StandIn {
			fake = " (a stand-in, not Oracle)"
		}
		row("database", "%s %s%s", about.Database.Image, about.Database.Digest, fake)
	} else {
		row("tests", "none: built with --allow-untested")
	}
	row("ci", "%s", about.CI.URL)
	for name, version := range builder.Version {
		row("tool", "%s %s", name, version)
	}
}
