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
	var cfg loadtest.Config
	flag.StringVar(&cfg.URL, "url", "", "what to ask for")
	flag.IntVar(&cfg.Rate, "rate", 200, "requests a second")
	flag.DurationVar(&cfg.TTL, "ttl", 8*time.Second, "how long the shop keeps an idle session")
	title := flag.String("title", "Sessions of each version", "of the drawing")
	svg := flag.String("svg", "", "file for the drawing")
	flag.Parse()
	if cfg.URL == "" || flag.NArg() > 0 {
		return false, errors.New("wants -url and no arguments")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	load := loadtest.Start(ctx, cfg)
	<-ctx.Done()
	report := load.Stop()
	fmt.Printf("%s\n%s\n", report, report.Plot())
	if *svg != "" {
		if err := os.WriteFile(*svg, report.SVG(*title), 0o644); err != nil {
			return false, err
		}
		fmt.Printf("drawn in %s\n", *svg)
	}
	return results(report, cfg.Rate), nil
}

func results(r loadtest.Report, rate int) (short bool) {
	most := func(name string, value int, unit string) {
		word := "ok"
		if value > 0 {
			word, short = "short", true
		}
		fmt.Printf("RESULT %s %d %s goal <=0 %s\n", name, value, unit, word)
	}
	least := func(name string, value, goal float64, unit string) {
		word := "ok"
		if value < goal {
			word, short = "short", true
		}
		fmt.Printf("RESULT %s %.0f %s goal >=%.0f %s\n", name, value, unit, goal, word)
	}
	least("rate", float64(r.Requests)/r.Lasted.Seconds(), float64(rate)*0.95, "requests/s")
	most("failures", r.Failures, "requests")
	most("sessions-moved", len(r.Moved), "sessions")
	most("lost-or-doubled", r.Lost+r.Doubled, "requests")
	least("versions", float64(len(r.Versions())), 2, "versions")
	return short
}
