package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/program"
)

func (a *app) initCommand() *cobra.Command {
	var setup haddock.Setup
	var dry bool
	cmd := &cobra.Command{
		Use: "init", Short: "Make a host ready: network, slots, haproxy.cfg, state directory", Args: program.NoArguments,
		Long: "init prints what it is going to do and then does it. Doing it again does no harm.\n" +
			"It needs root on the locator's host: a login that is root, or may use sudo without a password.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, done, err := a.open(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer done()
			tasks, err := s.Init(setup)
			if err != nil {
				return usage("%s", err.Error())
			}
			for i, task := range tasks {
				fmt.Fprintf(a.stdout, "%d. %s\n", i+1, task.Text)
			}
			if dry {
				return nil
			}
			for i, task := range tasks {
				if err := task.Run(cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%d. done\n", i+1)
			}
			if !setup.Reload {
				fmt.Fprintln(a.stdout, "now let HAProxy read it: systemctl reload-or-restart haproxy, which init --reload does, too; then: "+
					a.withEnv("haddock locator check{env}"))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only print what would be done")
	cmd.Flags().StringVar(&setup.ProxyFile, "haproxy-cfg", haddock.DefaultProxyFile, "HAProxy's configuration, on the locator's host")
	cmd.Flags().BoolVar(&setup.Replace, "replace", false, "replace a configuration that haddock has not written, and keep it beside")
	cmd.Flags().BoolVar(&setup.Reload, "reload", false, "let systemd reload or start HAProxy")
	return cmd
}

// foreignHint is for a haproxy.cfg that somebody else has written.
func foreignHint(err error) string {
	if errors.Is(err, haddock.ErrForeign) {
		return "see what haddock would write: haddock locator config{env}; replace it and keep the old one beside: haddock init{env} --replace"
	}
	return ""
}
