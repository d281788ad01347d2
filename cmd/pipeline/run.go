package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/ci"
	"github.com/haddock-ci/pipeline/internal/events"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// runFlags are the flags of run and plan.
type runFlags struct {
	selection     pipeline.Selection
	dryRun        bool
	allowUntested bool
	keepDB        bool
	tested        string
	resume        bool
}

func (f *runFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.selection.Stages, "stage", nil, "run only these stages: itest, image, deploy")
	flags.StringVar(&f.selection.From, "from", "", "first stage to run")
	flags.StringVar(&f.selection.Until, "until", "", "last stage to run")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		for _, name := range []string{"stage", "from", "until"} { // an empty variable of a script must not mean all of them
			if flag := flags.Lookup(name); flag.Changed && strings.Trim(flag.Value.String(), "[]") == "" {
				return &pipeline.UsageError{Text: fmt.Sprintf("--%s= names no stage; the stages are %s", name, pipeline.StageList())}
			}
		}
		return nil
	}
	flags.BoolVar(&f.allowUntested, "allow-untested", false, "build an image although this tree has no proof of its tests; the release says so")
}

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use: "run", Short: "Run the stages itest and image", Args: program.NoArguments,
		Example: "  pipeline run                    test, build and push\n" +
			"  pipeline run --stage=itest      CI's test stage at home\n" +
			"  pipeline run --until=deploy     test, build, push and hand over\n" +
			"  pipeline run --dry-run          what it would do\n" +
			"  pipeline run --resume           go on where the last run failed\n" +
			"  pipeline run --keep-db          leave the database for 30 minutes when it fails",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.dryRun {
				return a.plan(cmd.Context(), flags)
			}
			return a.run(cmd.Context(), flags)
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&flags.keepDB, "keep-db", false, "after a failure leave the database for 30 minutes, and say how to use it")
	cmd.Flags().BoolVar(&flags.resume, "resume", false, "go on behind the last good step, when commit, files, configuration and tool are the same")
	cmd.Flags().StringVar(&flags.tested, "tested", "", "a file that takes the tested tree to another machine: --stage=itest writes it, --stage=image reads it")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show the plan, touch nothing")
	return cmd
}

func (a *app) planCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use: "plan", Short: "Show every step, command, image and environment name; touches nothing", Args: program.NoArguments,
		Example: "  pipeline plan                   of the stages itest and image\n" +
			"  pipeline plan --until=deploy    with the deploy command",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context(), flags) },
	}
	flags.register(cmd)
	return cmd
}

func (a *app) plan(ctx context.Context, flags runFlags) error {
	cfg, stages, build, err := a.choose(flags)
	if err != nil {
		return err
	}
	text, err := pipeline.Describe(ctx, cfg, stages, build)
	if err != nil {
		return err
	}
	return a.say("%s", text)
}

// choose reads the configuration and decides on the stages.
func (a *app) choose(flags runFlags) (pipeline.Config, []pipeline.Stage, ci.Build, error) {
	build := a.detect()
	cfg, err := a.load()
	if err != nil {
		return cfg, nil, build, err
	}
	if build.PullRequest && flags.selection.Default() { // it is tested; nothing of it is released
		return cfg, []pipeline.Stage{pipeline.StageITest}, build, nil
	}
	wanted := build.Vendor != "" && !build.PullRequest && slices.Contains(cfg.Deploy.Branches, build.Branch)
	stages, err := flags.selection.Resolve(wanted)
	return cfg, stages, build, err
}

func (a *app) run(ctx context.Context, flags runFlags) error {
	if flags.resume && flags.selection.From != "" {
		return &pipeline.UsageError{Text: "--resume finds by itself where to go on, and --from=" + flags.selection.From + " always runs that stage; write one of them"}
	}
	cfg, stages, build, err := a.choose(flags)
	if err != nil {
		return err
	}
	console, err := a.console()
	if err != nil {
		return err
	}
	defer console.Close()
	for _, warning := range cfg.Warnings() {
		events.Sink(console.Take).Warn(warning.String())
	}
	if build.PullRequest && flags.selection.Default() {
		events.Sink(console.Take).Emit(events.Event{Kind: events.Note, Text: "the build of a pull request runs the stage itest alone; --stage says otherwise"})
	}
	outcome, err := pipeline.Run(ctx, cfg, pipeline.Settings{
		Stages: stages, AllowUntested: flags.allowUntested, KeepDatabase: flags.keepDB, Tested: flags.tested, Resume: flags.resume, Environ: a.environ, CI: build, Tool: tool(),
		Events: console.Take, Secrets: a.secrets, Hurry: a.hurry,
	})
	a.tellVendor(build.Vendor, outcome, err)
	if err != nil {
		again := pipeline.Reproduce(outcome.Failed)
		if again != "" && flags.allowUntested {
			again += " --allow-untested"
		}
		return a.fail(outcome, err, again)
	}
	return a.summary(outcome)
}
