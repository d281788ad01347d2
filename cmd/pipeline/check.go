package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// checkCommand only reads: it tells every fault of the configuration at once.
func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Tell every fault of pipeline.yaml at once; starts nothing", Args: program.NoArguments,
		Example: "  pipeline check\n" +
			"  pipeline check -C services/orders",
		RunE: func(*cobra.Command, []string) error { return a.check() },
	}
}

func (a *app) check() error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	faults, lacking := forStages(cfg)
	for _, warning := range cfg.Warnings() {
		fmt.Fprintln(a.stderr, "warning:", a.secrets.String(warning.String()))
	}
	if len(faults) > 0 {
		return faults
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: no fault\n", a.config)
	for _, lack := range lacking {
		fmt.Fprintf(&text, "not yet: %s\n", lack.String())
	}
	return a.say("%s%s", text.String(), cfg.Advice())
}

// forStages tells what the stages miss for which the configuration is written,
// and what it lacks for the others of a plain pipeline run.
func forStages(cfg pipeline.Config) (faults, lacking pipeline.Faults) {
	for _, one := range []struct {
		stage pipeline.Stage
		meant bool
	}{{pipeline.StageITest, cfg.Build.Test != ""}, {pipeline.StageImage, cfg.Image.Repository != ""}} {
		missing, _ := errors.AsType[pipeline.Faults](cfg.Require([]pipeline.Stage{one.stage}))
		if one.meant {
			faults = append(faults, missing...)
		} else {
			lacking = append(lacking, missing...)
		}
	}
	return faults, lacking
}
