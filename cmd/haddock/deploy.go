package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/program"
	"github.com/haddock-ci/pipeline/registry"
)

// rollFlags are what the commands that move traffic share.
type rollFlags struct {
	lockWait time.Duration
	steal    bool
	wait     time.Duration
	noWait   bool
	pauseAt  int
}

func (f *rollFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.lockWait, "lock-wait", 0, "how long to wait while somebody else changes something")
	cmd.Flags().BoolVar(&f.steal, "force-unlock", false, "break a lock that somebody else holds")
	cmd.Flags().DurationVar(&f.wait, "wait", -1, "how long to wait for sessions (default: drain.wait)")
	cmd.Flags().Lookup("wait").DefValue = "0s" // which help does not show: it is the file's
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "wait neither for sessions nor for bake times")
	cmd.Flags().BoolVar(&a.json, "json", false, "print the outcome as JSON")
}

func (f *rollFlags) options(o *haddock.Options) { o.LockWait, o.Steal = f.lockWait, f.steal }

func (f *rollFlags) stay() time.Duration {
	if f.noWait {
		return 0
	}
	return f.wait
}

// pausable checks --pause-at.
func (f *rollFlags) pausable() error {
	if f.pauseAt < 0 || f.pauseAt > 99 {
		return usage("--pause-at=%d: write a percentage from 1 to 99", f.pauseAt)
	}
	return nil
}

func (a *app) deployCommand() *cobra.Command {
	var flags rollFlags
	var release, image string
	var again bool
	cmd := &cobra.Command{
		Use: "deploy", Short: "Roll a release out", Args: program.NoArguments,
		Long: "deploy starts the release beside the one that runs and gives it new sessions step by step.\n" +
			"It never has to stay: killed or ended at any moment, haddock resume carries on.",
		Example: "  haddock deploy --env prod --release release.json\n" +
			"  haddock deploy --env prod --release release.json --pause-at 10   # then: haddock promote --env prod",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (release == "") == (image == "") {
				return usage("give either --release release.json or --image repository@sha256:...")
			}
			if err := flags.pausable(); err != nil {
				return err
			}
			_, env, err := a.load()
			if err != nil {
				return err
			}
			facts, err := factsOf(env, release, image)
			if err != nil {
				return err
			}
			return a.roll(cmd.Context(), flags, func(ctx context.Context, s *haddock.Service) (haddock.Outcome, error) {
				return s.Deploy(ctx, haddock.Deployment{
					Facts: facts, PauseAt: flags.pauseAt, Again: again, Stay: flags.stay(), Rush: flags.noWait,
				})
			})
		},
	}
	flags.add(a, cmd)
	cmd.Flags().StringVar(&release, "release", "", "release.json of pipeline")
	cmd.Flags().StringVar(&image, "image", "", "repository@sha256:..., instead of a release")
	cmd.Flags().IntVar(&flags.pauseAt, "pause-at", 0, "stop at this percentage of new sessions until haddock promote")
	cmd.Flags().BoolVar(&again, "again", false, "also when this very image runs already")
	return cmd
}

// factsOf reads the release, or the name of the image, and checks it against
// what the environment requires.
func factsOf(env haddock.Environment, release, image string) (haddock.Facts, error) {
	if image != "" {
		facts, err := haddock.FactsOfImage(image)
		if err != nil {
			return haddock.Facts{}, usage("%s", err.Error())
		}
		return facts, env.Accepts(nil)
	}
	r, err := registry.ReadRelease(release)
	if err != nil {
		return haddock.Facts{}, usage("%s", err.Error())
	}
	return haddock.FactsOf(r), env.Accepts(&r)
}

func (a *app) resumeCommand() *cobra.Command {
	var flags rollFlags
	cmd := &cobra.Command{
		Use: "resume", Short: "Carry on with what is under way: after a kill, a bake time, or for what drains", Args: program.NoArguments,
		Long: "resume carries on with what is under way, wherever it was left: after a kill, after a bake time,\n" +
			"and with what drains. With --no-wait it does what is due and returns, which suits cron.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.roll(cmd.Context(), flags, func(ctx context.Context, s *haddock.Service) (haddock.Outcome, error) {
				return s.Resume(ctx, flags.stay(), flags.noWait)
			})
		},
	}
	flags.add(a, cmd)
	return cmd
}

func (a *app) promoteCommand() *cobra.Command {
	var flags rollFlags
	cmd := &cobra.Command{
		Use: "promote", Short: "End the pause or the bake time, and carry on", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.pausable(); err != nil {
				return err
			}
			return a.roll(cmd.Context(), flags, func(ctx context.Context, s *haddock.Service) (haddock.Outcome, error) {
				return s.Promote(ctx, haddock.Deployment{PauseAt: flags.pauseAt, Stay: flags.stay(), Rush: flags.noWait})
			})
		},
	}
	flags.add(a, cmd)
	cmd.Flags().IntVar(&flags.pauseAt, "pause-at", 0, "stop again at this percentage")
	return cmd
}

func (a *app) rollbackCommand() *cobra.Command {
	var flags rollFlags
	var now bool
	cmd := &cobra.Command{
		Use: "rollback", Short: "Give new sessions to the version before", Args: program.NoArguments,
		Long: "rollback is done in a moment while the version before still runs; its users notice nothing.\n" +
			"Afterwards it deploys that version again, from the image that was kept.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.roll(cmd.Context(), flags, func(ctx context.Context, s *haddock.Service) (haddock.Outcome, error) {
				return s.Rollback(ctx, flags.stay(), now)
			})
		},
	}
	flags.add(a, cmd)
	cmd.Flags().BoolVar(&now, "now", false, "end the sessions of the newer version instead of waiting for them")
	return cmd
}

// roll runs a command that moves traffic and prints its outcome.
func (a *app) roll(ctx context.Context, flags rollFlags, do func(context.Context, *haddock.Service) (haddock.Outcome, error)) error {
	s, done, err := a.open(ctx, flags.options)
	if err != nil {
		return err
	}
	defer done()
	out, err := do(ctx, s)
	if out.Text != "" {
		a.outcome(out)
	}
	return err
}

func (a *app) outcome(out haddock.Outcome) {
	if !a.json {
		fmt.Fprintln(a.stdout, out.Text)
		return
	}
	if data, err := json.Marshal(out); err == nil {
		fmt.Fprintf(a.stdout, "%s\n", data)
	}
}
