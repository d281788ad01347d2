// Command load puts the example shop under load until it gets INT or TERM, as
// package loadtest does it. Then it prints what users have noticed, draws the
// sessions of each version over time, and ends with a RESULT line per figure;
// it exits with 1 when one is short.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/haddock-ci/pipeline/haddock"
	"github.com/haddock-ci/pipeline/haddock/loadtest"
)

func main() {
	short, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	if short {
		os.Exit(1)
	}
}

func run() (short bool, err error) {
	cfg := loadtest.Config{Logins: true}
	flag.StringVar(&cfg.URL, "url", "", "what to ask for")
	flag.IntVar(&cfg.Rate, "rate", 200, "requests a second")
	flag.DurationVar(&cfg.TTL, "ttl", 8*time.Second, "how long the shop keeps an idle session")
	title := flag.String("title", "haddock deploy: the sessions of each version", "of the drawing")
	svg := flag.String("svg", "", "file for the drawing")
	history := flag.String("history", "", "haddock's history of the roll-out, for the share of new sessions")
	flag.Parse()
	if cfg.URL == "" || flag.NArg() > 0 {
		return false, errors.New("wants -url and no arguments")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	load := loadtest.Start(ctx, cfg)
	<-ctx.Done()
	report := load.Stop()
	lines, err := readHistory(*history)
	if err != nil {
		return false, err
	}
	for _, step := range lastSteps(lines) {
		report.Marks = append(report.Marks, loadtest.Mark{At: step.Time, Text: fmt.Sprintf("%d %% of new sessions", step.Percent)})
	}
	fmt.Printf("%s\n%s\n", report, report.Plot())
	if *svg != "" {
		if err := os.WriteFile(*svg, report.SVG(*title), 0o644); err != nil {
			return false, err
		}
		fmt.Printf("drawn in %s\n", *svg)
	}
	return results(report, cfg.Rate, lastSteps(lines)), nil
}

func readHistory(name string) (haddock.History, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines, bad := haddock.ParseHistory(data)
	if bad > 0 {
		return nil, fmt.Errorf("%d lines of %s do not read", bad, name)
	}
	return lines, nil
}

// lastSteps are the moments at which the last roll-out gave the new version
// more of the new sessions.
func lastSteps(lines haddock.History) []haddock.Line {
	var steps []haddock.Line
	for _, line := range lines {
		switch line.Event {
		case haddock.Begun:
			steps = nil
		case haddock.Weighted:
			steps = append(steps, line)
		}
	}
	return steps
}

// share is how many in a hundred new sessions came to the newest version
// between two moments.
func share(r loadtest.Report, from, to time.Time) float64 {
	begun, sum := r.NewBetween(from, to), 0
	for _, n := range begun {
		sum += n
	}
	versions := r.Versions()
	return 100 * float64(begun[versions[len(versions)-1]]) / float64(max(1, sum))
}

func results(r loadtest.Report, rate int, steps []haddock.Line) (short bool) {
	result := func(name string, value float64, unit, op string, goal float64) {
		word := "ok"
		if op == "<=" && value > goal || op == ">=" && value < goal {
			word, short = "short", true
		}
		fmt.Printf("RESULT %s %.4g %s goal %s%.4g %s\n", name, value, unit, op, goal, word)
	}
	result("rate", float64(r.Requests)/r.Lasted.Seconds(), "requests/s", ">=", 0.95*float64(rate))
	result("failures", float64(r.Failures), "requests", "<=", 0)
	result("lost-or-doubled", float64(r.Lost+r.Doubled), "requests", "<=", 0)
	result("sessions-moved", float64(len(r.Moved)), "sessions", "<=", 0)
	result("versions", float64(len(r.Versions())), "versions", ">=", 2)
	if len(steps) > 1 {
		percent, asked := share(r, steps[0].Time, steps[1].Time), float64(steps[0].Percent)
		result("share-at-least", percent, "%", ">=", asked-4)
		result("share-at-most", percent, "%", "<=", asked+4)
	}
	return short
}
