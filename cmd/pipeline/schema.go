package main

import (
	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// schemaCommand prints what editors need to complete and check the
// configuration.
func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of pipeline.yaml, for editors", Args: program.NoArguments,
		Example: "  pipeline schema > pipeline.schema.json\n" +
			"  # then, as the first line of pipeline.yaml:\n" +
			"  # yaml-language-server: $schema=pipeline.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(pipeline.Schema())
			return err
		},
	}
}
