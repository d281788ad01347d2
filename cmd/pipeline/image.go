package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/pipeline"
)

// imageCommand is the image on its own, for builds that keep their own order.
func (a *app) imageCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "image", Short: "The image on its own: build, push, prune, inspect, verify"}
	program.Group(cmd)
	cmd.AddCommand(a.imageBuild(), a.imagePush(), a.imagePrune(), a.imageInspect(), a.imageVerify())
	return cmd
}

func (a *app) imageBuild() *cobra.Command {
	var (
		allowUntested bool
		reports       []string
	)
	cmd := &cobra.Command{
		Use: "build", Short: "Build the image of the tested tree", Args: program.NoArguments,
		Example: "  pipeline image build                                                         after pipeline run --stage=itest\n" +
			"  pipeline image build --reports='**/target/failsafe-reports/TEST-*.xml'       after pipeline oracle start and a build of your own",
		RunE: a.outside("builds the image", func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("reports") && (allowUntested || len(reports) == 0) {
				return &pipeline.UsageError{Text: "--reports names the proof that the tests have passed; leave --allow-untested out"}
			}
			return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
				set.AllowUntested, set.Reports = allowUntested, reports
				outcome, err := pipeline.BuildImage(cmd.Context(), cfg, set)
				if err != nil {
					return a.fail(outcome, err, "")
				}
				return a.say("image   %s\n", outcome.Built)
			})
		}),
	}
	cmd.Flags().StringArrayVar(&reports, "reports", nil, "take these test reports for the proof: globs, ** for any folders, each with a test that ran; all must be newer than this build's pipeline oracle start")
	cmd.Flags().BoolVar(&allowUntested, "allow-untested", false, "build although this tree has no proof of its tests; the release says so")
	return cmd
}

func (a *app) imagePush() *cobra.Command {
	var final bool
	cmd := &cobra.Command{
		Use: "push", Short: "Push the image that was built last", Args: program.NoArguments,
		RunE: a.outside("pushes the image", func(cmd *cobra.Command, _ []string) error { return a.push(cmd.Context(), final) }),
	}
	cmd.Flags().BoolVar(&final, "final", false, "also set the tags that people follow: <version>, <minor>, <major>, latest")
	return cmd
}

func (a *app) push(ctx context.Context, final bool) error {
	return a.withProject(func(cfg pipeline.Config, set pipeline.Settings) error {
		outcome, err := pipeline.PushImage(ctx, cfg, set, final)
		if err != nil {
			return a.fail(outcome, err, "")
		}
		return a.summary(outcome)
	})
}
