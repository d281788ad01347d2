package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/program"
)

// checkCommand only reads: it tells every fault of the configuration at once.
func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Tell every fault of haddock.yaml at once; touches nothing", Args: program.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := haddock.Load(a.config)
			if err != nil {
				return err
			}
			for _, warning := range cfg.Warnings() {
				fmt.Fprintln(a.stderr, "warning:", warning.String())
			}
			for _, env := range cfg.Environments {
				if _, err := cfg.Locator(env); err != nil {
					return usage("%s", err.Error())
				}
			}
			_, err = fmt.Fprintf(a.stdout, "%s: no fault\n", a.config)
			return err
		},
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON schema of haddock.yaml, for editors", Args: program.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := haddock.Schema()
			if err == nil {
				_, err = a.stdout.Write(text)
			}
			return err
		},
	}
}
