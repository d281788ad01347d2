package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/program"
)

func (a *app) historyCommand() *cobra.Command {
	var lines bool
	var last int
	var repository string
	cmd := &cobra.Command{
		Use: "history", Short: "Who rolled out what, when, and what became of it", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, done, err := a.open(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer done()
			if repository != "" {
				made, err := s.ExportHistory(cmd.Context(), repository)
				if err == nil {
					_, err = fmt.Fprintf(a.stdout, "%d commits in %s\n", made, repository)
				}
				return err
			}
			history, err := s.History(cmd.Context())
			if err != nil {
				return err
			}
			return a.showHistory(history, lines, last)
		},
	}
	cmd.Flags().BoolVar(&lines, "lines", false, "every line instead of one for each roll-out")
	cmd.Flags().IntVarP(&last, "last", "n", 0, "only so many, the newest (default: all)")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON, one object on each line")
	cmd.Flags().StringVar(&repository, "git", "", "commit what is new into this git repository, one commit for each change of production")
	return cmd
}

func (a *app) showHistory(history haddock.History, lines bool, last int) error {
	if lines {
		shown := newest(history, last)
		for _, line := range shown {
			if err := a.showLine(history, line); err != nil {
				return err
			}
		}
		return nil
	}
	rollouts := newest(history.Rollouts(), last)
	if a.json {
		for _, one := range rollouts {
			if err := a.printJSON(one); err != nil {
				return err
			}
		}
		return nil
	}
	return printRollouts(a.stdout, rollouts)
}

func (a *app) showLine(history haddock.History, line haddock.Line) error {
	if a.json {
		return a.printJSON(line)
	}
	_, err := fmt.Fprintf(a.stdout, "%s  %s  (%s)\n", line.Time.Local().Format("2006-01-02 15:04:05"), history.Sentence(line), line.By)
	return err
}

func printRollouts(out io.Writer, rollouts []haddock.Rollout) error {
	if len(rollouts) == 0 {
		_, err := fmt.Fprintln(out, "nothing was rolled out here yet")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "#\tBEGUN\tVERSION\tOUTCOME\tTOOK\tBY\tCOMMIT\tBUILD\tDIGEST")
	for _, r := range rollouts {
		took := "-"
		if !r.Ended.IsZero() {
			took = length(r.Ended.Sub(r.Begun))
		}
		outcome := r.Outcome
		if r.Reason != "" {
			outcome += ": " + r.Reason
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Seq, r.Begun.Local().Format("2006-01-02 15:04"), r.Release.Version,
			outcome, took, r.By, dash(r.Release.Commit[:min(12, len(r.Release.Commit))]), dash(r.Release.Build), shortDigest(r.Release.Image))
	}
	return table.Flush()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// newest is the end of a list.
func newest[T any](list []T, most int) []T {
	if most > 0 && len(list) > most {
		return list[len(list)-most:]
	}
	return list
}

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "diff", Short: "What runs otherwise than it is recorded; exit status 3 when there is something", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, done, err := a.open(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer done()
			drifts, err := s.Diff(cmd.Context())
			if err != nil {
				return err
			}
			for _, drift := range drifts {
				if a.json {
					err = a.printJSON(drift)
				} else {
					_, err = fmt.Fprintln(a.stdout, drift)
				}
				if err != nil {
					return err
				}
			}
			if len(drifts) > 0 {
				return &differs{Count: len(drifts), From: "what is recorded"}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON, one object on each line")
	return cmd
}
