package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock/locator"
	"github.com/haddock-ci/pipeline/internal/program"
)

func (a *app) locatorCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "locator", Short: "HAProxy: its configuration, and whether a running one has it"}
	program.Group(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "config", Short: "Print the haproxy.cfg of the environment; touches nothing", Args: program.NoArguments,
			RunE: func(*cobra.Command, []string) error {
				cfg, env, err := a.load()
				if err != nil {
					return err
				}
				wanted, err := cfg.Locator(env)
				if err != nil {
					return usage("%s", err.Error())
				}
				text, err := locator.Render(wanted)
				if err != nil {
					return usage("%s", err.Error())
				}
				_, err = a.stdout.Write(text)
				return err
			},
		},
		&cobra.Command{
			Use: "check", Short: "Compare the running HAProxy with it", Args: program.NoArguments,
			RunE: func(cmd *cobra.Command, _ []string) error {
				s, done, err := a.open(cmd.Context(), nil)
				if err != nil {
					return err
				}
				defer done()
				found, err := s.CheckLocator(cmd.Context())
				if err != nil {
					return err
				}
				for _, difference := range found {
					fmt.Fprintln(a.stdout, difference)
				}
				if len(found) > 0 {
					return &differs{Count: len(found), From: "haddock.yaml"}
				}
				_, err = fmt.Fprintln(a.stdout, "HAProxy is as haddock.yaml wants it")
				return err
			},
		})
	return cmd
}

// A differs says that what runs is not what it should be.
type differs struct {
	Count int
	From  string // what it should be like
}

func (e *differs) Error() string {
	if e.Count == 1 {
		return "what runs differs from " + e.From + " in 1 point"
	}
	return fmt.Sprintf("what runs differs from %s in %d points", e.From, e.Count)
}
