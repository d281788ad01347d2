package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/internal/program"
)

func (a *app) statusCommand() *cobra.Command {
	var watch bool
	var every time.Duration
	cmd := &cobra.Command{
		Use: "status", Short: "What runs: versions, slots, shares of new sessions, live sessions; changes nothing", Args: program.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, done, err := a.open(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer done()
			for {
				began := time.Now()
				if err := a.showStatus(cmd.Context(), s); err != nil || !watch {
					return err
				}
				select {
				case <-cmd.Context().Done():
					return context.Cause(cmd.Context())
				case <-time.After(max(every, 20*time.Since(began))): // asking is work for HAProxy, too
				}
			}
		},
	}
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON, one object on one line")
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "look again and again")
	cmd.Flags().DurationVar(&every, "every", 2*time.Second, "how often --watch looks")
	return cmd
}

func (a *app) showStatus(ctx context.Context, s *haddock.Service) error {
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(status)
	}
	return printStatus(a.stdout, status)
}

func (a *app) printJSON(value any) error {
	data, err := json.Marshal(value)
	if err == nil {
		_, err = fmt.Fprintf(a.stdout, "%s\n", data)
	}
	return err
}

// printStatus writes the table for people.
func printStatus(out io.Writer, s haddock.Status) error {
	fmt.Fprintf(out, "%s in %s, %s\n", s.Service, s.Env, s.Time.Format("2006-01-02 15:04:05"))
	if len(s.Instances) == 0 {
		fmt.Fprintln(out, "nothing runs here")
	} else {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "VERSION\tSLOT\tSTATE\tNEW SESSIONS\tSESSIONS\tSINCE\tBY\tDIGEST")
		for _, i := range s.Instances {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n",
				i.Version, i.Slot, i.State, share(i.Share), i.Sessions, since(i.Since, s.Time), i.By, shortDigest(i.Image))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, strings.Join(remarks(s), "\n"))
	return err
}

// remarks are the lines below the table.
func remarks(s haddock.Status) []string {
	var lines []string
	switch {
	case s.Locator.Down:
		lines = append(lines, "HAProxy does not answer: "+s.Locator.Why)
	case !s.Locator.Counted:
		lines = append(lines, fmt.Sprintf("HAProxy %s, up %s: it does not know all sessions yet", s.Locator.Version, length(time.Duration(s.Locator.Uptime*float64(time.Second)))))
	default:
		lines = append(lines, fmt.Sprintf("HAProxy %s, up %s, %d sessions in a table for %d",
			s.Locator.Version, length(time.Duration(s.Locator.Uptime*float64(time.Second))), s.Locator.Table, s.Locator.Room))
	}
	if s.Lock != "" {
		lines = append(lines, "locked by "+s.Lock)
	}
	text := "roll-out: " + s.Rollout
	if s.Phase == "settled" {
		return append(lines, text)
	}
	if s.Watched == "" && s.Lock == "" {
		text += "; nobody is watching"
	} else if s.Watched != "" {
		text += "; watched by " + s.Watched
	}
	lines = append(lines, text)
	if s.Next != "" {
		lines = append(lines, "go on with: "+s.Next)
	}
	return lines
}

func share(percent float64) string {
	if percent == 0 {
		return "-"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", percent), ".0") + " %"
}

func since(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return length(now.Sub(at))
}

// length is a time as people say it: 40s, 12m, 3h10m, 5d.
func length(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d/day))
}

// shortDigest is enough of a digest to tell it from others.
func shortDigest(image string) string {
	_, digest, ok := strings.Cut(image, "@")
	if !ok {
		return "-"
	}
	return digest[:min(len(digest), len("sha256:")+12)]
}
